//! What the id of a job depends on.

mod common;

use common::{SMALL, experiment_file, facts, plan_with, planned, set, small, sweep};
use convsweep_plan::{Overrides, Plan, plan};
use std::collections::BTreeMap;

/// Ids of all jobs by the label of their configuration and their seed.
fn ids(plan: &Plan) -> BTreeMap<(String, u64), String> {
    let jobs = plan
        .configurations
        .iter()
        .flat_map(|c| c.member.jobs.iter().map(|j| (c.member.label.clone(), j)));
    jobs.map(|(label, job)| ((label, job.seed), job.job.0.clone()))
        .collect()
}

const SWEEP: &str = r#"
grid."model.parameters.width" = [8, 16]
grid."train.optimizer.lr" = [1e-3, 1e-2]
"#;

#[test]
fn ids_do_not_depend_on_order_spelling_or_how_jobs_are_run() {
    let base = ids(&planned(&sweep(SWEEP)));
    assert_eq!(base.len(), 8);
    let check = |file: String| assert_eq!(ids(&planned(&file)), base, "{file}");
    check(sweep(SWEEP).replace(
        "kernel = 3, activation = \"relu\"",
        "activation = \"relu\", kernel = [3, 3]",
    ));
    check(
        sweep(SWEEP)
            .replace("epochs = 3\n", "")
            .replace("[train]", "[train]\n# three\nepochs = 3"),
    );
    check(sweep(SWEEP).replace("lr = 1e-3 }", "lr = 0.001, epsilon = 1e-7 }"));
    check(sweep(SWEEP).replace(
        "epochs = 3",
        "epochs = 3.0\nbatch_size = 32\nphases = []\nschedule = \"constant\"",
    ));
    check(sweep(SWEEP).replace("\"cifar10\"", "{ name = \"cifar10\" }\nsplit.seed = 42"));
    check(sweep(SWEEP).replace("epochs = 3", "epochs = 3\nprecision = \"f32\""));
    check(sweep(SWEEP) + "[run]\nslots = { cpu = 1 }\nthreads = 4\nretry.crashed = 0\n");
    check(sweep(SWEEP).replace("name = \"small\"", "name = \"other\"\nquestion = \"Why?\""));
    check(sweep(
        "grid.\"model.parameters.width\" = [8, 16]\ngrid.\"train.optimizer.lr\" = { from = 0.001, to = 0.01, steps = 2 }",
    ));
    let swapped =
        sweep("grid.train.optimizer.lr = [1e-2, 1e-3]\ngrid.model.parameters.width = [16, 8]");
    let (swapped, plan) = (ids(&planned(&swapped)), planned(&sweep(SWEEP)));
    assert_eq!(
        swapped.values().collect::<std::collections::BTreeSet<_>>(),
        base.values().collect()
    );
    assert_eq!(plan.configurations[0].member.label, "width=8, lr=0.001");
}

#[test]
fn a_new_value_or_seed_changes_no_other_job() {
    let base = ids(&planned(&sweep(SWEEP)));
    let check = |file: String, jobs: usize| {
        let new = ids(&planned(&file));
        assert_eq!(new.len(), jobs);
        base.iter()
            .for_each(|(key, id)| assert_eq!(new.get(key), Some(id), "{key:?}"));
    };
    check(sweep(&SWEEP.replace("[8, 16]", "[4, 8, 16]")), 12);
    check(sweep(&SWEEP.replace("1e-2]", "1e-2, 0.1]")), 12);
    check(sweep(SWEEP).replace("seeds = 2", "seeds = 5"), 20);
    check(sweep(SWEEP) + "[[sweep]]\ngrid.\"train.epochs\" = [7]", 10);
}

#[test]
fn whatever_changes_the_result_changes_the_id() {
    let base = ids(&planned(SMALL));
    let check = |file: String| {
        let new = ids(&planned(&file));
        assert!(
            base.values().all(|id| !new.values().any(|n| n == id)),
            "{file}"
        );
    };
    check(small("epochs = 3", "epochs = 4"));
    check(small("epochs = 3", "epochs = 3\nprecision = \"bf16\""));
    check(small("1e-3", "1.0000001e-3"));
    check(small("\"cifar10\"", "\"cifar100\""));
    check(small("\"cifar10\"", "\"cifar10\"\nsplit.seed = 43"));
    check(small("\"relu\"", "\"tanh\""));
    check(small("[model]", "[model]\ninit = \"torch\""));
    check(format!(
        "{SMALL}\n[augment]\nsteps = [ {{ flip = \"horizontal\" }} ]"
    ));
    check(format!("{SMALL}\n[[train.phases]]\nepochs = 1"));
}

#[test]
fn an_override_is_equivalent_to_an_edit() {
    let check = |words: &[&str], edited: String| {
        let overridden = plan_with(SMALL, &set(words)).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(
            ids(&overridden).values().collect::<Vec<_>>(),
            ids(&planned(&edited)).values().collect::<Vec<_>>()
        );
        assert!(
            overridden.name.starts_with("small+") && overridden.name.len() == 14,
            "{}",
            overridden.name
        );
        assert_eq!(overridden.overrides.len(), words.len());
    };
    check(&["train.epochs=5"], small("epochs = 3", "epochs = 5"));
    check(
        &["model.parameters.width = 8"],
        small("width = 16", "width = 8"),
    );
    check(
        &["model.layers.1.pool=average"],
        small("\"max\"", "\"average\""),
    );
    check(
        &["train.optimizer=sgd", "train.optimizer.lr=0.1"],
        small("\"adam\", lr = 1e-3", "\"sgd\", lr = 0.1"),
    );
    check(&["data.source=mnist"], small("cifar10", "mnist"));
    check(
        &["augment.steps=[{flip='vertical'}]"],
        format!("{SMALL}\n[augment]\nsteps = [ {{ flip = \"vertical\" }} ]"),
    );
    let seeds = Overrides {
        set: vec![],
        seeds: "7,9".parse().ok(),
    };
    let seeded = plan_with(SMALL, &seeds).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(
        ids(&seeded),
        ids(&planned(&small("seeds = 2", "seeds = [7, 9]")))
            .into_iter()
            .map(|(k, v)| (
                ("".to_string() + &seeded.configurations[0].member.label, k.1),
                v
            ))
            .collect()
    );
    assert_eq!(planned(SMALL).name, "small");
}

#[test]
fn seeds_on_the_command_line_are_a_number_or_a_list() {
    let check = |text: &str, seeds: Option<&[u64]>| {
        let parsed = text.parse::<convsweep_plan::Seeds>().ok();
        assert_eq!(parsed.as_ref().map(|s| s.0.as_slice()), seeds, "{text}");
    };
    check("3", Some(&[0, 1, 2]));
    check("5,1", Some(&[5, 1]));
    check("4,", Some(&[4]));
    check("4,,", None);
    check("0", None);
    check("1,1", None);
    check("-1", None);
    check("99999999999999999999", None);
}

/// An addition to the language must never change these ids.
#[test]
fn the_shipped_experiments_keep_their_ids() {
    let mut table = String::new();
    for name in [
        "quickstart",
        "tutorial",
        "pooling",
        "learning-rate",
        "augmentation",
    ] {
        let plan = plan(
            &experiment_file(&format!("{name}.toml")),
            &Overrides::default(),
            &facts,
        );
        let plan = plan.unwrap_or_else(|p| panic!("{p}"));
        for planned in &plan.configurations {
            let jobs: Vec<_> = planned
                .member
                .jobs
                .iter()
                .map(|j| j.job.0.as_str())
                .collect();
            table += &format!("{name} | {} | {}\n", planned.member.label, jobs.join(" "));
        }
    }
    insta::assert_snapshot!("kept_ids", table);
}

#[test]
fn every_job_has_the_id_of_its_question() {
    let plan = planned(&sweep(SWEEP));
    assert_eq!(plan.questions().count(), plan.jobs());
    for (index, id, question) in plan.questions() {
        assert_eq!(question.job_id(), id);
        assert_eq!(
            question.configuration_id(),
            plan.configurations[index].member.configuration
        );
    }
}
