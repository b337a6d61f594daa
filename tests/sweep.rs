//! From an experiment file to its report; repeated, edited and extended sweeps.

use crate::support::{Place, SMALL};

#[test]
fn a_run_leaves_jobs_rows_and_a_report() {
    let place = Place::small();
    let ran = place.run(&["run", "small.toml"]).exits(0);
    assert!(ran.stdout().contains("report.html"), "{}", ran.stdout());
    assert_eq!(place.number("select count(*) from jobs"), 4.0);
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'finished'"),
        4.0
    );
    assert_eq!(
        place.number("select count(*) from metrics where name = 'val_accuracy'"),
        12.0
    );
    assert_eq!(
        place.number("select count(*) from evaluations where part = 'test'"),
        4.0
    );
    for file in ["report.html", "leaderboard.csv", "curves.csv"] {
        assert!(
            place
                .path("results/small")
                .join(file)
                .metadata()
                .expect(file)
                .len()
                > 100,
            "{file}"
        );
    }
    let charts = std::fs::read_dir(place.path("results/small/charts"))
        .expect("charts")
        .count();
    assert!(charts >= 8, "{charts} files");
    place.run(&["check-db"]).exits(0);
}

#[test]
fn a_repeated_run_trains_nothing_and_an_edited_file_only_the_difference() {
    let place = Place::small();
    place.run(&["run", "small.toml"]).exits(0);
    let attempts = || place.number("select count(*) from attempts");
    assert_eq!(attempts(), 4.0);
    let again = place.run(&["run", "small.toml"]).exits(0);
    assert!(again.stderr().contains("4 reused"), "{}", again.stderr());
    assert_eq!(attempts(), 4.0);

    place.write(
        "small.toml",
        &SMALL.replace("[1e-3, 1e-2]", "[1e-3, 3e-3, 1e-2]  # a comment"),
    );
    let plan = place.run(&["plan", "small.toml"]).exits(0);
    assert!(
        plan.stdout().contains("2 new, 4 reused"),
        "{}",
        plan.stdout()
    );
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(attempts(), 6.0);

    place.write("other.toml", &SMALL.replace("\"small\"", "\"other\""));
    let other = place.run(&["run", "other.toml"]).exits(0);
    assert!(other.stderr().contains("4 reused"), "{}", other.stderr());
    assert_eq!(attempts(), 6.0);
}

#[test]
fn more_epochs_continue_from_the_saved_state_with_the_bits_of_training_from_scratch() {
    let longer = SMALL.replace("epochs = 3", "epochs = 5");
    let extended = Place::small();
    extended.run(&["run", "small.toml"]).exits(0);
    extended.write("small.toml", &longer);
    let plan = extended.run(&["plan", "small.toml"]).exits(0);
    assert!(plan.stdout().contains("4 extended"), "{}", plan.stdout());
    extended.run(&["run", "small.toml"]).exits(0);
    let scratch = Place::small();
    scratch.write("small.toml", &longer);
    scratch.run(&["run", "small.toml"]).exits(0);
    let (extended, scratch) = (extended.results(), scratch.results());
    let compared = scratch
        .iter()
        .filter(|(key, value)| match extended.get(*key) {
            Some(other) => {
                assert_eq!(other, *value, "{key}");
                true
            }
            // The epochs before the saved state belong to the shorter job and are recorded there.
            None => false,
        });
    assert!(
        compared.count() >= 4 * (2 * 5 + 4 + 2),
        "the last two epochs, the evaluations and the files of four jobs"
    );
}

#[test]
fn an_added_phase_continues_from_the_job_without_it() {
    let place = Place::new();
    let phases = "\"train.phases\" = [[], [{ epochs = 2, optimizer.lr = 1e-4 }]]\n[sweep.labels]\n\"train.phases\" = [\"short\", \"lower\"]";
    place.write(
        "small.toml",
        &SMALL.replace("\"train.optimizer.lr\" = [1e-3, 1e-2]", phases),
    );
    place.run(&["run", "small.toml"]).exits(0);
    let events = std::fs::read_dir(place.path("results/jobs"))
        .expect("jobs")
        .filter_map(Result::ok);
    let logs =
        events.map(|job| std::fs::read_to_string(job.path().join("events.jsonl")).expect("a log"));
    let starts = logs
        .filter(|log| {
            log.lines()
                .next()
                .is_some_and(|line| line.contains("\"from\":\"state\""))
        })
        .count();
    assert_eq!(
        starts, 2,
        "both seeds of \"lower\" start from a state of \"short\""
    );
}

#[test]
fn a_job_is_scored_by_the_weights_that_it_keeps() {
    let place = Place::new();
    // With this learning rate the last epoch is not the best.
    let text = SMALL.replace("[1e-3, 1e-2]", "[5e-2]").replace(
        "epochs = 3",
        "epochs = 6\ncheckpoint = { best = \"val_loss\" }",
    );
    place.write("small.toml", &text);
    place.run(&["run", "small.toml"]).exits(0);
    let evaluated = place.number("select avg(loss) from evaluations where part = 'validation'");
    let summary = place.number("select mean from summary where metric = 'val_loss'");
    assert!((evaluated - summary).abs() < 1e-12, "{evaluated} {summary}");
    let last = place.number("select avg(value) from metrics where name = 'val_loss' and epoch = 6");
    assert!(
        last > summary,
        "the best epoch is the last one for both seeds: the test shows nothing"
    );
    let scored = place.number("select mean from summary where metric = 'val_accuracy'");
    let table =
        std::fs::read_to_string(place.path("results/small/leaderboard.csv")).expect("a table");
    assert!(
        table.contains(&scored.to_string()),
        "{scored} is not in\n{table}"
    );
}

#[test]
fn queries_agree_with_the_report() {
    let place = Place::small();
    place.run(&["run", "small.toml"]).exits(0);
    let best = place
        .run(&[
            "query",
            "--csv",
            "select label from leaderboard where rank = 1",
        ])
        .exits(0)
        .stdout();
    let best = best
        .lines()
        .nth(1)
        .expect("a row")
        .trim_matches('"')
        .to_string();
    let table =
        std::fs::read_to_string(place.path("results/small/leaderboard.csv")).expect("a table");
    assert!(
        table.lines().nth(1).expect("a row").contains(&best),
        "{best} leads in\n{table}"
    );
    place
        .run(&["query", "delete from jobs"])
        .exits(2)
        .says(&["read"]);
    place
        .run(&["query", "select no_such_column from jobs"])
        .exits(2)
        .says(&["no_such_column"]);
    let schema = place.run(&["query", "--schema"]).exits(0).stdout();
    assert!(
        schema.contains("leaderboard") && schema.contains("wide_small"),
        "{schema}"
    );
}

#[test]
fn a_deleted_database_is_rebuilt_with_equal_content() {
    let place = Place::small();
    place.run(&["run", "small.toml"]).exits(0);
    let before = place.results();
    std::fs::remove_file(place.path("results/convsweep.sqlite")).expect("removed");
    place.run(&["rebuild"]).exits(0);
    assert_eq!(place.results(), before);
    place.run(&["check-db"]).exits(0);
    let status = place.run(&["status"]).exits(0).stdout();
    assert!(status.contains("4 of 4"), "{status}");
}

#[test]
fn cross_validation_uses_every_image_for_validation_once() {
    let place = Place::new();
    let folds = SMALL
        .replace("[augment]", "split = { folds = 3, seed = 1 }\n[augment]")
        .replace("seeds = 2", "seeds = 1");
    place.write("small.toml", &folds);
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(place.number("select count(*) from jobs"), 6.0);
    let validated =
        "select sum(images) from evaluations join jobs using (job) where part = 'validation'";
    assert_eq!(place.number(validated), 2.0 * 240.0);
}

#[test]
fn data_commands_inspect_and_preview() {
    let place = Place::small();
    let told = place
        .run(&["data", "inspect", "small.toml"])
        .exits(0)
        .stdout();
    assert!(told.contains("3×16×16, 4 classes"), "{told}");
    place
        .run(&["data", "preview", "small.toml", "--output", "seen.png"])
        .exits(0);
    assert!(place.path("seen.png").metadata().expect("drawn").len() > 1000);
    place
        .run(&["data", "fetch", "imagenet"])
        .exits(2)
        .says(&["cifar10"]);
    let job = place.run(&["run", "small.toml", "--quiet"]).exits(0);
    assert_eq!(job.stderr(), "");
    let ids = place
        .run(&["query", "--csv", "select job from jobs"])
        .exits(0)
        .stdout();
    let shown = place
        .run(&["show", ids.lines().nth(1).expect("a job")])
        .exits(0)
        .stdout();
    assert!(
        shown.contains("val_accuracy") && shown.contains("\"kernel\""),
        "{shown}"
    );
}
