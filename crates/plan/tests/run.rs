//! `[run]`: what its keys mean, and messages about wrong values.

mod common;

use common::{SMALL, planned, problems};
use convsweep_spec::job::CheckpointEvery;
use convsweep_spec::run_settings::Retry;
use std::time::Duration;

#[test]
fn settings_are_resolved_and_wrong_ones_are_refused() {
    let run = |text: &str| planned(&format!("{SMALL}\n[run]\n{text}")).run;
    let all = run(
        "retry = { crashed = 1, lost = 3, failed = 2, timed-out = 4, out-of-memory = 0, diverged = 0 }\n\
                   on_failure = { after = 5 }\ntime_limit = \"2 h\"\nsweep_time_limit = \"1 d 12 h\"\n\
                   checkpoint_every = \"30 s\"\nlost_after = \"5 min\"\nbreaker = 9",
    );
    let retry = Retry {
        crashed: 1,
        lost: 3,
        failed: 2,
        timed_out: 4,
    };
    assert_eq!(
        (all.retry, all.stop_after, all.breaker),
        (retry, Some(5), 9)
    );
    assert_eq!(all.time_limit, Some(Duration::from_secs(7200)));
    assert_eq!(all.sweep_time_limit, Some(Duration::from_secs(129_600)));
    assert_eq!(
        (all.checkpoint_every, all.lost_after),
        (CheckpointEvery::Seconds(30.0), Duration::from_secs(300))
    );
    let none = run("");
    assert_eq!(
        (none.stop_after, none.time_limit, none.sweep_time_limit),
        (None, None, None)
    );
    assert_eq!(
        (none.checkpoint_every, none.lost_after),
        (CheckpointEvery::Epochs(1), Duration::from_secs(60))
    );
    assert_eq!(run("on_failure = \"stop\"").stop_after, Some(1));
    assert_eq!(
        run("checkpoint_every = \"5 epochs\"").checkpoint_every,
        CheckpointEvery::Epochs(5)
    );
    let wrong = |text: &str, words: &[&str]| {
        let message = problems(&format!("{SMALL}\n[run]\n{text}"));
        words
            .iter()
            .for_each(|word| assert!(message.contains(word), "\"{word}\" is not in\n{message}"));
    };
    wrong(
        "time_limit = \"2 parsecs\"\nlost_after = \"1 s\"",
        &["2 parsecs", "\"1 h 30 min\"", "at least 3 s"],
    );
    wrong("time_limit = 5", &["must be a string"]);
    assert_eq!(
        (run("memory = \"2 GiB\"").memory_bytes, none.memory_bytes),
        (Some(2 << 30), None)
    );
    wrong("memory = \"2 bytes\"", &["\"512 MiB\""]);
    wrong("checkpoint_every = \"0 epochs\"", &["0 epochs", "\"30 s\""]);
    wrong(
        "retry.out-of-memory = 1",
        &["0", "the same job needs the same memory"],
    );
    wrong("retry.diverged = 2", &["lower learning rate"]);
    wrong("on_failure = \"panic\"", &["\"continue\" or \"stop\""]);
    wrong("on_failure = { afterwards = 2 }", &["after"]);
}
