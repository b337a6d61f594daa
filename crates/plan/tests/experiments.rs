//! The shipped experiments.

mod common;

use common::{experiment_file, facts};
use convsweep_plan::{Overrides, Plan, plan};
use convsweep_spec::shape::Shape;

fn shipped(name: &str) -> Plan {
    plan(&experiment_file(name), &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"))
}

#[test]
fn every_shipped_experiment_plans() {
    let check = |name: &str, jobs: usize, labels: &[&str]| {
        let plan = shipped(name);
        let have: Vec<_> = plan
            .configurations
            .iter()
            .map(|c| c.member.label.as_str())
            .collect();
        assert_eq!((have.as_slice(), plan.jobs()), (labels, jobs), "{name}");
        assert_eq!(plan.notes, Vec::<String>::new(), "{name}");
    };
    check(
        "quickstart.toml",
        27,
        &[
            "width=8, lr=3e-4",
            "width=8, lr=0.001",
            "width=8, lr=0.002",
            "width=16, lr=3e-4",
            "width=16, lr=0.001",
            "width=16, lr=0.002",
            "width=32, lr=3e-4",
            "width=32, lr=0.001",
            "width=32, lr=0.002",
        ],
    );
    check("tutorial.toml", 10, &["10 epochs", "then 5 at 1e-4"]);
    check(
        "pooling.toml",
        9,
        &["max pooling", "average pooling", "strided convolution"],
    );
    check(
        "augmentation.toml",
        15,
        &["none", "flip", "rotation", "scale", "all"],
    );
    check(
        "schedules.toml",
        30,
        &[
            "constant",
            "multi-step",
            "exponential",
            "straight line",
            "cosine",
            "warm-up, cosine",
            "cosine with restarts",
            "triangular",
            "one cycle",
            "plateau",
        ],
    );
    let sparing = shipped("sparing.toml");
    assert_eq!(
        (
            sparing.configurations.len(),
            sparing.jobs(),
            sparing.notes.len()
        ),
        (24, 96, 0)
    );
    assert_eq!(
        sparing.search,
        Default::default(),
        "the file trains all; the rules are set separately"
    );
    let rates = |name: &'static str, rates: [&str; 5]| rates.map(|r| format!("{name}, lr={r}"));
    let both = [
        rates("adam", ["1e-4", "3.16e-4", "0.001", "0.00316", "0.01"]),
        rates("momentum", ["0.001", "0.00316", "0.01", "0.0316", "0.1"]),
    ]
    .concat();
    check(
        "learning-rate.toml",
        20,
        &both.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

#[test]
fn every_optimizer_has_its_own_range() {
    let plan = shipped("optimizers.toml");
    assert_eq!((plan.configurations.len(), plan.jobs()), (24, 48));
    let mut found = std::collections::BTreeMap::<_, Vec<f64>>::new();
    for planned in &plan.configurations {
        let optimizer = &planned.member.resolved.train.phases[0].optimizer;
        found
            .entry(optimizer.name())
            .or_default()
            .push(optimizer.lr);
    }
    assert_eq!(found["muon"], [0.005, 0.02, 0.08]);
    assert_eq!(found["sgd"].len(), 6);
    assert_eq!(found.len(), 7);
}

#[test]
fn regularizers_have_their_baseline() {
    let plan = shipped("regularization.toml");
    assert_eq!((plan.configurations.len(), plan.jobs()), (13, 39));
    assert_eq!(
        plan.baseline.as_ref(),
        Some(&plan.configurations[0].member.configuration)
    );
    assert!(
        plan.configurations
            .iter()
            .all(|c| c.member.resolved.train.best.is_some())
    );
}

#[test]
fn the_tutorial_has_the_costs_computed_by_hand() {
    let plan = shipped("tutorial.toml");
    for planned in &plan.configurations {
        assert_eq!(
            (planned.member.parameters, planned.member.macs),
            (122_570, 4_548_608)
        );
        let last = planned
            .summary
            .layers
            .iter()
            .find(|l| l.name == "conv3")
            .expect("three convolutions");
        assert_eq!(last.receptive_field, Some([18, 18]));
        assert_eq!(
            last.output,
            Shape::Image {
                channels: 64,
                height: 4,
                width: 4
            }
        );
    }
    let [short, long] = &plan.configurations[..] else {
        panic!("two configurations")
    };
    assert_eq!(
        (
            short.member.resolved.train.epochs(),
            long.member.resolved.train.epochs()
        ),
        (10, 15)
    );
    let state = |i: usize, epoch: u32| {
        let planned = &plan.configurations[i];
        planned.question(&planned.member.jobs[0]).state_key(epoch)
    };
    assert_eq!(
        state(0, 10),
        state(1, 10),
        "the second starts from the first's end"
    );
}

#[test]
fn the_augmentation_experiment_has_its_baseline() {
    let plan = shipped("augmentation.toml");
    assert_eq!(
        plan.baseline.as_ref(),
        Some(&plan.configurations[0].member.configuration)
    );
}

/// Labels with parameters, multiply-accumulates and the receptive field of the last feature map.
fn costs(name: &str) -> Vec<(String, u64, u64, u32)> {
    let field = |plan: &convsweep_plan::Planned| {
        let last = plan
            .summary
            .layers
            .iter()
            .rev()
            .find_map(|l| l.receptive_field);
        last.map_or(0, |[vertical, _]| vertical)
    };
    let cost = |c: &convsweep_plan::Planned| {
        (
            c.member.label.clone(),
            c.member.parameters,
            c.member.macs,
            field(c),
        )
    };
    let plan = shipped(name);
    assert_eq!(plan.notes, Vec::<String>::new(), "{name}");
    plan.configurations.iter().map(cost).collect()
}

fn within(share: f64, values: impl Iterator<Item = u64> + Clone) -> bool {
    let (Some(least), Some(most)) = (values.clone().min(), values.max()) else {
        return false;
    };
    most as f64 <= least as f64 * (1.0 + share)
}

#[test]
fn architectures_are_compared_on_equal_terms() {
    let table: Vec<String> = [
        "batch-norm.toml",
        "residual.toml",
        "kernel-size.toml",
        "downsampling.toml",
        "multi-scale.toml",
        "upsampling.toml",
        "resnet-or-inception.toml",
        "weight-sharing.toml",
    ]
    .iter()
    .flat_map(|name| {
        costs(name)
            .into_iter()
            .map(move |c| format!("{name} | {} | {} | {} | {}", c.0, c.1, c.2, c.3))
    })
    .collect();
    insta::assert_snapshot!("architectures", table.join("\n"));
    let kernels = costs("kernel-size.toml");
    assert!(
        kernels[..3].iter().all(|c| c.3 == 27),
        "the same receptive field"
    );
    assert!(
        within(0.03, kernels[3..].iter().map(|c| c.1)),
        "about as many parameters"
    );
    assert!(
        costs("downsampling.toml").iter().all(|c| c.3 == 18),
        "the same receptive field"
    );
    for name in ["multi-scale.toml", "resnet-or-inception.toml"] {
        assert!(
            within(0.01, costs(name).iter().map(|c| c.2)),
            "{name}: about equal multiply-accumulates"
        );
    }
    let sharing = costs("weight-sharing.toml");
    assert_eq!(sharing[0].2, sharing[1].2, "the same connections");
    assert!(
        within(0.02, sharing[1..].iter().map(|c| c.1)),
        "about as many parameters"
    );
    let residual = costs("residual.toml");
    assert!(
        (0..3).all(|i| residual[i].1 == residual[i + 3].1),
        "shortcuts have no parameters"
    );
    assert_eq!(residual[3].1, 269_722, "it is the preset resnet20");
}
