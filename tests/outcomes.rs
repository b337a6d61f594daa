//! Every way in which a job can end, provoked with the real programs. Crashes by a signal are in
//! `kills.rs`, cancelled jobs in `control.rs`, jobs stopped by a rule in `stopping_rules.rs`; kills
//! by the kernel for lack of memory are tested by the runner.

use crate::processes::{exit_code, send_signal, start, wait_for_events, workers};
use crate::support::{SMALL, Workdir, assert_contains, small_with_epochs};

/// An experiment with one job of this many epochs; `run` is its `[run]`.
fn one_job(epochs: u32, run: &str) -> Workdir {
    let experiment = small_with_epochs(epochs)
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-3]");
    Workdir::with(&format!("{experiment}\n[run]\n{run}"))
}

/// Outcomes of all attempts of all jobs.
fn outcomes(workdir: &Workdir) -> Vec<String> {
    workdir.texts("select outcome from attempts order by job, attempt")
}

#[test]
fn a_job_over_its_time_limit_keeps_its_checkpoint_and_continues_in_the_next_run() {
    let run = "time_limit = \"2 s\"\ncheckpoint_every = \"1000 epochs\"";
    let workdir = one_job(4000, run);
    let epochs = || workdir.number("select max(epoch) from jobs");
    workdir.run(&["run", "small.toml"]).exits(1).says(&[
        "timed-out",
        "its checkpoint is kept",
        "--only",
        "convsweep show",
    ]);
    assert_eq!(outcomes(&workdir), ["timed-out"]);
    let reached = epochs();
    assert!(reached > 0.0 && reached < 4000.0);
    workdir.run(&["run", "small.toml"]).exits(1);
    assert_eq!(outcomes(&workdir), ["timed-out", "timed-out"]);
    assert!(epochs() > reached);
    let continued = "select count(*) from attempts where start = 'checkpoint' and exact = 1";
    assert_eq!(workdir.number(continued), 1.0);
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_sweep_over_its_time_limit_is_interrupted() {
    let workdir = one_job(4000, "sweep_time_limit = \"1 s\"");
    workdir
        .run(&["run", "small.toml"])
        .exits(130)
        .says(&["time limit of 1 s is reached: the same command continues with 1 job\n"]);
    assert_eq!(outcomes(&workdir), ["cancelled"]);
}

#[test]
fn a_frozen_worker_is_killed_and_its_job_finishes_in_another() {
    let workdir = one_job(60, "lost_after = \"3 s\"");
    let mut program = start(&workdir);
    wait_for_events(&workdir, 3);
    assert!(send_signal("STOP", workers(&workdir)[0]));
    assert_eq!(exit_code(&mut program), Some(0));
    assert_eq!(outcomes(&workdir), ["lost", "finished"]);
    assert!(workers(&workdir).is_empty(), "the frozen worker was killed");
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_job_out_of_memory_is_not_retried() {
    let run = "memory = \"1 GiB\"\nretry = { crashed = 5, failed = 5 }";
    let workdir = one_job(3, run);
    let small = workdir.read("small.toml");
    // A dense layer from 64 × 7 × 7 inputs to 50,000 outputs has 0.6 GB of weights and as many
    // gradients: more than the limit, but no more than the machine has.
    let large = small
        .replace("conv = 8", "conv = 64")
        .replace("{ dropout = 0.1 }", "{ dense = 50000 }");
    workdir.write("small.toml", &large);
    workdir
        .run(&["run", "small.toml"])
        .exits(1)
        .says(&["out-of-memory", "fewer slots"]);
    assert_eq!(outcomes(&workdir), ["out-of-memory"]);
    workdir.write("small.toml", &small);
    workdir.run(&["run", "small.toml"]).exits(0);
}

#[test]
fn a_diverged_job_stops_no_sweep_and_is_trained_again_only_if_it_is_named() {
    let workdir = one_job(3, "retry = { failed = 5 }\non_failure = \"stop\"");
    let experiment = workdir.read("small.toml");
    workdir.write("small.toml", &experiment.replace("[1e-3]", "[1e30, 1e-3]"));
    workdir
        .run(&["run", "small.toml"])
        .exits(1)
        .says(&["diverged", "try a lower learning rate"]);
    let mut ended = outcomes(&workdir);
    ended.sort();
    assert_eq!(ended, ["diverged", "finished"]);
    workdir.run(&["run", "small.toml"]).exits(1);
    assert_eq!(workdir.all_attempts(), 2.0, "nothing is trained again");
    let diverged = workdir.text("select job from jobs where outcome = 'diverged'");
    let only = ["run", "small.toml", "--only", &diverged[..8]];
    workdir.run(&only).exits(1);
    assert_eq!(workdir.all_attempts(), 3.0, "unless it is named");
    workdir
        .run(&["run", "small.toml", "--only", "abcdef"])
        .exits(2)
        .says(&["no job id begins with abcdef"]);
}

#[test]
fn a_failure_is_shown_at_once_and_stops_the_sweep_on_request() {
    let run = "\n[run]\non_failure = \"stop\"\nslots = { cpu = 1 }";
    let workdir = Workdir::with(&(SMALL.to_string() + run));
    let plan = workdir.stdout(&["plan", "small.toml", "--json"]);
    let (_, rest) = plan.split_once("\"job\":\"").expect("a job");
    let first = &rest[..16];
    // A folder that belongs to another job: the worker reports it and fails the job.
    workdir.write(&format!("results/jobs/{first}/job.json"), "{}");
    let stderr = workdir.run(&["run", "small.toml"]).exits(1).stderr();
    assert_contains(
        &stderr,
        &[
            "failed",
            "belongs to another job",
            "no more are started",
            "--only",
            first,
        ],
    );
    assert_eq!(workdir.attempts("failed"), 1.0);
    assert!(workdir.all_attempts() <= 2.0);
}
