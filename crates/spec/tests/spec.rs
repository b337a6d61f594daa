//! Identities and shapes, checked against hand-computed cases.

use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Source, Split, SplitScheme};
use convsweep_spec::job::Question;
use convsweep_spec::model::*;
use convsweep_spec::shape::{Shape, padding_pixels, summarize};
use convsweep_spec::task::{RangeTest, Task};
use convsweep_spec::train::{Course, Optimizer, Phase, Precision, Schedule, TrainSpec};

fn conv(filters: u32, kernel: u32, stride: u32, padding: Padding) -> Layer {
    Layer::Conv(Conv {
        filters,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding,
        dilation: [1, 1],
        groups: 1,
        bias: true,
        norm: None,
        activation: Some(Activation::Relu),
        init: Init::GlorotUniform,
    })
}

fn pool(size: u32) -> Layer {
    Layer::Pool(Pool {
        kind: PoolKind::Max,
        size: [size; 2],
        stride: [size; 2],
        padding: Padding::Valid,
    })
}

fn dense(units: u32) -> Layer {
    Layer::Dense(Dense {
        units,
        bias: true,
        activation: None,
        init: Init::GlorotUniform,
    })
}

fn tutorial() -> ModelSpec {
    let c = |filters| conv(filters, 3, 1, Padding::Valid);
    ModelSpec {
        layers: vec![
            c(32),
            pool(2),
            c(64),
            pool(2),
            c(64),
            Layer::Flatten,
            dense(64),
            dense(10),
        ],
    }
}

const CIFAR: Shape = Shape::Image {
    channels: 3,
    height: 32,
    width: 32,
};

fn adam(lr: f64) -> Optimizer {
    Optimizer::adam(lr)
}

fn question(phases: &[(u32, f64)]) -> Question {
    let phase = |&(epochs, lr): &(u32, f64)| Phase::new(epochs, adam(lr));
    Question {
        configuration: Configuration {
            data: DataSpec::new(
                Source::Cifar10,
                Split::new(SplitScheme::Validation(0.2), 42),
            ),
            augment: AugmentSpec {
                normalize: Normalize::Unit,
                steps: vec![],
            },
            model: tutorial(),
            train: TrainSpec::new(64, phases.iter().map(phase).collect()),
            task: Task::Train,
        },
        data_hash: "cifar10".into(),
        seed: 0,
        fold: None,
    }
}

#[test]
fn the_tutorial_network_has_the_costs_computed_by_hand() {
    let summary = summarize(&tutorial(), CIFAR, 10).expect("fits");
    assert_eq!(summary.parameters, 122_570);
    assert_eq!(summary.macs, 777_600 + 3_115_008 + 589_824 + 65_536 + 640);
    let last = summary
        .layers
        .iter()
        .rfind(|l| l.name == "conv3")
        .expect("three convolutions");
    assert_eq!(last.receptive_field, Some([18, 18]));
    assert_eq!(last.stride, Some([4.0, 4.0]));
    assert_eq!(
        last.output,
        Shape::Image {
            channels: 64,
            height: 4,
            width: 4
        }
    );
}

#[test]
fn same_padding_keeps_ceil_of_input_over_stride() {
    for size in 1..20 {
        for kernel in 1..6 {
            for stride in 1..4 {
                let model = ModelSpec {
                    layers: vec![conv(1, kernel, stride, Padding::Same)],
                };
                let image = Shape::Image {
                    channels: 1,
                    height: size,
                    width: size,
                };
                let error = summarize(&model, image, 7).expect_err("no logits");
                let side = size.div_ceil(stride);
                assert_eq!(
                    error.input,
                    Shape::Image {
                        channels: 1,
                        height: side,
                        width: side
                    },
                    "{size} {kernel} {stride}"
                );
            }
        }
    }
    assert_eq!(
        padding_pixels(Padding::Same, [32, 32], [3, 3], [2, 2], [1, 1]),
        [[0, 1], [0, 1]]
    );
}

#[test]
fn layers_that_do_not_fit_are_named() {
    let check = |layers: Vec<Layer>, position: usize, words: &str| {
        let error = summarize(&ModelSpec { layers }, CIFAR, 10).expect_err("does not fit");
        assert_eq!(error.path, [position], "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    check(
        vec![dense(10)],
        0,
        "needs a flat input but gets 3×32×32: put { flatten = true } before it",
    );
    check(
        vec![Layer::Flatten, pool(2)],
        1,
        "needs an image but gets 3072 flat features",
    );
    check(
        vec![conv(8, 33, 1, Padding::Valid)],
        0,
        "33×33 window that is larger than its 32×32 input",
    );
    check(
        vec![Layer::Flatten, dense(9)],
        1,
        "leaves 9 where 10 logits are needed",
    );
    check(vec![pool(0)], 0, "the least is 1");
}

#[test]
fn a_state_is_shared_by_jobs_that_agree_up_to_it() {
    let short = question(&[(10, 1e-3)]);
    let long = question(&[(10, 1e-3), (5, 1e-4)]);
    let longer = question(&[(12, 1e-3)]);
    assert_ne!(short.job_id(), long.job_id());
    assert_eq!(short.state_key(10), long.state_key(10));
    assert_eq!(short.state_key(10), longer.state_key(10));
    assert_ne!(long.state_key(11), longer.state_key(11));
    let other_seed = Question {
        seed: 1,
        ..short.clone()
    };
    assert_ne!(short.state_key(10), other_seed.state_key(10));
    assert_eq!(short.configuration_id(), other_seed.configuration_id());
    let mut rounded = short.clone();
    rounded.configuration.train.precision = Precision::Bf16;
    assert_ne!(short.state_key(10), rounded.state_key(10));
    let keys = long.state_keys();
    assert_eq!((keys.len(), keys[0].0), (15, 15));
}

#[test]
fn ids_survive_json() {
    let asked = question(&[(10, 0.1 + 0.2)]);
    let read: Question = serde_json::from_str(&canonical_json(&asked)).expect("reads");
    assert_eq!(read, asked);
    assert_eq!(read.job_id(), asked.job_id());
}

#[test]
fn schedules_that_depend_on_their_length_share_no_state() {
    let with = |epochs: u32, course: Course| {
        let mut question = question(&[(epochs, 1e-3)]);
        question.configuration.train.phases[0].schedule = Schedule::new(course);
        question
    };
    let shares = |a: Question, b: Question| a.state_key(10) == b.state_key(10);
    let cosine = |epochs| Course::Cosine {
        epochs,
        min_lr: 0.0,
    };
    assert!(!shares(with(10, cosine(10)), with(12, cosine(12))));
    assert!(shares(with(10, cosine(12)), with(12, cosine(12))));
    let step = Course::Step {
        every_epochs: 3,
        factor: 0.1,
    };
    assert!(shares(with(10, step.clone()), with(12, step)));
    let mut accumulated = question(&[(10, 1e-3)]);
    accumulated.configuration.train.accumulate = 2;
    assert!(!shares(accumulated, question(&[(10, 1e-3)])));
}

/// A range test is recorded as the schedule that it used to be, so that ids and old results folders
/// stay valid.
#[test]
fn a_range_test_keeps_its_recorded_form() {
    let mut question = question(&[(3, 10.0)]);
    question.configuration.task = Task::RangeTest(RangeTest {
        from: 1e-7,
        steps: 100,
    });
    let text = serde_json::to_string(&question).expect("serialises");
    let recorded = r#""schedule":{"from":1e-7,"name":"range-test","steps":100}"#;
    assert!(text.contains(recorded), "{text}");
    let read: Question = serde_json::from_str(&text).expect("reads");
    assert_eq!(read, question);
    // Computed by the program when the range test was a schedule.
    assert_eq!(question.job_id().0, "f0dd7a74c296f68e");
    assert_eq!(question.state_key(1).0, "e7dc0aadaf8a62cd");
    let plain = Question {
        configuration: Configuration {
            task: Task::Train,
            ..question.configuration.clone()
        },
        ..question.clone()
    };
    assert_ne!(plain.state_key(1), question.state_key(1));
}
