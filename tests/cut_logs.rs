//! Logs of experiments whose end was cut off: only the database knows what they held.

use crate::decisions::halved;
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
