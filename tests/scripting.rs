//! A program that asks a question, reads the answer with its doubt and spends its seeds, by nothing
//! but the program's JSON; and the same program in Python, as the page `scripting` has it.

use crate::needs;
use crate::processes::{exit_code, wait_until};
use crate::readers::full_pipe;
use crate::support::{ProgramRun, Workdir, json_lines};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

/// An experiment whose widths and seeds a program writes.
const TEMPLATE: &str = r#"
[experiment]
name = "small"
seeds = SEEDS

[data]
source = { name = "shapes", train = 2400, test = 40, size = 16, classes = 3, texture = 0.0, rotation = 0 }
split = { validation = 0.5, seed = 1 }

[model]
parameters = { width = 8 }
layers = [
  { conv = "$width", kernel = 3, norm = "batch", activation = "relu" },
  { pool = "max", size = 2 },
  { flatten = true },
  { dense = "classes" },
]

[train]
epochs = 8
batch_size = 16
optimizer = { name = "adam", lr = 3e-3 }

[[sweep]]
[sweep.grid]
"model.parameters.width" = WIDTHS
"#;

/// What the program found.
#[derive(Debug)]
struct Found {
    /// Labels of those that may be the best.
    may_be_best: Vec<String>,
    widths: Vec<u32>,
    seeds: usize,
    /// How often it asked.
    asked: usize,
}

/// Asks which width is best, with more seeds and wider networks as the answers suggest, until
/// nothing is open or the next step would take more than `budget` jobs.
fn ask(workdir: &Workdir, widths: &[u32], budget: usize) -> Found {
    let (mut widths, mut seeds, mut asked) = (widths.to_vec(), 2, 0);
    loop {
        let file = TEMPLATE.replace("SEEDS", &seeds.to_string());
        workdir.write(
            "asked.toml",
            &file.replace("WIDTHS", &format!("{widths:?}")),
        );
        let lines = json_lines(&workdir.stdout(&["run", "asked.toml", "--json"]));
        asked += 1;
        let answer = lines.iter().find(|line| line["event"] == "answer");
        let answer = answer.expect("an answer");
        let may_be_best = members(answer);
        let is_open = may_be_best.len() > 1;
        let more = answer["next"]["more_runs"]["of_each"].as_u64();
        let edge = &answer["next"]["edges"][0];
        if let Some(more) = more.filter(|_| is_open && budget / widths.len() > seeds) {
            seeds = (budget / widths.len()).min(seeds + more as usize);
        } else if edge["end"] == "largest" && (widths.len() + 1) * seeds <= budget {
            widths.push(2 * widths[widths.len() - 1]);
        } else {
            return Found {
                may_be_best,
                widths,
                seeds,
                asked,
            };
        }
    }
}

/// Labels of the configurations that may be the best.
fn members(answer: &Value) -> Vec<String> {
    let standings = answer["standings"].as_array().expect("a list").iter();
    let members = standings.filter(|standing| standing["may_be_best"] == true);
    let labels = members.filter_map(|standing| standing["label"].as_str());
    labels.map(String::from).collect()
}

#[test]
fn a_program_spends_seeds_until_one_is_left_or_they_are_spent() {
    let workdir = Workdir::new();
    let budget = 24;
    let found = ask(&workdir, &[3, 12], budget);
    assert!(found.asked > 1, "{found:?}");
    let is_spent = |jobs: usize| jobs > budget;
    let Found { widths, seeds, .. } = &found;
    let verdict = workdir.stdout(&["verdict", "small", "--json"]);
    let verdict: Value = serde_json::from_str(&verdict).expect("JSON");
    assert_eq!(members(&verdict), found.may_be_best);
    assert!(
        found.may_be_best.len() == 1
            || is_spent(widths.len() * (seeds + 1))
            || verdict["next"]["more_runs"].is_null(),
        "{found:?}"
    );
    // Every job was trained once, however often it was asked for.
    let jobs = workdir.number("select count(*) from jobs");
    assert_eq!(workdir.all_attempts(), jobs);
    assert_eq!(jobs as usize, widths.len() * seeds, "{found:?}");
}

#[test]
fn the_program_in_the_page_does_as_it_says() {
    if Command::new("python3").arg("--version").output().is_err() {
        return needs::skip("there is no python3");
    }
    let workdir = Workdir::new();
    let page = workdir.stdout(&["help", "scripting"]);
    let program = page.split("```python\n").nth(1).expect("a program");
    let program = program.split("```").next().unwrap_or_default();
    assert!(program.lines().count() <= 26, "about twenty lines");
    workdir.write(
        "ask.py",
        &program
            .replace("[4, 8, 16]", "[1, 4, 8]")
            .replace("40", "18"),
    );
    workdir.write("width.toml", TEMPLATE);
    let mut command = workdir.command_of("python3".as_ref(), &["ask.py"]);
    let folder = Path::new(env!("CARGO_BIN_EXE_convsweep")).parent();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env(
        "PATH",
        format!("{}:{path}", folder.expect("a folder").display()),
    );
    let run = ProgramRun::of(&mut command).exits(0);
    let said = run.stdout();
    assert!(
        said.starts_with("with ") && said.contains("seeds each: width="),
        "{said}"
    );
}

#[test]
fn a_reader_of_lines_who_is_slow_or_gone_does_not_hold_up_a_run() {
    let workdir = Workdir::small();
    let (mut reader, writer) = full_pipe();
    let mut command = workdir.command(&["run", "small.toml", "--json"]);
    command.stdout(writer).stderr(Stdio::null());
    let mut program = command.spawn().expect("starts");
    drop(command);
    // Nobody has read a byte, and all jobs are trained.
    wait_until("all jobs are trained", || {
        workdir.path("results/small/report.html").exists()
    });
    assert_eq!(workdir.jobs("finished"), 4.0);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(exit_code(&mut program), Some(0));
    let lines = json_lines(text.trim_start_matches('x'));
    assert_eq!(lines[0]["event"], "planned");
    assert_eq!(lines[lines.len() - 1]["event"], "ended");

    let workdir = Workdir::small();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = workdir.command(&["run", "small.toml", "--json"]);
    command.stdout(writer).stderr(Stdio::null());
    assert_eq!(exit_code(&mut command.spawn().expect("starts")), Some(0));
    assert_eq!(workdir.jobs("finished"), 4.0);
}
