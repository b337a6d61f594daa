//! Damaged jobs of an experiment with a stopping rule: they are trained again as far as they were.

use crate::decisions::halved;
use crate::support::{ProgramRun, Workdir};

const LOG: &str = "results/small/log.jsonl";

/// Damages the log of the first job with this outcome.
fn damage(workdir: &Workdir, outcome: &str) {
    let job = workdir.text(&format!(
        "select job from jobs where outcome = '{outcome}' order by job"
    ));
    let events = format!("results/jobs/{job}/events.jsonl");
    let log = workdir.read(&events);
    let damaged = log.replacen("\"epoch\":1,", "\"epoch\":7,", 1);
    workdir.write(&events, &damaged);
}

/// A damaged job that a rule had stopped is trained again as far as it was, and no decision
/// changes.
#[test]
fn a_damaged_job_of_a_search_is_trained_as_far_as_it_was() {
    let workdir = halved();
    let log = workdir.read(LOG);
    let epochs = "select job || ' ' || epoch || ' ' || outcome from jobs order by 1";
    let values = "select job || ' ' || epoch || ' ' || format('%!.17g', value) from metrics
        where name = 'val_loss' order by 1";
    let undisturbed = (workdir.texts(epochs), workdir.texts(values));
    for outcome in ["stopped", "finished"] {
        damage(&workdir, outcome);
        workdir.run(&["run", "small.toml"]).exits(5);
        workdir.run(&["retry", "small", "--damaged"]).exits(0);
        assert_eq!(workdir.read(LOG), log, "nothing is decided");
        assert_eq!(workdir.texts(epochs), undisturbed.0);
        let again = workdir.run(&["run", "small.toml"]).exits(0);
        again.says(&["nothing to train"]);
        assert_eq!(workdir.texts(values), undisturbed.1);
        assert_eq!(workdir.read(LOG), log, "nothing is decided");
    }
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_damaged_job_that_fails_when_it_is_trained_again_is_not_called_pruned() {
    let workdir = halved();
    damage(&workdir, "stopped");
    let mut retry = workdir.command(&["retry", "small", "--damaged"]);
    retry.env("CONVSWEEP_FAILPOINT", "gradients");
    retry.env("CONVSWEEP_FAILPOINT_ATTEMPTS", "9");
    let retry = ProgramRun::of(&mut retry).exits(1);
    retry.says(&["1 of 1 job did not finish"]);
    assert_eq!(workdir.jobs("crashed"), 1.0);
}
