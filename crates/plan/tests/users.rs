//! Twenty files that two new users wrote from the README alone must mean what their authors
//! intended.

mod common;

use common::facts;
use convsweep_plan::{Overrides, plan};
use std::path::Path;

#[test]
fn files_of_new_users_mean_what_was_intended() {
    let check = |name: &str, configurations: usize, jobs: usize, last: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/users")
            .join(format!("{name}.toml"));
        let plan = plan(&file, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"));
        let label = plan
            .configurations
            .last()
            .map_or("", |c| c.member.label.as_str());
        assert_eq!(
            (plan.configurations.len(), plan.jobs(), label),
            (configurations, jobs, last),
            "{name}"
        );
        assert_eq!(
            (plan.name.as_str(), plan.notes.len()),
            (name, 0),
            "{:?}",
            plan.notes
        );
    };
    check("batch-norm", 4, 12, "deep, batch");
    check("optimizers", 6, 18, "sgd, lr=0.1");
    check("kernel-size", 3, 3, "kernel=7");
    check("my-photos", 1, 5, "my-photos");
    check("augmentation-alone", 4, 20, "both");
    check("batch-and-rate", 4, 12, "batch_size=256, lr=0.4");
    check("schedules", 2, 2, "step");
    check("in-stages", 3, 6, "width=64");
    check("activations", 5, 10, "tanh");
    check("dropout", 6, 18, "p1=0.25, p2=0.5");
    check("presets", 6, 6, "googlenet");
    check("squeeze-excite", 5, 15, "se=16");
    check("folds", 2, 10, "width=16");
    check(
        "regularizers-together",
        8,
        16,
        "weight_decay=0.05, label_smoothing=0.1, dropout=0.5",
    );
    check("staged", 3, 6, "depth=3");
    check("augments", 5, 5, "trivial");
    check("widths", 2, 2, "full, width=32");
    let planned = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/users")
            .join(name);
        plan(&file, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"))
    };
    for (name, count) in [("random-search.toml", 40), ("random.toml", 12)] {
        let random = planned(name);
        assert_eq!(
            (random.configurations.len(), random.notes.len()),
            (count, 0),
            "{name}"
        );
    }
    let scaled = planned("linear-scaling.toml");
    assert_eq!((scaled.configurations.len(), scaled.notes.len()), (7, 1));
    assert!(
        scaled.notes[0].starts_with("1 point appears in the sweep twice"),
        "{}",
        scaled.notes[0]
    );
}
