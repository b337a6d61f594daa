//! From a file to a report, and what a second run does with the same file or an edited one.

use crate::support::{SMALL, Workdir, assert_contains, entries, small_with_epochs};

#[test]
fn a_file_becomes_jobs_rows_and_a_report() {
    let workdir = Workdir::small();
    let printed = workdir.stdout(&["run", "small.toml"]);
    assert_contains(&printed, &["report.html"]);
    assert_eq!(workdir.number("select count(*) from jobs"), 4.0);
    assert_eq!(workdir.attempts("finished"), 4.0);
    let accuracies = "select count(*) from metrics where name = 'val_accuracy'";
    assert_eq!(workdir.number(accuracies), 12.0, "one for each epoch");
    let tested = "select count(*) from evaluations where part = 'test'";
    assert_eq!(workdir.number(tested), 4.0);
    for file in ["report.html", "leaderboard.csv", "curves.csv"] {
        let text = workdir.read(&format!("results/small/{file}"));
        assert!(text.len() > 100, "{file}:\n{text}");
    }
    let charts = entries(&workdir.path("results/small/charts"));
    assert!(charts.len() >= 8, "{charts:?}");
    workdir.run(&["check-db"]).exits(0);
}

#[test]
fn the_same_file_trains_nothing_and_an_edited_one_only_the_difference() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.all_attempts(), 4.0);
    let again = workdir.run(&["run", "small.toml"]).exits(0);
    again.says(&["4 reused"]);
    assert_eq!(workdir.all_attempts(), 4.0);

    let one_rate_more = SMALL.replace("[1e-3, 1e-2]", "[1e-3, 3e-3, 1e-2]  # a comment");
    workdir.write("small.toml", &one_rate_more);
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert_contains(&plan, &["2 new, 4 reused"]);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.all_attempts(), 6.0);

    workdir.write("other.toml", &SMALL.replace("\"small\"", "\"other\""));
    let other = workdir.run(&["run", "other.toml"]).exits(0);
    other.says(&["4 reused"]);
    assert_eq!(workdir.all_attempts(), 6.0);
}

#[test]
fn more_epochs_start_from_the_saved_state_and_equal_training_from_scratch() {
    let longer = small_with_epochs(5);
    let extended = Workdir::small();
    extended.run(&["run", "small.toml"]).exits(0);
    extended.write("small.toml", &longer);
    let plan = extended.stdout(&["plan", "small.toml"]);
    assert_contains(&plan, &["4 extended"]);
    extended.run(&["run", "small.toml"]).exits(0);
    let scratch = Workdir::with(&longer);
    scratch.run(&["run", "small.toml"]).exits(0);
    let (extended, scratch) = (extended.results(), scratch.results());
    let mut compared = 0;
    for (name, value) in &scratch {
        // The epochs before the state were trained by the shorter job and are recorded there.
        if let Some(other) = extended.get(name) {
            assert_eq!(other, value, "{name}");
            compared += 1;
        }
    }
    assert!(
        compared >= 4 * (2 * 5 + 4 + 2),
        "the last two epochs, the evaluations and the files of four jobs"
    );
}

#[test]
fn a_phase_continues_the_job_without_it() {
    let phases = "\"train.phases\" = [[], [{ epochs = 2, optimizer.lr = 1e-4 }]]\n\
                  [sweep.labels]\n\
                  \"train.phases\" = [\"short\", \"lower\"]";
    let rates = "\"train.optimizer.lr\" = [1e-3, 1e-2]";
    let workdir = Workdir::with(&SMALL.replace(rates, phases));
    workdir.run(&["run", "small.toml"]).exits(0);
    let mut from_states = 0;
    for folder in workdir.job_folders() {
        let log = std::fs::read_to_string(folder.join("events.jsonl")).expect("a log");
        let first_event = log.lines().next().expect("an event");
        from_states += i32::from(first_event.contains("\"from\":\"state\""));
    }
    assert_eq!(
        from_states, 2,
        "both seeds of \"lower\" start from a state of \"short\""
    );
}

#[test]
fn a_job_is_scored_by_the_weights_that_it_keeps() {
    // At this rate later epochs are worse than the best.
    let experiment = SMALL.replace("[1e-3, 1e-2]", "[5e-2]").replace(
        "epochs = 3",
        "epochs = 6\ncheckpoint = { best = \"val_loss\" }",
    );
    let workdir = Workdir::with(&experiment);
    workdir.run(&["run", "small.toml"]).exits(0);
    let evaluated = workdir.number("select avg(loss) from evaluations where part = 'validation'");
    let summary = workdir.number("select mean from summary where metric = 'val_loss'");
    assert!((evaluated - summary).abs() < 1e-12, "{evaluated} {summary}");
    let last = "select avg(value) from metrics where name = 'val_loss' and epoch = 6";
    assert!(
        workdir.number(last) > summary,
        "the last epoch is the best of both seeds: the test shows nothing"
    );
    let accuracy = workdir.number("select mean from summary where metric = 'val_accuracy'");
    let leaderboard = workdir.read("results/small/leaderboard.csv");
    assert_contains(&leaderboard, &[&accuracy.to_string()]);
}

#[test]
fn queries_print_what_the_report_says() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let best = "select label from leaderboard where rank = 1";
    let printed = workdir.stdout(&["query", "--csv", best]);
    let best = printed.lines().nth(1).expect("a row").trim_matches('"');
    let leaderboard = workdir.read("results/small/leaderboard.csv");
    let first = leaderboard.lines().nth(1).expect("a row");
    assert!(first.contains(best), "{best} leads in\n{leaderboard}");
    let schema = workdir.stdout(&["query", "--schema"]);
    assert_contains(&schema, &["leaderboard", "wide_small"]);
}

#[test]
fn queries_only_read() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir
        .run(&["query", "delete from jobs"])
        .exits(2)
        .says(&["read"]);
    workdir
        .run(&["query", "select no_such_column from jobs"])
        .exits(2)
        .says(&["no_such_column"]);
    assert_eq!(workdir.number("select count(*) from jobs"), 4.0);
}

#[test]
fn a_deleted_database_is_rebuilt_with_the_same_content() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let before = workdir.results();
    std::fs::remove_file(workdir.path("results/convsweep.sqlite")).expect("removed");
    workdir.run(&["rebuild"]).exits(0);
    assert_eq!(workdir.results(), before);
    workdir.run(&["check"]).exits(0);
    assert_contains(&workdir.stdout(&["status"]), &["4 of 4"]);
}

#[test]
fn cross_validation_validates_every_image_once() {
    let folds = SMALL
        .replace("[augment]", "split = { folds = 3, seed = 1 }\n[augment]")
        .replace("seeds = 2", "seeds = 1");
    let workdir = Workdir::with(&folds);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.number("select count(*) from jobs"), 6.0);
    let validated = "select sum(images) from evaluations join jobs using (job) \
                     where part = 'validation'";
    assert_eq!(workdir.number(validated), 2.0 * 240.0);
}

#[test]
fn data_commands_describe_and_draw_the_images() {
    let workdir = Workdir::small();
    let inspected = workdir.stdout(&["data", "inspect", "small.toml"]);
    assert_contains(&inspected, &["3×16×16, 4 classes"]);
    let preview = ["data", "preview", "small.toml", "--output", "preview.png"];
    workdir.run(&preview).exits(0);
    let image = std::fs::read(workdir.path("preview.png")).expect("drawn");
    assert!(image.starts_with(b"\x89PNG") && image.len() > 1000);
    workdir
        .run(&["data", "fetch", "imagenet"])
        .exits(2)
        .says(&["cifar10"]);
}

#[test]
fn a_quiet_run_says_nothing_and_its_jobs_can_be_shown() {
    let workdir = Workdir::small();
    let run = workdir.run(&["run", "small.toml", "--quiet"]).exits(0);
    assert_eq!(run.stderr(), "");
    let job = workdir.text("select job from jobs");
    let shown = workdir.stdout(&["show", &job]);
    assert_contains(&shown, &["val_accuracy", "\"kernel\""]);
}

#[test]
fn a_changed_margin_is_a_new_revision_that_trains_nothing() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let with_margin = |margin: &str| SMALL.replace("seeds = 2", &format!("seeds = 2\n{margin}"));
    workdir.write("small.toml", &with_margin("margin = 0.005"));
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert_contains(
        &plan,
        &["compared by val_accuracy; differences up to 0.005 count as practically equal"],
    );
    let run = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(&run.stderr(), &["4 reused; nothing to train"]);
    let margins = "select revision || ' ' || coalesce(margin, 'none') from revisions order by 1";
    assert_eq!(workdir.texts(margins), ["1 none", "2 0.005"]);
    workdir.write("small.toml", &with_margin("margin = 5"));
    workdir.run(&["run", "small.toml"]).exits(2).says(&[
        "with a margin of 5, all values of val_accuracy are practically equal",
        "margin = 0.005 is half a percentage point",
    ]);
}
