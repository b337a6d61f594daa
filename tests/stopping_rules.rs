//! Jobs stopped early by a rule: how many, why, with which results, and the simulation of the rule
//! on a full sweep.

use crate::support::{SMALL, Workdir, assert_contains};
use std::collections::BTreeSet;

/// Six configurations of two seeds, trained for nine epochs.
pub fn experiment() -> String {
    SMALL
        .replace("[1e-3, 1e-2]", "[1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2]")
        .replace("epochs = 3", "epochs = 9")
}

pub const HALVING: &str =
    "\n[search]\nstop = { rule = \"successive-halving\", eta = 3, first = 1 }\n";

/// Number of epochs that all jobs trained together.
fn trained_epochs(workdir: &Workdir) -> f64 {
    workdir.number("select count(*) from metrics where name = 'val_loss'")
}

/// Training and validation metrics of every job and epoch, as text.
fn metrics(workdir: &Workdir) -> BTreeSet<String> {
    let sql = "select job || ' ' || epoch || ' ' || name || ' ' || format('%!.17g', value) \
               from metrics where name like 'val%' or name like 'train%'";
    workdir.texts(sql).into_iter().collect()
}

fn check_simulation(full: &Workdir) {
    let rule = "successive-halving:eta=3,first=1";
    let simulated = full.stdout(&["plan", "small.toml", "--simulate", rule]);
    assert_contains(
        &simulated,
        &["of 108 would have been trained", "12 recorded jobs"],
    );
    full.run(&["plan", "small.toml", "--simulate", "guessing"])
        .exits(2)
        .says(&["successive-halving, asha, median or race"]);
}

#[test]
fn successive_halving_stops_jobs_and_says_why() {
    let full = Workdir::with(&experiment());
    full.run(&["run", "small.toml"]).exits(0);
    check_simulation(&full);

    let halved = Workdir::with(&(experiment() + HALVING));
    halved
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["successive-halving", "ranks"]);
    let outcomes = || (halved.jobs("stopped"), halved.jobs("finished"));
    // Two of six configurations continue after one epoch, and one of these after three.
    assert_eq!(outcomes(), (10.0, 2.0));
    assert_eq!(trained_epochs(&full), 12.0 * 9.0);
    let expected = 12.0 + 4.0 * 2.0 + 2.0 * 6.0;
    assert_eq!(trained_epochs(&halved), expected);
    let stopped = halved.text("select job from decisions where verdict = 'stop'");
    let explained = halved.stdout(&["why", &stopped]);
    assert_contains(&explained, &["successive-halving, after", "stop, because"]);
    halved
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["10 stopped before"]);
    assert_eq!(outcomes(), (10.0, 2.0), "nothing is decided again");
    // Jobs trained in several attempts, with pauses between, equal those of the full sweep to the
    // bit.
    assert!(metrics(&halved).is_subset(&metrics(&full)));
    halved.run(&["check"]).exits(0);
    halved.run(&["rebuild"]).exits(0);
    assert_eq!(outcomes(), (10.0, 2.0));
}
