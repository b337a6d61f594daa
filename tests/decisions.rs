//! Decisions are history: what happens to them when the program was killed while it wrote them,
//! when the file changes, when another experiment shares the jobs, and when a person overrules
//! them.

use crate::stopping_rules::{HALVING, experiment};
use crate::support::{ProgramRun, Workdir, assert_contains};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LOG: &str = "results/small/log.jsonl";

/// One seed of six configurations, of which successive halving lets one finish.
pub fn halved() -> Workdir {
    let workdir = Workdir::with(&halving_of("small"));
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(standing(&workdir), (5.0, 1.0));
    workdir
}

fn halving_of(name: &str) -> String {
    let experiment = experiment().replace("seeds = 2", "seeds = 1");
    experiment.replace("\"small\"", &format!("\"{name}\"")) + HALVING
}

/// Numbers of stopped and finished jobs.
pub fn standing(workdir: &Workdir) -> (f64, f64) {
    (workdir.jobs("stopped"), workdir.jobs("finished"))
}

pub fn run(workdir: &Workdir) -> ProgramRun {
    workdir.run(&["run", "small.toml"]).exits(0)
}

/// The records of a kind in the experiment's log.
fn records(workdir: &Workdir, kind: &str) -> Vec<Value> {
    let mut records = Vec::new();
    for line in workdir.read(LOG).lines() {
        let mut entry: Value = serde_json::from_str(line).expect("a whole line");
        if entry["record"]["record"] == kind {
            records.push(entry["record"].take());
        }
    }
    records
}

/// Which jobs were stopped after one epoch, and why.
pub fn of_first_rung(workdir: &Workdir) -> BTreeSet<String> {
    let mut stops = BTreeSet::new();
    for decision in records(workdir, "decision") {
        let reason = decision["reason"].as_str().expect("a reason");
        if decision["verdict"] == "stop" && reason.contains("after 1 epochs") {
            stops.insert(format!("{} {reason}", decision["job"]));
        }
    }
    stops
}

/// The log as a program without judgements would have written its lines.
fn as_old_program(log: &str, keep: impl Fn(&Value) -> bool) -> String {
    let mut old = String::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).expect("a whole line");
        if keep(&entry["record"]) {
            let (time, record) = (&entry["time"], &entry["record"]);
            // Lines of that time begin with their format and carry no checksum.
            old += &format!("{{\"format\":1,\"time\":{time},\"record\":{record}}}\n");
        }
    }
    old
}

#[test]
fn a_decision_is_written_with_all_that_it_looked_at() {
    let workdir = halved();
    let judgements = records(&workdir, "judgement");
    assert_eq!(judgements.len(), 2, "after one epoch and after three");
    let first = &judgements[0];
    assert_eq!(first["rule"], "successive-halving:eta=3,first=1");
    assert_eq!(
        (&first["step"], &first["metric"]["name"]),
        (&json!(1), &json!("val_accuracy"))
    );
    let jobs = first["jobs"].as_array().expect("jobs");
    let stopped = jobs.iter().filter(|judged| judged["verdict"] == "stop");
    assert_eq!((jobs.len(), stopped.count()), (6, 4));
    assert!(
        jobs.iter().all(|judged| judged["value"].is_number()),
        "{first}"
    );
    let kinds: Vec<Value> = workdir
        .read(LOG)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line")["record"]["record"].take())
        .filter(|kind| kind == "judgement" || kind == "decision")
        .collect();
    assert_eq!(
        kinds[0], "judgement",
        "it comes before what follows from it"
    );
    run(&workdir).says(&["5 stopped before", "nothing to train"]);
    assert_eq!(records(&workdir, "judgement"), judgements);
}

#[test]
fn a_half_written_decision_is_completed_as_it_was_made() {
    let workdir = halved();
    let (judgements, decisions) = (records(&workdir, "judgement"), of_first_rung(&workdir));
    assert_eq!(decisions.len(), 4);
    let log = workdir.read(LOG);
    for written in [0, 1, 4] {
        let lines = log.split_inclusive('\n');
        let is_judgement = |line: &str| line.contains("\"record\":\"judgement\"");
        let begin = lines.clone().position(is_judgement).expect("a decision");
        let kept = lines.take(begin + 1 + written);
        workdir.write(LOG, &kept.collect::<String>());
        workdir.run(&["rebuild", "--forget-lost"]).exits(0);
        run(&workdir);
        assert_eq!(standing(&workdir), (5.0, 1.0), "{written}");
        assert_eq!(records(&workdir, "judgement")[0], judgements[0]);
        assert_eq!(of_first_rung(&workdir), decisions, "{written}");
        workdir.run(&["check"]).exits(0);
    }
}

#[test]
fn the_decisions_in_logs_of_older_programs_bind() {
    let workdir = halved();
    let log = as_old_program(&workdir.read(LOG), |record| record["record"] != "judgement");
    workdir.write(LOG, &log);
    workdir.run(&["rebuild"]).exits(0);
    run(&workdir).says(&["5 stopped before", "nothing to train"]);
    assert!(
        records(&workdir, "judgement").is_empty(),
        "nothing is decided again"
    );
}

#[test]
fn decisions_of_another_rule_do_not_bind() {
    let workdir = halved();
    let two = halving_of("small").replace("eta = 3", "eta = 2");
    workdir.write("small.toml", &two);
    run(&workdir).says(&[
        "[search] no longer asks for successive-halving:eta=3,first=1",
        "5 jobs that it stopped may be trained further",
    ]);
    // Three of six go on after one epoch, two after two, one after four, which has finished.
    let rules: Vec<Value> = records(&workdir, "judgement");
    let of_two = rules
        .iter()
        .filter(|judgement| judgement["rule"] == "successive-halving:eta=2,first=1");
    assert!(of_two.count() >= 2, "{rules:#?}");
    workdir.write("small.toml", &halving_of("small"));
    run(&workdir).says(&["stopped before", "nothing to train"]);
    let without = halving_of("small").replace(HALVING, "");
    workdir.write("small.toml", &without);
    run(&workdir);
    assert_eq!(standing(&workdir), (0.0, 6.0), "no rule, no stops");
}

#[test]
fn decisions_belong_to_their_experiment() {
    let workdir = halved();
    let other = halving_of("other").replace(HALVING, "");
    workdir.write("other.toml", &other);
    let first = workdir.run(&["run", "other.toml"]).exits(0);
    assert_contains(&first.stderr(), &["5 resumed, 1 reused"]);
    assert_eq!(standing(&workdir), (0.0, 6.0));
    // The first experiment has its decisions still, and nothing to train.
    run(&workdir).says(&["nothing to train"]);
    assert_eq!(records(&workdir, "judgement").len(), 2);
}

#[test]
fn a_person_may_overrule_a_decision() {
    let workdir = halved();
    let stopped = workdir.text("select job from jobs where outcome = 'stopped' order by job");
    workdir
        .run(&["run", "small.toml", "--only", &stopped])
        .exits(0);
    assert_eq!(standing(&workdir), (4.0, 2.0));
    let explained = workdir.stdout(&["why", &stopped]);
    assert_contains(
        &explained,
        &["person, after", "go-on, because it was named"],
    );
    run(&workdir).says(&["4 stopped before", "nothing to train"]);
    assert_eq!(
        records(&workdir, "judgement").len(),
        2,
        "nothing is decided again"
    );
}

#[test]
fn added_configurations_and_seeds_are_judged_by_what_was_recorded() {
    let workdir = halved();
    let judgements = records(&workdir, "judgement");
    let more = halving_of("small").replace("1e-5, 1e-4", "1e-6, 1e-5, 2e-5, 1e-4");
    workdir.write("small.toml", &more);
    run(&workdir);
    let later = records(&workdir, "judgement");
    assert_eq!(later[..2], judgements, "what was decided stays");
    let added = later[2]["jobs"].as_array().expect("jobs");
    let judged = added.iter().filter(|judged| judged["verdict"].is_string());
    assert_eq!(
        (added.len(), judged.count()),
        (8, 2),
        "only the new ones are judged"
    );
    workdir.write("small.toml", &more.replace("seeds = 1", "seeds = 2"));
    run(&workdir).says(&["its configuration was stopped after"]);
    let epochs = "select count(*) from metrics where name = 'val_loss' and job in \
        (select job from jobs where seed = 1 and outcome = 'stopped')";
    assert_eq!(
        workdir.number(epochs),
        0.0,
        "seeds of stopped configurations are not trained"
    );
}

#[test]
fn a_stage_chooses_only_when_all_of_its_jobs_have_ended() {
    let workdir = Workdir::with(&staged());
    let plan = workdir.stdout(&["plan", "small.toml", "--json"]);
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let job = plan["jobs"][0]["job"].as_str().expect("an id");
    let part = workdir.run(&["run", "small.toml", "--only", job]).exits(0);
    assert!(!part.stderr().contains("chose"), "{}", part.stderr());
    let whole = run(&workdir);
    assert_contains(&whole.stderr(), &["stage \"rate\" chose"]);
}

/// The experiment with two stages of two configurations each.
fn staged() -> String {
    let stages = "[[stage]]\nname = \"rate\"\n[stage.grid]\n\"train.optimizer.lr\" = [1e-3, 1e-2]\n\
        [[stage]]\nname = \"batch\"\n[stage.grid]\n\"train.batch_size\" = [16, 32]\n";
    let (head, _) = crate::support::SMALL
        .split_once("[[sweep]]")
        .expect("has a sweep");
    format!("{head}{stages}")
}

/// Changes a line of the first job's log, so that the job is damaged.
fn damage_a_job(workdir: &Workdir) {
    let log = workdir.job_folders()[0].join("events.jsonl");
    let text = std::fs::read_to_string(&log).expect("reads");
    let damaged = text.replacen("\"epoch\":1,", "\"epoch\":7,", 1);
    assert_ne!(damaged, text);
    std::fs::write(&log, damaged).expect("writes");
}

/// Changes the first line of the experiment's log that has this text; its number, from 1.
fn damage_line(workdir: &Workdir, having: &str, from: &str, to: &str) -> usize {
    let log = workdir.read(LOG);
    let mut lines: Vec<String> = log.split_inclusive('\n').map(String::from).collect();
    let place = lines.iter().position(|line| line.contains(having));
    let place = place.expect("has such a line");
    let damaged = lines[place].replacen(from, to, 1);
    assert_ne!(damaged, lines[place]);
    lines[place] = damaged;
    workdir.write(LOG, &lines.concat());
    place + 1
}

#[test]
fn no_rule_decides_without_a_damaged_job() {
    let all = halving_of("small").replace(HALVING, "");
    let workdir = Workdir::with(&all);
    run(&workdir);
    workdir.write("small.toml", &halving_of("small"));
    damage_a_job(&workdir);
    let log = workdir.read(LOG);
    workdir.run(&["run", "small.toml"]).exits(5).says(&[
        "small: 1 job whose log is damaged",
        "`convsweep retry small --damaged` trains such jobs again",
        "nothing was trained",
    ]);
    assert_eq!(workdir.read(LOG), log, "nothing is decided");
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    run(&workdir);
    let undisturbed = Workdir::with(&all);
    run(&undisturbed);
    undisturbed.write("small.toml", &halving_of("small"));
    run(&undisturbed);
    assert_eq!(
        records(&workdir, "judgement"),
        records(&undisturbed, "judgement")
    );
}

#[test]
fn no_stage_chooses_without_a_damaged_job() {
    let workdir = Workdir::with(&staged());
    let plan = workdir.stdout(&["plan", "small.toml", "--json"]);
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let jobs = plan["jobs"].as_array().expect("jobs");
    let mut first = vec!["run", "small.toml"];
    for job in jobs {
        first.extend(["--only", job["job"].as_str().expect("an id")]);
    }
    workdir.run(&first).exits(0);
    damage_a_job(&workdir);
    let log = workdir.read(LOG);
    let remedy = "`convsweep retry small --damaged`";
    workdir
        .run(&["run", "small.toml"])
        .exits(5)
        .says(&["1 job whose log is damaged", remedy]);
    assert_eq!(workdir.read(LOG), log, "nothing is chosen");
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    run(&workdir).says(&["stage \"rate\" chose"]);
}

#[test]
fn a_lost_decision_is_named_and_made_again_only_on_request() {
    type Damage = fn(&Workdir) -> usize;
    let damages: [(Damage, &str); 2] = [
        (
            |workdir| {
                damage_line(
                    workdir,
                    "\"record\":\"judgement\"",
                    "\"value\":0.",
                    "\"value\":1.",
                )
            },
            "does not fit its checksum",
        ),
        (
            |workdir| {
                let log = workdir.read(LOG);
                let is_judgement = |line: &&str| line.contains("\"record\":\"judgement\"");
                let lost = log
                    .lines()
                    .position(|line| is_judgement(&line))
                    .expect("one");
                let mut lines: Vec<&str> = log.split_inclusive('\n').collect();
                lines.remove(lost);
                workdir.write(LOG, &lines.concat());
                lost + 1
            },
            "is missing before this one",
        ),
    ];
    for (damage, problem) in damages {
        let workdir = halved();
        let line = damage(&workdir);
        let log = workdir.read(LOG);
        workdir.run(&["run", "small.toml"]).exits(5).says(&[
            &format!("log.jsonl, line {line}: "),
            problem,
            "a decision that was recorded there is lost",
            "--redecide-lost",
        ]);
        assert_eq!(workdir.read(LOG), log, "nothing is decided");
        workdir
            .run(&["run", "small.toml", "--redecide-lost"])
            .exits(0)
            .says(&[&format!(
                "what line {line} of the log decided is decided again"
            )]);
        assert_eq!(standing(&workdir), (5.0, 1.0));
        run(&workdir).says(&["nothing to train"]);
        // What another line decides can still be lost.
        damage_line(&workdir, "\"step\":3", "\"step\":3", "\"step\":4");
        workdir.run(&["run", "small.toml"]).exits(5);
    }
}

#[test]
fn a_lost_record_that_repeats_a_decision_is_written_again() {
    let workdir = halved();
    let decisions = of_first_rung(&workdir);
    damage_line(
        &workdir,
        "\"verdict\":\"stop\",\"rule\"",
        "\"verdict\":\"stop\"",
        "\"verdict\":\"halt\"",
    );
    run(&workdir);
    assert_eq!(standing(&workdir), (5.0, 1.0));
    assert_eq!(of_first_rung(&workdir), decisions);
    run(&workdir).says(&["nothing to train"]);
}

#[test]
fn a_lost_decision_of_a_person_is_named() {
    let workdir = halved();
    let stopped = workdir.text("select job from jobs where outcome = 'stopped' order by job");
    workdir
        .run(&["run", "small.toml", "--only", &stopped])
        .exits(0);
    let line = damage_line(&workdir, "\"rule\":\"person\"", "go-on", "stop");
    workdir
        .run(&["run", "small.toml"])
        .exits(5)
        .says(&[&format!("line {line}: "), "--redecide-lost"]);
}

#[test]
fn a_lost_choice_of_a_stage_is_named() {
    let workdir = Workdir::with(&staged());
    run(&workdir);
    let chosen = records(&workdir, "revision")[1]["decisions"].clone();
    let line = damage_line(&workdir, "\"stage\":\"rate\"", "\"mean\":0.", "\"mean\":1.");
    workdir.run(&["run", "small.toml"]).exits(5).says(&[
        &format!("log.jsonl, line {line}: does not fit its checksum"),
        "--redecide-lost",
    ]);
    workdir
        .run(&["run", "small.toml", "--redecide-lost"])
        .exits(0)
        .says(&["stage \"rate\" chose"]);
    let revisions = records(&workdir, "revision");
    let last = revisions.last().expect("some");
    assert_eq!(last["decisions"], chosen, "the results are the same");
    run(&workdir).says(&["nothing to train"]);
}

#[test]
fn an_unreadable_log_is_not_taken_for_one_without_choices() {
    let workdir = Workdir::with(&staged());
    run(&workdir);
    std::fs::remove_file(workdir.path(LOG)).expect("removes");
    std::fs::create_dir(workdir.path(LOG)).expect("makes a folder");
    let plan = workdir.run(&["plan", "small.toml"]).exits(5);
    assert_contains(&plan.stderr(), &["small/log.jsonl", "is a folder"]);
}

/// What another experiment has trained to its end spares training, and changes no decision.
#[test]
fn a_grid_that_was_trained_before_changes_no_decision() {
    let alone = halved();
    let shared = Workdir::with(&halving_of("small"));
    shared.write("grid.toml", &halving_of("grid").replace(HALVING, ""));
    shared.run(&["run", "grid.toml"]).exits(0);
    run(&shared).says(&["6 reused; nothing to train"]);
    run(&shared);
    let decided = "select job || ' ' || epoch || ' ' || verdict || ' ' || rule || ' ' || reason
        from decisions where experiment = 'small' order by 1";
    assert_eq!(shared.texts(decided), alone.texts(decided));
    assert_eq!(
        shared.jobs("finished"),
        6.0,
        "they have finished all the same"
    );
    let stopped = "select job from decisions where experiment = 'small' and verdict = 'stop'";
    let explained = shared.stdout(&["why", &shared.text(stopped)]);
    assert_contains(
        &explained,
        &[
            "finished, 9 of 9 epochs",
            "successive-halving, after 1 epoch: stop, because",
            "another experiment has trained it to its end",
        ],
    );
    let report = shared.stdout(&["report", "small"]);
    assert_contains(
        &report,
        &["A rule of this experiment stopped jobs of 5 configurations"],
    );
    let report = shared.stdout(&["report", "grid"]);
    assert!(!report.contains("A rule of this experiment"), "{report}");
    shared.run(&["check"]).exits(0);
}
