//! Jobs by their ids: `show`, prefixes of ids, and what a run leaves for a report of a fault.

use crate::support::{SMALL, Workdir};

/// A folder where `small.toml` was run, and the ids of its jobs.
fn finished() -> (Workdir, Vec<String>) {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let ids = workdir.texts("select job from jobs order by job");
    (workdir, ids)
}

/// Asserts that the texts occur in this order.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("\"{part}\" is missing or too early in\n{text}");
        };
        rest = after;
    }
}

#[test]
fn show_begins_with_configuration_outcome_and_figures() {
    let (workdir, ids) = finished();
    let shown = workdir.stdout(&["show", &ids[0]]);
    in_order(
        &shown,
        &[
            &format!("job {} of small: ", ids[0]),
            "\n  lr ",
            "\n  seed ",
            "\noutcome: finished, 3 of 3 epochs, 1 attempt\n",
            "\nfigures of epoch 3, the last one, whose weights are kept\n",
            "val_accuracy",
            "\nfiles in ",
            "model.safetensors",
            "\nrepeat it: convsweep run ",
            "small.toml --only ",
            "\ncurve\nepoch  train_loss",
            "\nresolved configuration\n{",
        ],
    );
    let json = workdir.stdout(&["show", &ids[0], "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("only JSON");
    assert_eq!(json["job"], ids[0].as_str());
    assert_eq!(json["curve"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_job_that_has_not_started_is_shown() {
    let workdir = Workdir::small();
    let plan = workdir.run(&["plan", "small.toml", "--json"]).exits(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout()).expect("JSON");
    let job = |i: usize| plan["jobs"][i]["job"].as_str().expect("an id").to_string();
    let only = ["run", "small.toml", "--only", &job(0)];
    workdir.run(&only).exits(0);
    let id = &job(1);
    let shown = workdir.stdout(&["show", id]);
    in_order(
        &shown,
        &[
            &format!("job {id} of small"),
            "outcome: waits, 0 of 3 epochs, 0 attempts",
            "repeat it: ",
            "resolved configuration",
        ],
    );
}

#[test]
fn a_prefix_names_a_job_in_either_case_and_one_message_says_what_is_wrong() {
    let (workdir, ids) = finished();
    let prefix = ids[0][..8].to_uppercase();
    for command in ["show", "why"] {
        let shown = workdir.stdout(&[command, &prefix]);
        assert!(shown.starts_with(&format!("job {}", ids[0])), "{shown}");
    }
    let repeated = ["run", "small.toml", "--only", &prefix];
    workdir.run(&repeated).exits(0).says(&["1 reused"]);

    let from_job = |prefix: &str| {
        SMALL
            .replace(
                "epochs = 3",
                &format!("epochs = 3\nfrom = {{ job = \"{prefix}\" }}"),
            )
            .replace("\"small\"", "\"other\"")
    };
    for (prefix, message) in [
        ("zz", "\"zz\" is not a job id: ids are hexadecimal numbers"),
        ("0000000000", "no job id begins with 0000000000"),
    ] {
        for command in [
            vec!["show", prefix],
            vec!["why", prefix],
            vec!["cancel", prefix],
            vec!["retry", prefix],
            vec!["run", "small.toml", "--only", prefix],
        ] {
            workdir.run(&command).exits(2).says(&[message]);
        }
        workdir.write("other.toml", &from_job(prefix));
        workdir
            .run(&["plan", "other.toml"])
            .exits(2)
            .says(&[message]);
    }
    workdir.write("other.toml", &from_job(&prefix));
    workdir.run(&["plan", "other.toml"]).exits(0);
}

#[test]
fn counts_agree_with_their_nouns() {
    let (workdir, ids) = finished();
    let explained = workdir.stdout(&["why", &ids[0]]);
    assert!(
        explained.contains("3 of 3 epochs, 1 attempt\n"),
        "{explained}"
    );
    let one = SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-3]");
    workdir.write("one.toml", &one.replace("\"small\"", "\"one\""));
    let plan = workdir.stdout(&["plan", "one.toml"]);
    assert!(plan.contains("\n1 configuration, 1 job: "), "{plan}");
}

#[test]
fn a_plan_shows_the_first_architecture_and_what_differs() {
    let workdir = Workdir::small();
    let two = SMALL
        .replace(
            "\"train.optimizer.lr\" = [1e-3, 1e-2]",
            "\"model.parameters.hidden\" = [16, 32]",
        )
        .replace("[model]", "[model]\nparameters = { hidden = 16 }")
        .replace("{ dropout = 0.1 }", "{ dense = \"$hidden\" }");
    workdir.write("small.toml", &two);
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert_eq!(plan.matches("conv1").count(), 1, "{plan}");
    assert!(plan.contains(", 2 of 5 differ\n"), "{plan}");
    let all = workdir.stdout(&["plan", "small.toml", "--layers"]);
    assert_eq!(all.matches("conv1").count(), 2, "{all}");
}

#[test]
fn a_run_writes_down_what_a_report_of_a_fault_needs() {
    let (workdir, ids) = finished();
    let log = || workdir.read("results/small/run.log");
    let first = log();
    in_order(
        &first,
        &[
            "--- run of small ---",
            "command: ",
            "program: convsweep ",
            "machine: ",
            "plan: 2 configurations, 4 jobs",
            "slot 0: ",
            "attempt 1: started as process",
            "ended with exit code 0",
        ],
    );
    for id in &ids {
        let ended = format!("job {id}, attempt 1: finished");
        assert!(first.contains(&ended), "{ended} is not in\n{first}");
    }
    workdir.run(&["run", "small.toml"]).exits(0);
    assert!(log().starts_with(&first), "the next run appends");
    assert!(log().contains("nothing to train"));

    workdir.write("other/small.toml", SMALL);
    workdir.run(&["run", "other/small.toml"]).exits(2).says(&[
        "belongs to",
        "another name",
        "copy",
        "--results",
    ]);
    assert!(log().contains("ended with exit code 2: the experiment"));
}

#[test]
fn pruning_says_before_what_it_frees_afterwards() {
    let (workdir, _) = finished();
    let used = || {
        let mut bytes = 0;
        let mut folders = vec![workdir.path("results/jobs")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let metadata = entry.metadata().expect("metadata");
                if metadata.is_dir() {
                    folders.push(entry.path());
                } else {
                    bytes += metadata.len();
                }
            }
        }
        bytes
    };
    let before = used();
    let arguments = ["prune", "--states", "--dry-run"];
    let would = workdir.stdout(&arguments);
    assert_eq!(used(), before, "a dry run removes nothing");
    let freed = workdir.stdout(&["prune", "--states"]);
    assert_eq!(would.replace("would free", "freed"), freed);
    assert!(freed.contains(" of 4 jobs"), "{freed}");
    assert!(used() < before);
}
