//! Everything that `--json` prints is JSON, carries the number of its form, and is described in the
//! page `scripting`, field by field.

use crate::commands::Commands;
use crate::fake_worker::FakeSweep;
use crate::image_names::photos;
use crate::stopping_rules::{HALVING, experiment};
use crate::support::{SMALL, Workdir, json_lines};
use serde_json::Value;
use std::collections::BTreeSet;

/// Commands that print a file, a list, a page or a link, or whose JSON is their own.
const WITHOUT: [&str; 10] = [
    "",
    "completions",
    "data",
    "help",
    "man",
    "new",
    "query",
    "schema",
    "serve",
    "weights",
];

/// Fields that hold what is described elsewhere: a resolved file, names of the user's or of
/// operators.
const OPEN: [&str; 9] = [
    "decision",
    "default",
    "description",
    "metrics",
    "normalization",
    "operators",
    "question",
    "resolved",
    "plan.summary",
];

/// The objects of every command, by the heading that describes them.
#[derive(Default)]
struct Printed {
    objects: Vec<(String, Value)>,
    commands: BTreeSet<String>,
}

impl Printed {
    /// Runs a command that prints one object.
    fn object(&mut self, place: &Workdir, command: &str, arguments: &[&str]) -> Value {
        let text = self.text(place, command, arguments);
        let object: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        self.objects.push((command.into(), object.clone()));
        object
    }

    /// Runs a command that prints an object in each line.
    fn lines(&mut self, place: &Workdir, command: &str, arguments: &[&str]) -> Vec<Value> {
        let lines = json_lines(&self.text(place, command, arguments));
        assert!(!lines.is_empty(), "{command} prints lines");
        let objects = lines.iter().cloned();
        self.objects
            .extend(objects.map(|object| (command.to_string(), object)));
        lines
    }

    fn text(&mut self, place: &Workdir, command: &str, arguments: &[&str]) -> String {
        self.commands.insert(command.into());
        let words: Vec<&str> = command.split(' ').collect();
        let run = place.run(&[&words[..], arguments, &["--json"]].concat());
        let code = run.0.status.code();
        assert!(
            code.is_some_and(|code| code < 70),
            "{command}: {}",
            run.stderr()
        );
        run.stdout()
    }
}

/// The fields of an object and of those in it, apart from open ones.
fn fields(command: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                let is_open = OPEN.iter().any(|open| match open.split_once('.') {
                    Some((of, open)) => of == command && open == key,
                    None => open == key,
                });
                // Values of axes are named by the axes.
                let is_axis = |key: &String| key.contains('.');
                let has_axes = value.as_object().is_some_and(|map| map.keys().any(is_axis));
                if !is_open && !has_axes {
                    fields(command, value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(command, item, found)),
        _ => {}
    }
}

/// The part of the page below the heading that names the command, and what holds for all.
fn section(page: &str, command: &str) -> String {
    let word = command.split(' ').next().unwrap_or_default();
    let is_its = |part: &&str| {
        let heading = part.lines().next().unwrap_or_default();
        heading.split([',', ' ']).any(|name| name == word)
    };
    let parts: Vec<&str> = page.split("\n### ").collect();
    let own = parts[1..].iter().find(|part| is_its(part));
    let own = own.unwrap_or_else(|| panic!("no heading names {command}"));
    let common = parts[0].split("## What --json prints").nth(1);
    let mut text = format!("{}{own}", common.expect("what holds for all"));
    // Sections that refer to others.
    for (of, other) in [
        ("run", "verdict"),
        ("run", "report"),
        ("retry", "verdict"),
        ("retry", "report"),
        ("compare", "verdict"),
        ("why", "show"),
        ("watch", "status"),
    ] {
        if of == word {
            text += parts[1..]
                .iter()
                .find(|part| part.starts_with(&format!("{other}\n")))
                .expect("is there");
        }
    }
    text
}

#[test]
fn every_field_of_every_command_is_described() {
    let mut printed = Printed::default();
    let place = photos();
    of_own_images(&mut printed, &place);
    of_a_sweep(&mut printed);
    of_failures(&mut printed);
    let page = place.stdout(&["help", "scripting"]);
    let mut missing = BTreeSet::new();
    for (command, object) in &printed.objects {
        assert_eq!(object["schema"], 1, "{command}: {object}");
        let mut found = BTreeSet::new();
        fields(command, object, &mut found);
        found.extend(object["event"].as_str().map(String::from));
        let section = section(&page, command);
        found.retain(|field| !section.contains(&format!("`{field}`")));
        missing.extend(found.into_iter().map(|field| format!("{command}: {field}")));
    }
    assert!(missing.is_empty(), "not described: {missing:#?}");
    let commands = Commands::ask(&place);
    let with_json: BTreeSet<&str> = commands.with_option("--json").into_iter().collect();
    for command in commands.names() {
        let is_without = WITHOUT.contains(&command);
        assert!(
            is_without || with_json.contains(command),
            "{command} has no --json"
        );
        let is_tried = printed.commands.contains(command);
        assert!(is_without || is_tried, "{command} --json is not tried here");
    }
}

/// A set of one's own images: plans, runs, predictions, exports.
fn of_own_images(printed: &mut Printed, place: &Workdir) {
    let plan = printed.object(place, "plan", &["photos.toml"]);
    assert_eq!(plan["jobs"].as_array().map(Vec::len), Some(2));
    let lines = printed.lines(place, "run", &["photos.toml"]);
    let events: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert_eq!(events.len(), lines.len(), "each line is an event");
    for event in ["planned", "started", "epoch", "finished", "answer", "ended"] {
        assert!(events.contains(&event), "{event} is not in {events:?}");
    }
    assert_eq!(events.last(), Some(&"ended"));
    let ended = &lines[lines.len() - 1];
    assert_eq!(
        (&ended["exit_code"], &ended["error"]),
        (&0.into(), &Value::Null)
    );
    assert_eq!(ended["experiments"][0]["finished"], 2);
    for command in ["verdict", "watch", "report"] {
        printed.object(place, command, &["photos"]);
    }
    printed.object(place, "status", &[]);
    let status = printed.object(place, "status", &["photos"]);
    let job = status["jobs"][0]["job"].as_str().expect("an id");
    for command in ["show", "why"] {
        let object = printed.object(place, command, &[job]);
        assert_eq!(object["standing"], "finished");
    }
    printed.object(place, "show", &[job, "--origin"]);
    printed.lines(place, "predict", &["best:photos", "photos/TEST"]);
    printed.lines(place, "predict", &["best:photos", "photos/Training/cat"]);
    printed.lines(place, "explain", &["best:photos", "photos/valid/cat"]);
    printed.lines(
        place,
        "explain",
        &["best:photos", "photos/valid/cat", "--activations"],
    );
    printed.lines(place, "predictions", &["photos"]);
    for file in ["a.onnx", "a.safetensors", "a.md"] {
        printed.object(place, "export", &["best:photos", file]);
    }
    printed.object(
        place,
        "export",
        &["best:photos", "b.safetensors", "--pytorch"],
    );
    printed.object(place, "weights inspect", &["a.safetensors"]);
    printed.object(place, "data inspect", &["photos.toml", "--near"]);
    printed.lines(place, "data list", &["photos.toml"]);
    printed.object(place, "data preview", &["photos.toml"]);
    printed.object(place, "data cache", &[]);
    printed.object(place, "data prune", &["--unused-days", "0", "--dry-run"]);
    printed.object(place, "data prune", &["--unused-days", "0"]);
    printed.object(place, "data cache", &["--prune"]);
    let fetched = printed.object(place, "data fetch", &["shapes"]);
    assert_eq!(fetched["error"]["exit_code"], 2);
}

/// A sweep with axes, stages or rules, and what is done with a results folder.
fn of_a_sweep(printed: &mut Printed) {
    let place = Workdir::small();
    place.write(
        "staged.toml",
        &SMALL.replace("\"small\"", "\"staged\"").replace(
            "[[sweep]]\n[sweep.grid]",
            "[[stage]]\nname = \"rate\"\n[stage.grid]",
        ),
    );
    printed.lines(&place, "run", &["small.toml"]);
    let dry = place.stdout(&["run", "small.toml", "--dry-run", "--json"]);
    let dry: Value = serde_json::from_str(&dry).expect("JSON");
    assert_eq!(dry["jobs"][0]["standing"], "reused");
    printed.lines(&place, "run", &["staged.toml"]);
    printed.object(&place, "plan", &["staged.toml"]);
    printed.object(&place, "plan", &["small.toml", "--simulate", "median"]);
    printed.object(&place, "report", &["small", "staged"]);
    printed.object(&place, "compare", &["small:1", "small:2"]);
    let verdict = printed.object(&place, "verdict", &["small"]);
    assert_eq!(verdict["standings"].as_array().map(Vec::len), Some(2));
    printed.object(&place, "check", &[]);
    printed.object(&place, "backup", &["copy.sqlite"]);
    printed.object(&place, "rebuild", &[]);
    printed.object(&place, "prune", &["--dry-run"]);
    printed.object(&place, "prune", &[]);
    printed.object(&place, "devices", &[]);
    printed.object(&place, "example", &[]);
    printed.object(&place, "preset", &[]);
    printed.object(&place, "preset", &["resnet20"]);
    printed.object(&place, "reference", &[]);
    printed.lines(&place, "retry", &["small"]);
    for command in ["pause", "resume"] {
        let refused = printed.object(&place, command, &[]);
        assert_eq!(refused["error"]["exit_code"], 2, "nothing is running");
    }
    printed.object(&place, "cancel", &["abcdef"]);
    place.write(
        "wrong.toml",
        &SMALL.replace("epochs = 3", "epochs = \"three\""),
    );
    let refused = printed.object(&place, "plan", &["wrong.toml"]);
    let problem = &refused["error"]["problems"][0];
    let line = SMALL.lines().position(|line| line.starts_with("epochs"));
    assert_eq!(problem["line"], line.expect("there") + 1, "{refused:#}");
    let lines = printed.lines(&place, "run", &["wrong.toml"]);
    assert_eq!((lines.len(), &lines[0]["exit_code"]), (1, &2.into()));
    assert_eq!(lines[0]["error"]["problems"][0], *problem);
}

/// Jobs that crash, and jobs that a rule stops.
fn of_failures(printed: &mut Printed) {
    let crashing = FakeSweep::new(&(SMALL.to_string() + "\n[run]\nretry = { crashed = 1 }\n"));
    let run = crashing.run_as(
        &["run", "small.toml", "--json"],
        "started\nstderr oops\nexit 3",
    );
    let lines = json_lines(&run.exits(1).stdout());
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!(
        (count("started"), count("attempt-ended"), count("finished")),
        (8, 8, 4)
    );
    let mut finished = lines.iter().filter(|line| line["event"] == "finished");
    assert!(finished.all(|line| line["outcome"] == "crashed" && line["attempts"] == 2));
    let last = &lines[lines.len() - 1];
    assert_eq!(
        (&last["exit_code"], &last["experiments"][0]["failed"]),
        (&1.into(), &4.into())
    );

    let halved = Workdir::with(&(experiment() + HALVING));
    let stopped = json_lines(&halved.stdout(&["run", "small.toml", "--json"]));
    let mut decided = stopped.iter().filter(|line| line["event"] == "decided");
    assert!(decided.any(|line| line["verdict"] == "stop" && line["rule"] == "successive-halving"));
    let last = &stopped[stopped.len() - 1]["experiments"][0];
    assert_eq!(
        (&last["stopped"], &last["finished"]),
        (&10.into(), &2.into())
    );
    let job = halved.text("select job from decisions where verdict = 'stop'");
    let why = printed.object(&halved, "why", &[&job]);
    assert_eq!(why["decisions"][0]["rule"], "successive-halving");
    let both = lines.into_iter().chain(stopped);
    printed
        .objects
        .extend(both.map(|line| ("run".to_string(), line)));
}
