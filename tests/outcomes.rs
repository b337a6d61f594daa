//! Every way in which a job can end, provoked with the real programs. Crashes by a signal are in
//! `kills.rs`, cancelled and early-stopped jobs in `control.rs`, and jobs killed by the kernel's
//! out-of-memory killer in the runner's own tests.

use crate::kills::{lines, start, wait_until, workers};
use crate::support::{Place, SMALL};
use std::process::Command;

/// An experiment with one job of `epochs` epochs; `run` is its `[run]` section.
fn one_job(epochs: u32, run: &str) -> Place {
    let place = Place::new();
    let text = SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("epochs = 3", &format!("epochs = {epochs}"));
    place.write(
        "small.toml",
        &(text.replace("[1e-3, 1e-2]", "[1e-3]") + "\n[run]\n" + run),
    );
    place
}

fn outcomes(place: &Place) -> String {
    let list = place
        .run(&[
            "query",
            "--csv",
            "select outcome from attempts order by job, attempt",
        ])
        .exits(0)
        .stdout();
    list.lines().skip(1).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_job_past_its_time_limit_keeps_its_checkpoint_and_continues_in_the_next_run() {
    let place = one_job(
        4000,
        "time_limit = \"2 s\"\ncheckpoint_every = \"1000 epochs\"",
    );
    place.run(&["run", "small.toml"]).exits(1).says(&[
        "timed-out",
        "its checkpoint is kept",
        "--only",
        "convsweep show",
    ]);
    assert_eq!(outcomes(&place), "timed-out");
    let reached = place.number("select max(epoch) from jobs");
    assert!(reached > 0.0 && reached < 4000.0);
    place.run(&["run", "small.toml"]).exits(1);
    assert_eq!(outcomes(&place), "timed-out timed-out");
    assert!(place.number("select max(epoch) from jobs") > reached);
    assert_eq!(
        place.number("select count(*) from attempts where start = 'checkpoint' and exact = 1"),
        1.0
    );
    place.run(&["check-db"]).exits(0);
}

#[test]
fn a_sweep_past_its_time_limit_is_interrupted() {
    let place = one_job(4000, "sweep_time_limit = \"1 s\"");
    place
        .run(&["run", "small.toml"])
        .exits(130)
        .says(&["time limit of 1 s is over: 1 jobs go on"]);
    assert_eq!(outcomes(&place), "cancelled");
}

#[test]
fn a_frozen_worker_counts_as_lost_and_another_finishes_its_job() {
    let place = one_job(60, "lost_after = \"3 s\"");
    let program = start(&place);
    wait_until("it trains", || lines(&place) > 3);
    let worker = workers(&place)[0].to_string();
    assert!(
        Command::new("kill")
            .args(["-STOP", &worker])
            .status()
            .expect("kill")
            .success()
    );
    assert_eq!(
        program.wait_with_output().expect("ends").status.code(),
        Some(0)
    );
    assert_eq!(outcomes(&place), "lost finished");
    assert!(workers(&place).is_empty(), "the frozen worker was killed");
    place.run(&["check-db"]).exits(0);
}

#[test]
fn an_allocation_failure_is_out_of_memory_and_not_retried() {
    let place = one_job(3, "memory = \"1 GiB\"\nretry = { crashed = 5, failed = 5 }");
    let text = std::fs::read_to_string(place.path("small.toml")).expect("there");
    // A dense layer from 64 × 7 × 7 inputs to a million outputs has 12 GB of weights.
    let large = text
        .replace("conv = 8", "conv = 64")
        .replace("{ dropout = 0.1 }", "{ dense = 1000000 }");
    place.write("small.toml", &large);
    place
        .run(&["run", "small.toml"])
        .exits(1)
        .says(&["out-of-memory", "fewer slots"]);
    assert_eq!(outcomes(&place), "out-of-memory");
    place.write("small.toml", &text);
    place.run(&["run", "small.toml"]).exits(0);
}

#[test]
fn a_diverged_job_is_final_and_not_retried() {
    let place = one_job(3, "retry = { failed = 5 }\non_failure = \"stop\"");
    let text = std::fs::read_to_string(place.path("small.toml")).expect("there");
    place.write("small.toml", &text.replace("[1e-3]", "[1e30, 1e-3]"));
    place
        .run(&["run", "small.toml"])
        .exits(1)
        .says(&["diverged", "a lower learning rate is another job"]);
    let mut ended: Vec<_> = outcomes(&place).split(' ').map(str::to_string).collect();
    ended.sort();
    assert_eq!(
        ended,
        ["diverged", "finished"],
        "a diverged job does not stop the sweep"
    );
    place.run(&["run", "small.toml"]).exits(1);
    assert_eq!(
        place.number("select count(*) from attempts"),
        2.0,
        "nothing is trained again"
    );
    let job = place
        .run(&[
            "query",
            "--csv",
            "select job from jobs where outcome = 'diverged'",
        ])
        .stdout();
    let job = job.lines().nth(1).expect("a job").to_string();
    place
        .run(&["run", "small.toml", "--only", &job[..8]])
        .exits(1);
    assert_eq!(
        place.number("select count(*) from attempts"),
        3.0,
        "unless it is named"
    );
    place
        .run(&["run", "small.toml", "--only", "abcdef"])
        .exits(2)
        .says(&["no such job"]);
}

#[test]
fn failures_are_shown_at_once_and_stop_the_sweep_if_requested() {
    let place = Place::small();
    place.write(
        "small.toml",
        &(SMALL.to_string() + "\n[run]\non_failure = \"stop\"\nslots = { cpu = 1 }"),
    );
    place.run(&["plan", "small.toml"]).exits(0);
    let jobs = place
        .run(&["plan", "small.toml", "--json"])
        .exits(0)
        .stdout();
    let first = jobs.split("\"job\": \"").nth(1).expect("a job")[..16].to_string();
    // The job's folder belongs to another question: the worker reports that and the job fails.
    place.write(&format!("results/jobs/{first}/job.json"), "{}");
    let ran = place.run(&["run", "small.toml"]).exits(1);
    let told = ran.stderr();
    for words in [
        "failed",
        "belongs to another job",
        "no more are started",
        "--only",
        &first,
    ] {
        assert!(told.contains(words), "\"{words}\" is not in\n{told}");
    }
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'failed'"),
        1.0
    );
    assert!(place.number("select count(*) from attempts") <= 2.0);
}
