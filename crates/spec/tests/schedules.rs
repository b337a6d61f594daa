//! Compares every schedule with that of PyTorch (`tests/vectors/schedules.py`) at each step, in
//! f64. PyTorch computes some of them recursively, so rates may differ by 1e-9 of the largest.

use convsweep_spec::metric::Metric;
use convsweep_spec::train::{Anneal, Clock, Course, Length, Schedule, Warmup};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Vectors {
    measured: Vec<f64>,
    curves: BTreeMap<String, Vec<f64>>,
}

const STEPS: u32 = 10;

fn check(name: &str, schedule: Schedule, each: usize) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/schedules.json"
    );
    let vectors: Vectors =
        serde_json::from_str(&std::fs::read_to_string(path).expect("kept")).expect("JSON");
    for (step, expected) in vectors.curves[name].iter().enumerate().step_by(each) {
        let measured = if schedule.metric().is_some() {
            &vectors.measured[..step / STEPS as usize]
        } else {
            &[]
        };
        let rate = schedule.rate(
            0.4,
            &Clock {
                step: step as u64,
                steps_per_epoch: STEPS,
                measured,
            },
        );
        assert!(
            (rate - expected).abs() < 0.4e-9,
            "{name}, step {step}: {rate}, expected {expected}"
        );
    }
}

#[test]
fn schedules_equal_those_of_pytorch() {
    let every = |name: &str, course| check(name, Schedule::new(course), 1);
    every(
        "step",
        Course::Step {
            every_epochs: 3,
            factor: 0.5,
        },
    );
    every(
        "multi-step",
        Course::MultiStep {
            after_epochs: vec![2, 5],
            factor: 0.1,
        },
    );
    check(
        "exponential",
        Schedule::new(Course::Exponential { factor: 0.9 }),
        STEPS as usize,
    );
    every(
        "polynomial",
        Course::Polynomial {
            epochs: 10,
            power: 2.0,
            min_lr: 0.0,
        },
    );
    every(
        "cosine",
        Course::Cosine {
            epochs: 10,
            min_lr: 0.01,
        },
    );
    every(
        "cosine-restarts",
        Course::CosineRestarts {
            every_epochs: 2,
            growth: 2,
            min_lr: 0.01,
        },
    );
    let one_cycle = |pct_start, div_factor, anneal| Course::OneCycle {
        epochs: 10,
        pct_start,
        div_factor,
        final_div_factor: 1e4,
        anneal,
    };
    every("one-cycle", one_cycle(0.3, 25.0, Anneal::Cosine));
    every("one-cycle linear", one_cycle(0.25, 10.0, Anneal::Linear));
    every(
        "triangular",
        Course::Triangular {
            cycle_epochs: 4.0,
            min_lr: 0.1,
            shrink: 1.0,
        },
    );
    every(
        "triangular2",
        Course::Triangular {
            cycle_epochs: 4.0,
            min_lr: 0.1,
            shrink: 0.5,
        },
    );
    let plateau = Course::Plateau {
        metric: Metric::natural("val_loss"),
        factor: 0.1,
        patience: 2,
        min_delta: 1e-3,
        cooldown_epochs: 1,
        min_lr: 0.01,
    };
    every("plateau", plateau);
}

#[test]
fn warm_ups_equal_those_of_pytorch() {
    let warm = |course, length, from| Schedule {
        course,
        warmup: Some(Warmup { length, from }),
    };
    check(
        "warm-up, cosine",
        warm(
            Course::Cosine {
                epochs: 10,
                min_lr: 0.0,
            },
            Length::Epochs(2.0),
            0.1,
        ),
        1,
    );
    check(
        "warm-up, constant",
        warm(Course::Constant, Length::Steps(15), 0.25),
        1,
    );
}
