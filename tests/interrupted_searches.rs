//! Sweeps with stopping rules, races and stages that are interrupted at random moments, by Ctrl-C
//! and by kills: the same command ends with the decisions, the spared jobs and the winner of an
//! undisturbed sweep. `CONVSWEEP_INTERRUPTIONS=N` interrupts each kind N times (`just test-long`).

use crate::faults::Random;
use crate::processes::{
    event_count, exit_code, has_ended, send_signal, start, wait_until, workers,
};
use crate::support::{SMALL, Workdir};
use crate::torture::variable;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Most interruptions of one sweep.
const MOST_OF_A_SWEEP: usize = 3;

/// Nine configurations on two slots.
fn experiment() -> String {
    let slots = "\n[run]\norder = \"file\"\nslots = { cpu = 2 }\n";
    SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("train = 240", "train = 160")
        .replace(
            "[1e-3, 1e-2]",
            "[1e-5, 1e-2, 1e-4, 3e-4, 3e-3, 1e-3, 3e-2, 3e-5, 1e-1]",
        )
        .replace("epochs = 3", "epochs = 9")
        + slots
}

fn with_search(search: &str) -> String {
    format!("{}\n[search]\n{search}\n", experiment())
}

/// What has been decided, by whom and from which values, how the jobs stand, and which is best.
fn end_of(workdir: &Workdir) -> (BTreeSet<String>, Vec<String>, Vec<String>) {
    let mut decisions = BTreeSet::new();
    for line in workdir.read("results/small/log.jsonl").lines() {
        let entry: Value = serde_json::from_str(line).expect("a whole line");
        let record = &entry["record"];
        if record["record"] == "judgement" {
            let jobs = record["jobs"].as_array().expect("jobs");
            for judged in jobs {
                let verdict = judged["verdict"].as_str().unwrap_or("none");
                // A power cut may take the note that a result arrived and its job went on. If the
                // job has finished by then, nothing is left to decide, and nobody writes it again.
                let rule = record["rule"].as_str().expect("a rule");
                let is_arrival = rule.starts_with("asha") || rule.starts_with("median");
                if is_arrival && jobs.len() == 1 && verdict != "stop" {
                    continue;
                }
                decisions.insert(format!(
                    "{} at {}: {} with {}: {verdict}",
                    record["rule"], record["step"], judged["job"], judged["value"]
                ));
            }
        }
        for choice in record["decisions"].as_array().into_iter().flatten() {
            decisions.insert(format!("{choice}"));
        }
    }
    let jobs = "select job || ' ' || outcome from jobs order by job";
    let best = "select label from leaderboard limit 1";
    (decisions, workdir.texts(jobs), workdir.texts(best))
}

/// Starts the sweep, and interrupts it once it has written this many events; whether it still ran.
fn interrupt(workdir: &Workdir, events: usize, random: &mut Random) -> bool {
    let mut program = start(workdir);
    wait_until("the moment has come or the program has ended", || {
        event_count(workdir) >= events || has_ended(&mut program)
    });
    std::thread::sleep(Duration::from_millis(random.below(60) as u64));
    let is_running = !has_ended(&mut program);
    if is_running {
        let signal = ["INT", "KILL"][random.below(2)];
        send_signal(signal, program.id());
    }
    exit_code(&mut program);
    wait_until("no worker is left", || workers(workdir).is_empty());
    if is_running && random.below(2) == 0 {
        cut_power(workdir);
    }
    is_running
}

/// What a power cut may take from the experiment's log: results that only arrived.
fn cut_power(workdir: &Workdir) {
    let log = workdir.read("results/small/log.jsonl");
    let mut lines: Vec<&str> = log.split_inclusive('\n').collect();
    let arrived = |line: &&str| {
        line.contains(r#""record":"judgement""#) && !line.contains(r#""verdict":"stop""#)
    };
    let is_arrival = log.contains(r#""rule":"asha"#) || log.contains(r#""rule":"median"#);
    if is_arrival && lines.last().is_some_and(arrived) {
        lines.pop();
        workdir.write("results/small/log.jsonl", &lines.concat());
        // The database of that moment is older, too.
        workdir.run(&["rebuild"]).exits(0);
    }
}

#[track_caller]
fn check(name: &str, experiment: &str) {
    let undisturbed = Workdir::with(experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let (events, expected) = (event_count(&undisturbed), end_of(&undisturbed));
    assert!(!expected.0.is_empty(), "nothing is decided: {expected:?}");
    let wanted = variable("CONVSWEEP_INTERRUPTIONS", 2) as usize;
    let seed = variable("CONVSWEEP_TORTURE_SEED", 7);
    let mut random = Random(seed.wrapping_add(name.len() as u64));
    let (mut interruptions, mut sweeps) = (0, 0);
    while interruptions < wanted {
        sweeps += 1;
        let workdir = Workdir::with(experiment);
        let mut moment = 0;
        for _ in 0..=random.below(MOST_OF_A_SWEEP) {
            moment += random.below(events - moment);
            interruptions += usize::from(interrupt(&workdir, moment, &mut random));
        }
        workdir.run(&["run", "small.toml"]).exits(0);
        let place = format!("{name}, seed {seed}, sweep {sweeps}");
        assert_eq!(end_of(&workdir), expected, "{place}");
        workdir.run(&["check"]).exits(0);
    }
    eprintln!("{name}: {interruptions} interruptions of {sweeps} sweeps, all end equal");
}

#[test]
fn successive_halving_decides_as_if_undisturbed() {
    let search = "stop = { rule = \"successive-halving\", eta = 3, first = 1 }";
    check("successive halving", &with_search(search));
}

#[test]
fn a_race_decides_as_if_undisturbed() {
    let experiment = with_search("race = { start_seeds = 2, max_seeds = 5 }")
        .replace("seeds = 1", "seeds = 3")
        .replace("epochs = 9", "epochs = 2")
        .replace(", 1e-3, 3e-2, 3e-5, 1e-1]", "]");
    check("race", &experiment);
}

#[test]
fn asha_on_one_slot_decides_as_if_undisturbed() {
    let search = "stop = { rule = \"asha\", eta = 3, first = 1 }";
    let experiment = with_search(search).replace("cpu = 2", "cpu = 1");
    check("ASHA", &experiment);
}

#[test]
fn the_median_rule_on_one_slot_decides_as_if_undisturbed() {
    let search = "stop = { rule = \"median\", first = 2 }";
    let experiment = with_search(search).replace("cpu = 2", "cpu = 1");
    check("median", &experiment);
}

#[test]
fn stages_choose_as_if_undisturbed() {
    let stages = "\n[[stage]]\nname = \"rate\"\n[stage.grid]\n\
        \"train.optimizer.lr\" = [1e-4, 1e-3, 1e-2]\n\
        [[stage]]\nname = \"batch\"\n[stage.grid]\n\"train.batch_size\" = [16, 32, 64]\n";
    let experiment = experiment().replace("epochs = 9", "epochs = 3");
    let (head, rest) = experiment.split_once("[[sweep]]").expect("has a sweep");
    let (_, run) = rest.split_once("[run]").expect("has settings");
    check("stages", &format!("{head}\n[run]{run}{stages}"));
}
