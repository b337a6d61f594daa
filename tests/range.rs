//! The learning-rate range test, from the file to the report.

use crate::support::{Place, SMALL};

const KIND: &str =
    "experiment.kind={ name = \"lr-range-test\", from = 1e-5, to = 1e5, steps = 100 }";

#[test]
fn a_range_test_stops_when_the_loss_explodes_and_suggests_a_rate() {
    let place = Place::small();
    let plan = place
        .run(&["plan", "small.toml", "--set", KIND])
        .exits(0)
        .stdout();
    assert!(
        plan.contains("range test of 100 steps: 1e-5 to 100000 (adam)"),
        "{plan}"
    );
    assert!(
        plan.contains("which changes nothing there"),
        "the warning about a learning-rate axis is missing: {plan}"
    );
    let ran = place.run(&["run", "small.toml", "--set", KIND]).exits(0);
    let name = std::fs::read_dir(place.path("results"))
        .expect("results")
        .filter_map(Result::ok);
    let name = name
        .map(|e| e.file_name().into_string().expect("UTF-8"))
        .find(|n| n.starts_with("small+"))
        .expect("a folder");
    let said = ran.stdout() + &ran.stderr();
    for words in [
        "try a learning rate of",
        "exploding at",
        "not which trains best",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    assert!(
        place
            .path(&format!("results/{name}/charts/range-test.png"))
            .exists()
    );
    let page = std::fs::read_to_string(place.path(&format!("results/{name}/report.html")))
        .expect("a report");
    assert!(page.contains("Loss by learning rate") && page.contains("try a learning rate of"));
    let jobs = std::fs::read_dir(place.path("results/jobs"))
        .expect("jobs")
        .filter_map(Result::ok);
    let mut read = 0;
    for job in jobs {
        let text = std::fs::read_to_string(job.path().join("range.json"))
            .expect("every job writes its curve");
        let found: convsweep_spec::range::RangeResult = serde_json::from_str(&text).expect("JSON");
        let rates: Vec<f64> = found.points.iter().map(|p| p.rate).collect();
        assert!(
            rates.len() > 20 && rates.len() < 100,
            "{} steps: the loss explodes before the last one",
            rates.len()
        );
        assert!(
            (rates[0] - 1e-5).abs() < 1e-15
                && (rates[10] / rates[9] - 1e10f64.powf(1.0 / 99.0)).abs() < 1e-9
        );
        let (steepest, exploded) = (
            found.steepest.expect("falls"),
            found.exploded.expect("explodes"),
        );
        assert!(
            1e-5 < steepest && steepest < exploded,
            "{steepest} {exploded}"
        );
        assert!(
            !job.path().join("model.safetensors").exists(),
            "weights of an exploded loss are not kept"
        );
        read += 1;
    }
    assert_eq!(read, 2, "one configuration, two seeds");
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'finished'"),
        2.0
    );
    place.run(&["check-db"]).exits(0);
    place
        .run(&["run", "small.toml", "--set", KIND])
        .exits(0)
        .says(&["2 reused"]);
    place
        .run(&[
            "plan",
            "small.toml",
            "--set",
            "experiment.kind={ name = \"lr-range-test\", from = 1.0, to = 0.1 }",
        ])
        .exits(2)
        .says(&["does not rise"]);
}

#[test]
fn a_killed_range_test_ends_with_the_results_of_an_undisturbed_one() {
    let curves = |place: &Place| {
        let jobs = std::fs::read_dir(place.path("results/jobs"))
            .expect("jobs")
            .filter_map(Result::ok);
        let curve = |job: std::fs::DirEntry| {
            let text = std::fs::read_to_string(job.path().join("range.json")).expect("left");
            (job.file_name(), text)
        };
        jobs.map(curve)
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let text = SMALL.to_string() + "\n[run]\ncheckpoint_every = \"1 epoch\"\n";
    let [calm, killed] = [(); 2].map(|()| Place::new());
    for place in [&calm, &killed] {
        place.write("small.toml", &text);
    }
    calm.run(&["run", "small.toml", "--set", KIND]).exits(0);
    let ran = killed
        .command(&["run", "small.toml", "--set", KIND])
        .env("CONVSWEEP_FAILPOINT", "step:14")
        .output()
        .expect("runs");
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert_eq!(
        killed.number("select count(*) from attempts where outcome = 'crashed'"),
        2.0
    );
    assert_eq!(curves(&killed), curves(&calm));
}
