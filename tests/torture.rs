//! A sweep of real jobs under every kind of fault: at the end each job is accounted for, all
//! results equal those of an undisturbed sweep to the bit, nothing was trained twice, and each kind
//! of fault has been injected. `CONVSWEEP_TORTURE=ROUNDS` makes it long (`just test-long`).

use crate::faults::{IdleFault, LiveFault, Random, clock_has_jumped, fake_clock};
use crate::processes::{
    event_count, exit_code, has_ended, send_signal, start, wait_until, workers,
};
use crate::support::{SMALL, Workdir, assert_contains};
use std::collections::BTreeMap;
use std::time::Instant;

const EPOCHS: u32 = 12;

/// Number of injected faults of each kind.
#[derive(Debug, Default)]
struct Counts {
    live: BTreeMap<LiveFault, usize>,
    idle: BTreeMap<IdleFault, usize>,
}

/// The experiment with this axis of learning rates, in a folder.
pub fn workdir(rates: &str) -> Workdir {
    let experiment = SMALL
        .replace("[1e-3, 1e-2]", rates)
        .replace("epochs = 3", &format!("epochs = {EPOCHS}"));
    let run = "lost_after = \"3 s\"\nretry = { crashed = 20, lost = 20 }\nbreaker = 1000\n";
    Workdir::with(&format!("{experiment}\n[run]\n{run}"))
}

/// A number from the environment.
pub fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|e| panic!("{name}={text}: {e}")),
        Err(_) => default,
    }
}

#[test]
fn every_kind_of_fault_leaves_the_results_as_they_are() {
    let rounds = variable("CONVSWEEP_TORTURE", 1);
    let seed = variable("CONVSWEEP_TORTURE_SEED", 7);
    let rates = match rounds {
        1 => "[1e-3, 3e-3]",
        _ => "{ from = 1e-4, to = 1e-1, steps = 100, scale = \"log\" }",
    };
    let undisturbed = workdir(rates);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let mut workdir = workdir(rates);
    fake_clock(&mut workdir);
    let mut random = Random(seed);
    let mut counts = Counts::default();
    let start = Instant::now();
    for round in 1..=rounds {
        torture(&workdir, &mut random, &mut counts);
        eprintln!("round {round}: {counts:?} after {:.0?}", start.elapsed());
    }
    workdir.run(&["run", "small.toml"]).exits(0);
    let kinds = (counts.live.len(), counts.idle.len());
    assert_eq!(
        kinds,
        (LiveFault::ALL.len(), IdleFault::ALL.len()),
        "each kind of fault must be injected: {counts:?}, seed {seed}"
    );
    assert!(clock_has_jumped(&workdir), "no log shows a jump");
    check_results(&workdir, &undisturbed, seed);
}

/// One round: each fault of a running program once, and several of an idle one.
fn torture(workdir: &Workdir, random: &mut Random, counts: &mut Counts) {
    for fault in LiveFault::ALL {
        run_disturbed_by(fault, workdir, random, counts);
        wait_until("no worker is left", || workers(workdir).is_empty());
        let number = random.below(IdleFault::ALL.len());
        damage(IdleFault::ALL[number], workdir, random, counts);
    }
    for fault in IdleFault::ALL {
        damage(fault, workdir, random, counts);
    }
}

/// Runs the program for a while, injects the fault, and interrupts the program if it still runs.
fn run_disturbed_by(fault: LiveFault, workdir: &Workdir, random: &mut Random, counts: &mut Counts) {
    let mut program = start(workdir);
    let enough = event_count(workdir) + 1 + random.below(12);
    wait_until("jobs are trained or the program has ended", || {
        event_count(workdir) >= enough || has_ended(&mut program)
    });
    if !has_ended(&mut program) && fault.inject(workdir, program.id(), random) {
        *counts.live.entry(fault).or_default() += 1;
    }
    if fault.is_survived() {
        // It is interrupted soon after it has recovered, so that the next fault meets an unfinished
        // sweep.
        let enough = event_count(workdir) + 3;
        wait_until("training continues or the program has ended", || {
            event_count(workdir) >= enough || has_ended(&mut program)
        });
    }
    if fault.is_survived() || fault == LiveFault::DatabaseDeleted {
        send_signal("INT", program.id());
    }
    exit_code(&mut program);
}

fn damage(fault: IdleFault, workdir: &Workdir, random: &mut Random, counts: &mut Counts) {
    if fault.inject(workdir, random) {
        *counts.idle.entry(fault).or_default() += 1;
    }
}

fn check_results(workdir: &Workdir, undisturbed: &Workdir, seed: u64) {
    let trained_twice = "select count(*) from (select job from attempts \
                         where outcome = 'finished' group by job having count(*) > 1)";
    assert_eq!(workdir.number(trained_twice), 0.0);
    let expected = undisturbed.results();
    assert_eq!(workdir.results(), expected, "seed {seed}");
    let jobs = "select count(*) from jobs";
    assert_eq!(workdir.number(jobs), undisturbed.number(jobs));
    assert_eq!(workdir.number(jobs), workdir.jobs("finished"));
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(&again.stderr(), &["nothing to train"]);
    workdir.run(&["rebuild"]).exits(0);
    assert_eq!(workdir.results(), expected, "rebuilt from the logs");
    // Finished jobs keep the torn ends of their logs, and `check` mentions them.
    let checked = workdir.run(&["check"]).stdout();
    for line in checked.lines() {
        assert!(
            line.contains("an incomplete last line was ignored")
                || line.contains("agrees with the logs")
                || line == "the files of the jobs are as they were written",
            "{checked}"
        );
    }
}
