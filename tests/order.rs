//! In which order jobs start.

use crate::fake_worker::FakeSweep;
use crate::support::SMALL;

/// Three widths with two seeds on one slot; `run` is the rest of `[run]`.
pub fn widths_experiment(run: &str) -> String {
    let experiment = SMALL
        .replace("layers = [", "parameters = { width = 8 }\nlayers = [")
        .replace("conv = 8", "conv = \"$width\"")
        .replace(
            "\"train.optimizer.lr\" = [1e-3, 1e-2]",
            "\"model.parameters.width\" = [16, 4, 8]",
        );
    format!("{experiment}\n[run]\nslots = {{ cpu = 1 }}\n{run}\n")
}

/// Checks in which order jobs really start, given as `width.seed`.
#[track_caller]
fn check_order(run: &str, expected: &str) {
    let sweep = FakeSweep::new(&widths_experiment(run));
    sweep.run("train 3").exits(0);
    assert_eq!(sweep.starts(), expected, "{run}");
}

#[test]
fn jobs_start_in_the_order_of_the_file_with_seeds_together() {
    check_order("", "4.0 4.1 8.0 8.1 16.0 16.1");
    check_order("order = \"short-first\"", "4.0 4.1 8.0 8.1 16.0 16.1");
    check_order("order = \"file\"", "16.0 16.1 4.0 4.1 8.0 8.1");
    check_order(
        "priority = [{ \"model.parameters.width\" = 8 }]",
        "8.0 8.1 4.0 4.1 16.0 16.1",
    );
    check_order(
        "order = \"file\"\npriority = [{ width = 8 }, { width = 4 }]",
        "8.0 8.1 4.0 4.1 16.0 16.1",
    );
}

#[test]
fn jobs_added_later_start_in_the_same_order() {
    let sweep = FakeSweep::new(&widths_experiment(""));
    sweep.run("train 3").exits(0);
    let more = widths_experiment("").replace("[16, 4, 8]", "[16, 4, 12, 2, 8]");
    sweep.workdir.write("small.toml", &more);
    sweep.run("train 3").exits(0);
    assert_eq!(
        sweep.starts(),
        "4.0 4.1 8.0 8.1 16.0 16.1 2.0 2.1 12.0 12.1"
    );
}
