//! The experiments that come with the program.

use crate::support::{Place, root};

#[test]
fn every_shipped_experiment_can_be_planned() {
    let place = Place::new();
    let files = std::fs::read_dir(root().join("experiments"))
        .expect("a folder")
        .filter_map(Result::ok);
    let files: Vec<_> = files
        .map(|f| f.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let ran = place.run(&["plan", file.to_str().expect("UTF-8")]).exits(0);
        assert!(ran.stdout().contains("jobs"), "{}", ran.stdout());
    }
}

/// Each experiment trains on a few generated images, for two epochs with one seed.
#[test]
fn every_shipped_experiment_trains() {
    let files = std::fs::read_dir(root().join("experiments"))
        .expect("a folder")
        .filter_map(Result::ok);
    for file in files
        .map(|f| f.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
    {
        let place = Place::new();
        let name = file
            .file_stem()
            .and_then(|n| n.to_str())
            .expect("UTF-8")
            .to_string();
        // A limit that was chosen for CIFAR-10 would exceed the number of generated images.
        let lines = std::fs::read_to_string(&file).expect("reads");
        let text: Vec<_> = lines
            .lines()
            .filter(|l| !l.starts_with("limit =") && !l.starts_with("source ="))
            .collect();
        let shapes = "[data]\nsource = { name = \"shapes\", train = 40, test = 10 }";
        place.write(
            &format!("{name}.toml"),
            &text.join("\n").replace("[data]", shapes),
        );
        let small = [
            "--seeds",
            "1",
            "--set",
            "train.epochs=2",
            "--set",
            "train.batch_size=16",
        ];
        place
            .run(&[&["run", &format!("{name}.toml"), "--quiet"][..], &small].concat())
            .exits(0);
        let failed = place.number("select count(*) from attempts where outcome <> 'finished'");
        assert_eq!(failed, 0.0, "{name}");
    }
}

#[test]
fn the_plan_of_the_tutorial_shows_costs_computed_by_hand() {
    let place = Place::new();
    let file = root().join("experiments/tutorial.toml");
    let plan = place
        .run(&["plan", file.to_str().expect("UTF-8")])
        .exits(0)
        .stdout();
    for words in ["122,570", "4,548,608", "conv3"] {
        assert!(plan.contains(words), "{words} is not in\n{plan}");
    }
    let conv3 = plan
        .lines()
        .find(|line| line.trim_start().starts_with("conv3"))
        .expect("a line");
    assert!(
        conv3.trim_end().ends_with("18"),
        "receptive field 18: {conv3}"
    );
}
