//! The shipped experiments and the front door.

use crate::support::{Place, root};

#[test]
fn every_shipped_experiment_can_be_planned() {
    let place = Place::new();
    let files = std::fs::read_dir(root().join("experiments")).expect("a folder").filter_map(Result::ok);
    let files: Vec<_> = files.map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let ran = place.run(&["plan", file.to_str().expect("UTF-8")]).exits(0);
        assert!(ran.stdout().contains("jobs"), "{}", ran.stdout());
    }
}

#[test]
fn the_tutorial_plan_shows_the_hand_computed_costs() {
    let place = Place::new();
    let file = root().join("experiments/tutorial.toml");
    let plan = place.run(&["plan", file.to_str().expect("UTF-8")]).exits(0).stdout();
    for words in ["122,570", "4,548,608", "conv3"] {
        assert!(plan.contains(words), "{words} is not in\n{plan}");
    }
    let conv3 = plan.lines().find(|line| line.trim_start().starts_with("conv3")).expect("a line");
    assert!(conv3.trim_end().ends_with("18"), "receptive field 18: {conv3}");
}

#[test]
fn help_names_every_command() {
    let help = Place::new().run(&["--help"]).exits(0).stdout();
    for word in
        ["plan", "run", "status", "report", "query", "show", "data", "devices", "check-db", "rebuild", "Exit codes"]
    {
        assert!(help.contains(word), "{word}");
    }
}
