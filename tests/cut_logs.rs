//! Logs of experiments whose end was cut off: only the database knows what they held.

use crate::decisions::{halved, of_first_rung, run, standing};
use crate::support::Workdir;

const LOG: &str = "results/small/log.jsonl";

/// Cuts the log off before its first judgement.
fn cut(workdir: &Workdir) {
    let whole = workdir.read(LOG);
    let is_judgement = |line: &&str| line.contains("\"record\":\"judgement\"");
    let lines = whole.split_inclusive('\n');
    let cut: String = lines.take_while(|line| !is_judgement(line)).collect();
    workdir.write(LOG, &cut);
}

/// Where nothing is decided, nothing is decided again.
#[test]
fn lost_decisions_are_not_forgotten_where_nothing_is_decided() {
    let workdir = halved();
    cut(&workdir);
    let finished = workdir.text("select job from jobs where outcome = 'finished'");
    let only = ["run", "small.toml", "--only", &finished, "--redecide-lost"];
    workdir.run(&only).exits(0);
    workdir
        .run(&["run", "small.toml"])
        .exits(5)
        .says(&["the database has read 8 decisions in it which it no longer holds"]);
}

/// With the decisions that are made again, the plan is written again: nothing is left that only the
/// database has.
#[test]
fn what_is_decided_again_leaves_nothing_to_put_back() {
    let workdir = halved();
    let file = workdir
        .read("small.toml")
        .replace("Which learning rate?", "Which rate?");
    workdir.write("small.toml", &file);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.number("select revision from experiments"), 2.0);
    cut(&workdir);
    workdir
        .run(&["run", "small.toml", "--redecide-lost"])
        .exits(0);
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    assert!(!again.stderr().contains("only the database"));
    workdir.run(&["check"]).exits(0);
    workdir.run(&["rebuild"]).exits(0);
}

/// A log whose end was cut off reads as a sound one; only the database knows that there was more.
#[test]
fn decisions_cut_off_the_log_are_named_and_made_again_only_on_request() {
    let workdir = halved();
    let (decisions, whole) = (of_first_rung(&workdir), workdir.read(LOG));
    let is_judgement = |line: &&str| line.contains("\"record\":\"judgement\"");
    let lines = whole.split_inclusive('\n');
    let cut: String = lines.take_while(|line| !is_judgement(line)).collect();
    workdir.write(LOG, &cut);
    let known = "results/small/log.jsonl";
    for _ in 0..2 {
        workdir.run(&["run", "small.toml"]).exits(5).says(&[
            "note: small/log.jsonl: ",
            "only the database still has 8 decisions",
            known,
            "the database has read 8 decisions in it which it no longer holds",
            "--redecide-lost",
        ]);
    }
    assert_eq!(workdir.read(LOG), cut, "nothing is decided");
    workdir.run(&["rebuild"]).exits(5).says(&[
        "small/log.jsonl no longer holds 8 decisions",
        "Put back copies of these logs",
        "--forget-lost",
    ]);
    workdir
        .run(&["status"])
        .exits(0)
        .says(&["only the database still has 8 decisions"]);
    // A copy of the log is as good as the log.
    workdir.write(LOG, &whole);
    run(&workdir).says(&["nothing to train"]);
    workdir.run(&["check"]).exits(0);
    workdir.write(LOG, &cut);
    workdir
        .run(&["run", "small.toml", "--redecide-lost"])
        .exits(0)
        .says(&["8 decisions that the log no longer holds: this is decided again"]);
    assert_eq!(standing(&workdir), (5.0, 1.0));
    assert_eq!(of_first_rung(&workdir), decisions);
    let twice = "select count(*) from (select job, epoch from decisions group by 1, 2
        having count(*) > 1)";
    assert_eq!(workdir.number(twice), 0.0, "nothing is decided twice");
    run(&workdir).says(&["nothing to train"]);
    workdir.run(&["check"]).exits(0);
}
