//! The language through the real programs: edits, includes, origins of values, stages, costs.

use crate::support::{SMALL, Workdir};

/// [`SMALL`] with another learning-rate axis.
fn rates(values: &str) -> String {
    SMALL
        .replace("[1e-3, 1e-2]", values)
        .replace("epochs = 3", "epochs = 1")
}

#[test]
fn a_list_that_becomes_a_range_costs_only_the_new_values() {
    let workdir = Workdir::new();
    workdir.write("small.toml", &rates("[0.01, 0.001, 0.1]"));
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.all_attempts(), 6.0);
    workdir.write(
        "small.toml",
        &rates("{ from = 1e-4, to = 1e-1, steps = 4, scale = \"log\" }"),
    );
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert!(plan.contains("2 new, 6 reused"), "{plan}");
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.all_attempts(), 8.0);
}

#[test]
fn origins_of_a_jobs_values_are_known_even_after_the_file_changed() {
    let workdir = Workdir::new();
    workdir.write("parts/base.toml", &rates("[1e-3]"));
    let top = "include = \"parts/base.toml\"\n[experiment]\nname = \"top\"\nseeds = 1\n";
    workdir.write("top.toml", top);
    workdir
        .run(&["run", "top.toml", "--set", "train.batch_size=64"])
        .exits(0);
    let job = &workdir.text("select job from jobs");
    let before = workdir.stdout(&["show", job, "--origin"]);
    let check = |key: &str, origin: &str| {
        let mut lines = before.lines();
        let line = lines.find(|line| line.split_whitespace().next() == Some(key));
        let line = line.unwrap_or_else(|| panic!("{key} is not in\n{before}"));
        assert!(line.ends_with(origin), "{line}");
    };
    check("train.batch_size", "--set train.batch_size=64");
    check("train.epochs", "base.toml:23");
    check(
        "train.optimizer.lr",
        "axis train.optimizer.lr, base.toml:29",
    );
    check("train.optimizer.beta1", "default");
    check("train.optimizer.clip_norm", "default");
    workdir.write("top.toml", "nonsense");
    std::fs::remove_file(workdir.path("parts/base.toml")).expect("removed");
    assert_eq!(workdir.stdout(&["show", job, "--origin"]), before);
    let json = workdir.stdout(&["show", job, "--origin", "--json"]);
    assert!(json.contains("\"from\": \"override\""), "{json}");
}

#[test]
fn a_split_listed_in_a_file_validates_on_the_listed_images() {
    let workdir = Workdir::new();
    workdir.write(
        "rows.txt",
        &(0..30).map(|i| format!("{}\n", i * 7)).collect::<String>(),
    );
    workdir.write(
        "small.toml",
        &rates("[1e-3]").replace("[augment]", "split.file = \"rows.txt\"\n[augment]"),
    );
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(
        workdir.number("select max(images) from evaluations where part = 'validation'"),
        30.0
    );
}

/// Two stages: a width, then a learning rate.
fn staged() -> String {
    let stages = "[[stage]]\nname = \"width\"\n[stage.grid]\n\"model.parameters.width\" = [4, 8]\n\n\
                  [[stage]]\nname = \"rate\"\n[stage.grid]\n\"train.optimizer.lr\" = [1e-3, 1e-2]\n";
    let text = rates("[1]")
        .replace("[model]", "[model]\nparameters = { width = 8 }")
        .replace("conv = 8", "conv = \"$width\"");
    text[..text.find("[[sweep]]").expect("a sweep")].to_string() + stages
}

#[test]
fn a_stage_records_its_choice_and_keeps_it_until_told_to_choose_again() {
    let workdir = Workdir::new();
    workdir.write("small.toml", &staged());
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert!(
        plan.contains(
            "stage \"rate\": 2 configurations, 4 jobs for the choice of the stage before it"
        ),
        "{plan}"
    );
    let ran = workdir.run(&["run", "small.toml"]).exits(0);
    assert!(
        ran.stderr().contains("stage \"width\" chose width="),
        "{}",
        ran.stderr()
    );
    // Two widths, then two rates, one of which has been trained already, with two seeds each.
    assert_eq!(workdir.all_attempts(), 6.0);
    let decisions =
        "select json_array_length(decisions) from revisions order by revision desc limit 1";
    assert_eq!(workdir.number(decisions), 1.0);
    let best = "select json_extract(decisions, '$[0].evidence[0].mean') \
                     - json_extract(decisions, '$[0].evidence[1].mean') \
                from revisions order by revision desc limit 1";
    assert!(
        workdir.number(best) >= 0.0,
        "the best configuration comes first"
    );
    let page = workdir.read("results/small/report.html");
    assert!(
        page.contains("<h2>Stages</h2>") && page.contains("width: width="),
        "the report shows the choice"
    );
    workdir.run(&["check"]).exits(0);

    let chosen = "select json_extract(decisions, '$[0].configuration') \
                  from revisions order by revision desc limit 1";
    let chosen = || workdir.stdout(&["query", "--csv", chosen]);
    let before = chosen();
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    assert!(
        again.stderr().contains("nothing to train"),
        "{}",
        again.stderr()
    );
    workdir.write("small.toml", &staged().replace("seeds = 2", "seeds = 3"));
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!((chosen(), workdir.all_attempts()), (before, 9.0));
    let evidence = "select json_extract(decisions, '$[0].evidence[0].n') \
                    from revisions order by revision desc limit 1";
    assert_eq!(
        workdir.number(evidence),
        2.0,
        "the evidence is that of the time of the choice"
    );
    workdir.run(&["run", "small.toml", "--redecide"]).exits(0);
    assert_eq!(workdir.number(evidence), 3.0);
    workdir.run(&["rebuild"]).exits(0);
    assert_eq!(workdir.number(evidence), 3.0);
}

#[test]
fn a_plan_ends_with_its_cost_estimated_roughly_or_from_finished_jobs() {
    let workdir = Workdir::small();
    let cost = || {
        let plan = workdir.stdout(&["plan", "small.toml", "--json"]);
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        plan["cost"].clone()
    };
    let last = || {
        workdir
            .stdout(&["plan", "small.toml"])
            .trim_end()
            .lines()
            .last()
            .map(str::to_string)
    };
    assert!(
        last().is_some_and(|l| l.contains("a rough guess: no comparable job has finished")),
        "{:?}",
        last()
    );
    let rough = cost();
    assert_eq!(
        (rough["rough"].as_bool(), rough["jobs_behind_it"].as_u64()),
        (Some(true), Some(0))
    );
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(last().as_deref(), Some("nothing to train"));
    workdir.write("small.toml", &SMALL.replace("conv = 8", "conv = 9"));
    assert!(
        last().is_some_and(|l| l.contains("a rough guess: no comparable job has finished")),
        "very short jobs are not evidence for others: {:?}",
        last()
    );
    workdir.write("small.toml", &SMALL.replace("seeds = 2", "seeds = 4"));
    assert!(
        last().is_some_and(|l| l.contains("based on 4 finished jobs on this machine")),
        "{:?}",
        last()
    );
    let known = cost();
    let slots = known["slots"][0]["slots"].as_f64().expect("slots");
    // Four new jobs, each of which takes as long as the median job of its configuration.
    let took = |which: &str| workdir.number(&format!("select {which}(seconds) from attempts"));
    let each = known["seconds"].as_f64().expect("seconds") / (4.0 / slots).ceil();
    assert!(
        each >= 0.95 * took("min") && each <= 1.05 * took("max"),
        "{each}: {} to {}",
        took("min"),
        took("max")
    );
}
