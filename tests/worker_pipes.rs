//! Messages when a worker writes nonsense or another format to its pipes.

use crate::fake_worker::FakeSweep;
use crate::order::widths_experiment;
use crate::support::ProgramRun;

/// Runs six jobs that do what the script says, and checks that the user sees these texts in few
/// lines.
#[track_caller]
fn check(script: &str, exit_code: i32, texts: &[&str]) -> ProgramRun {
    let experiment = widths_experiment("retry = { crashed = 1 }\nbreaker = 100");
    let run = FakeSweep::new(&experiment)
        .run(script)
        .exits(exit_code)
        .says(texts);
    let stderr = run.stderr();
    assert!(stderr.lines().count() < 80, "{stderr}");
    run
}

#[test]
fn lines_that_are_not_events_are_shown_and_counted() {
    check(
        "babble 1000\ntrain 3",
        0,
        &["worker: blah", "more lines that are not events"],
    );
}

#[test]
fn the_log_of_a_worker_is_limited() {
    check("flood\ntrain 3", 0, &["floods its log", "8 MiB"]);
}

#[test]
fn events_of_another_job_fail_the_job() {
    check(
        "stray\nhang",
        1,
        &[
            "reported about another",
            "build it from the same sources",
            "--only",
        ],
    );
}

#[test]
fn a_worker_with_a_newer_format_ends_the_run() {
    check(
        "newer\nhang",
        4,
        &["speaks format", "build both from the same sources"],
    );
}

#[test]
fn a_worker_that_dies_in_the_middle_of_a_line_is_replaced_once() {
    let run = check(
        "started\nhalf\ndie",
        1,
        &[
            "{\"format\":",
            "SIGKILL",
            "attempt 2 follows",
            "convsweep show",
        ],
    );
    let stderr = run.stderr();
    let repeats = stderr.lines().filter(|line| line.contains("--only"));
    assert_eq!(
        repeats.count(),
        6,
        "only jobs that will not be retried come with the command to repeat them:\n{stderr}"
    );
}
