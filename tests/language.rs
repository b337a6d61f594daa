//! The language through the real programs: edits, includes, origins.

use crate::support::{SMALL, Workdir};

/// [`SMALL`] with another learning-rate axis.
fn rates(values: &str) -> String {
    SMALL
        .replace("[1e-3, 1e-2]", values)
        .replace("epochs = 3", "epochs = 1")
}

#[test]
fn a_list_that_becomes_a_range_costs_only_the_new_values() {
    let place = Workdir::new();
    place.write("small.toml", &rates("[0.01, 0.001, 0.1]"));
    place.run(&["run", "small.toml"]).exits(0);
    let attempts = || place.number("select count(*) from attempts");
    assert_eq!(attempts(), 6.0);
    place.write(
        "small.toml",
        &rates("{ from = 1e-4, to = 1e-1, steps = 4, scale = \"log\" }"),
    );
    let plan = place.run(&["plan", "small.toml"]).exits(0).stdout();
    assert!(plan.contains("2 new, 6 reused"), "{plan}");
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(attempts(), 8.0);
}

#[test]
fn a_job_tells_where_its_values_came_from_even_after_the_file_changed() {
    let place = Workdir::new();
    place.write("parts/base.toml", &rates("[1e-3]"));
    let top = "include = \"parts/base.toml\"\n[experiment]\nname = \"top\"\nseeds = 1\n";
    place.write("top.toml", top);
    place
        .run(&["run", "top.toml", "--set", "train.batch_size=64"])
        .exits(0);
    let job = place
        .run(&["query", "--csv", "select job from jobs"])
        .exits(0)
        .stdout();
    let job = job.lines().nth(1).expect("a job");
    let check = || {
        let said = place.run(&["show", job, "--origin"]).exits(0).stdout();
        let line = |key: &str| {
            let line = said
                .lines()
                .find(|l| l.split_whitespace().next() == Some(key))
                .map(|l| l.to_string());
            line.unwrap_or_else(|| panic!("{key} is not in\n{said}"))
        };
        assert!(
            line("train.batch_size").contains("--set train.batch_size=64"),
            "{said}"
        );
        assert!(line("train.epochs").contains("base.toml:23"), "{said}");
        assert!(
            line("train.optimizer.lr").contains("axis train.optimizer.lr, base.toml:29"),
            "{said}"
        );
        assert!(line("train.optimizer.beta1").ends_with("default"), "{said}");
        said
    };
    let before = check();
    place.write("top.toml", "nonsense");
    std::fs::remove_file(place.path("parts/base.toml")).expect("removed");
    assert_eq!(check(), before);
    let json = place
        .run(&["show", job, "--origin", "--json"])
        .exits(0)
        .stdout();
    assert!(json.contains("\"from\": \"override\""), "{json}");
}

#[test]
fn a_split_from_outside_validates_what_it_names() {
    let place = Workdir::new();
    place.write(
        "rows.txt",
        &(0..30).map(|i| format!("{}\n", i * 7)).collect::<String>(),
    );
    place.write(
        "small.toml",
        &rates("[1e-3]").replace("[augment]", "split.file = \"rows.txt\"\n[augment]"),
    );
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(
        place.number("select max(images) from evaluations where part = 'validation'"),
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
fn stages_choose_record_why_and_stand_until_asked_anew() {
    let place = Workdir::new();
    place.write("small.toml", &staged());
    let plan = place.run(&["plan", "small.toml"]).exits(0).stdout();
    assert!(
        plan.contains("stage \"rate\": 2 configurations, 4 jobs for whatever is chosen before it"),
        "{plan}"
    );
    let ran = place.run(&["run", "small.toml"]).exits(0);
    assert!(
        ran.stderr().contains("stage \"width\" chose width="),
        "{}",
        ran.stderr()
    );
    // Two widths, then two rates of which one is trained already, with two seeds each.
    assert_eq!(place.number("select count(*) from attempts"), 6.0);
    let decisions =
        "select json_array_length(decisions) from revisions order by revision desc limit 1";
    assert_eq!(place.number(decisions), 1.0);
    let best =
        "select json_extract(decisions, '$[0].evidence[0].mean') - json_extract(decisions, '$[0].evidence[1].mean')
                from revisions order by revision desc limit 1";
    assert!(place.number(best) >= 0.0, "the best is first");
    let page = std::fs::read_to_string(place.path("results/small/report.html")).expect("a report");
    assert!(
        page.contains("<h2>Stages</h2>") && page.contains("width: width="),
        "the report shows the choice"
    );
    place.run(&["check-db"]).exits(0);

    let chosen = "select json_extract(decisions, '$[0].configuration') from revisions order by revision desc limit 1";
    let chosen = || place.run(&["query", "--csv", chosen]).exits(0).stdout();
    let before = chosen();
    let again = place.run(&["run", "small.toml"]).exits(0);
    assert!(
        again.stderr().contains("nothing to train"),
        "{}",
        again.stderr()
    );
    place.write("small.toml", &staged().replace("seeds = 2", "seeds = 3"));
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(
        (chosen(), place.number("select count(*) from attempts")),
        (before, 9.0)
    );
    let evidence = "select json_extract(decisions, '$[0].evidence[0].n') from revisions order by revision desc limit 1";
    assert_eq!(
        place.number(evidence),
        2.0,
        "the choice of then, not of now"
    );
    place.run(&["run", "small.toml", "--redecide"]).exits(0);
    assert_eq!(place.number(evidence), 3.0);
    place.run(&["rebuild"]).exits(0);
    assert_eq!(place.number(evidence), 3.0);
}

#[test]
fn a_plan_ends_with_what_it_takes_first_roughly_then_by_what_jobs_took() {
    let place = Workdir::small();
    let cost = || {
        let plan = place
            .run(&["plan", "small.toml", "--json"])
            .exits(0)
            .stdout();
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        plan[0]["cost"].clone()
    };
    let last = || {
        place
            .run(&["plan", "small.toml"])
            .exits(0)
            .stdout()
            .trim_end()
            .lines()
            .last()
            .map(str::to_string)
    };
    assert!(
        last().is_some_and(|l| l.contains("roughly: no finished job")),
        "{:?}",
        last()
    );
    let rough = cost();
    assert_eq!(
        (rough["rough"].as_bool(), rough["jobs_behind_it"].as_u64()),
        (Some(true), Some(0))
    );
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(last().as_deref(), Some("nothing to train"));
    place.write("small.toml", &SMALL.replace("conv = 8", "conv = 9"));
    assert!(
        last().is_some_and(|l| l.contains("roughly: no finished job")),
        "short jobs say nothing of others: {:?}",
        last()
    );
    place.write("small.toml", &SMALL.replace("seeds = 2", "seeds = 4"));
    assert!(
        last().is_some_and(|l| l.contains("by what 4 finished jobs of this machine took")),
        "{:?}",
        last()
    );
    let known = cost();
    let slots = known["slots"][0]["slots"].as_f64().expect("slots");
    // Four new jobs, each as long as the middle one of the same configuration.
    let took = |which: &str| place.number(&format!("select {which}(seconds) from attempts"));
    let each = known["seconds"].as_f64().expect("seconds") / (4.0 / slots).ceil();
    assert!(
        each >= 0.95 * took("min") && each <= 1.05 * took("max"),
        "{each}: {} to {}",
        took("min"),
        took("max")
    );
}
