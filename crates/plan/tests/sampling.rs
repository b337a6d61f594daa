//! `sample` of a block.

mod common;

use common::{planned, problems, sweep};
use convsweep_plan::Plan;
use std::collections::BTreeSet;

fn sampled(rest: &str) -> Plan {
    planned(&sweep(&format!(
        "grid.\"train.optimizer.lr\" = {{ from = 1e-4, to = 1e-1, scale = \"log\" }}\n{rest}"
    )))
}

fn ids(plan: &Plan) -> BTreeSet<String> {
    plan.questions().map(|q| q.1.0).collect()
}

#[test]
fn every_method_draws_the_given_number_of_points_within_ranges() {
    for method in ["random", "sobol", "latin-hypercube"] {
        let plan = sampled(&format!(
            "grid.\"model.parameters.width\" = {{ from = 4, to = 32 }}\ngrid.\"train.batch_size\" = [16, 32]\n\
             sample = {{ method = \"{method}\", count = 20, seed = 1 }}"
        ));
        assert_eq!(
            (plan.configurations.len(), plan.jobs()),
            (20, 40),
            "{method}"
        );
        let rates: Vec<f64> = plan
            .configurations
            .iter()
            .map(|c| c.member.resolved.train.phases[0].optimizer.lr)
            .collect();
        assert!(rates.iter().all(|lr| (1e-4..=1e-1).contains(lr)));
        let decades: BTreeSet<i32> = rates.iter().map(|lr| lr.log10().floor() as i32).collect();
        assert_eq!(decades.len(), 3, "{method}: every decade is visited");
        let batches: BTreeSet<u32> = plan
            .configurations
            .iter()
            .map(|c| c.member.resolved.train.batch_size)
            .collect();
        assert_eq!(batches, BTreeSet::from([16, 32]));
    }
}

#[test]
fn more_points_or_axes_keep_what_was_drawn() {
    let check = |few: &Plan, more: &Plan| assert!(ids(few).is_subset(&ids(more)));
    for method in ["random", "sobol"] {
        let draw = |count| {
            sampled(&format!(
                "sample = {{ method = \"{method}\", count = {count} }}"
            ))
        };
        check(&draw(10), &draw(25));
        assert_eq!(ids(&draw(10)), ids(&draw(10)));
    }
    assert_ne!(
        ids(&sampled("sample = { count = 5 }")),
        ids(&sampled("sample = { count = 5, seed = 1 }"))
    );
    let one = "grid.\"train.epochs\" = { from = 1, to = 1 }\nsample = { count = 8 }";
    let more = "grid.\"train.epochs\" = { from = 1, to = 1 }\ngrid.\"train.batch_size\" = [32]\nsample = { count = 8 }";
    assert_eq!(
        ids(&sampled(one)),
        ids(&sampled(more)),
        "an axis at the default's value changes no draw of the others"
    );
}

#[test]
fn zips_exclusions_and_further_blocks_go_together_with_it() {
    let plan = sampled(
        "zip.\"train.epochs\" = [1, 2, 4]\nzip.\"train.batch_size\" = [16, 32, 64]\nsample = { method = \"sobol\", count = 30 }\n\
         exclude = [{ \"train.epochs\" = 2 }]\n[[sweep]]\ngrid.\"train.epochs\" = [9]",
    );
    let pairs: BTreeSet<(u32, u32)> = plan
        .configurations
        .iter()
        .map(|c| {
            (
                c.member.resolved.train.epochs(),
                c.member.resolved.train.batch_size,
            )
        })
        .collect();
    assert_eq!(pairs, BTreeSet::from([(1, 16), (4, 64), (9, 32)]));
    assert_eq!(
        plan.configurations.len(),
        21,
        "a third of thirty is left out, one comes from the other block"
    );
}

#[test]
fn mistakes_in_samples_are_reported() {
    let check = |text: &str, words: &str| {
        let problems = problems(&sweep(text));
        assert!(problems.contains(words), "{words} is not in\n{problems}");
    };
    check(
        "grid.\"train.epochs\" = { from = 1, to = 9 }",
        "is a range without `steps`",
    );
    check("sample = { count = 3 }", "nothing to sample");
    check(
        "grid.\"train.epochs\" = [1, 2]\nsample = 3",
        "`sample` must be a table, not an integer",
    );
    check(
        "grid.\"train.epochs\" = [1, 2]\nsample = { count = 0 }",
        "from 1 to 65536",
    );
    check(
        "grid.\"train.epochs\" = [1, 2]\nsample = { method = \"sobel\", count = 2 }",
        "did you mean \"sobol\"",
    );
    check(
        "zip.\"train.epochs\" = { from = 1, to = 9 }\nsample = { count = 3 }",
        "is a range without `steps`",
    );
    check(
        "grid.\"train.epochs\" = { from = 1, to = 100000 }\nsample = { count = 60000 }",
        "more than the limit",
    );
}
