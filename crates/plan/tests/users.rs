//! Ten files as a new user wrote them, from the README alone: each must mean what its author meant.

mod common;

use common::facts;
use convsweep_plan::{Overrides, plan};
use std::path::Path;

#[test]
fn files_from_memory_mean_what_they_say() {
    let check = |name: &str, configurations: usize, jobs: usize, last: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/users").join(format!("{name}.toml"));
        let plan = plan(&file, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"));
        let label = plan.configurations.last().map_or("", |c| c.member.label.as_str());
        assert_eq!((plan.configurations.len(), plan.jobs(), label), (configurations, jobs, last), "{name}");
        assert_eq!((plan.name.as_str(), plan.notes.len()), (name, 0), "{:?}", plan.notes);
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
    let random = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/users/random-search.toml");
    let random = plan(&random, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!((random.configurations.len(), random.notes.len()), (40, 0));
}
