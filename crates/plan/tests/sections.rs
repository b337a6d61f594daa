//! What the sections of a file mean.

mod common;

use common::{SMALL, labels, optimizers, planned, small};
use convsweep_plan::Plan;
use convsweep_spec::augment::{Fill, FlipAxis, Normalize, Step};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::Source;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_spec::train::{
    ClassWeights, Course, EarlyStopping, Kernels, Length, Loss, Moments, Optimizer, Precision,
    Rule, Schedule, Warmup,
};
use std::collections::BTreeMap;

fn only(text: &str) -> Configuration {
    let plan = planned(text);
    assert_eq!(plan.configurations.len(), 1);
    plan.configurations[0].member.resolved.clone()
}

fn sgd(lr: f64, momentum: f64) -> Optimizer {
    Optimizer::sgd(lr, momentum)
}

#[test]
fn every_default_is_filled_in() {
    insta::assert_snapshot!("defaults", canonical_json(&only(SMALL)).replace('{', "{\n"));
    let plan = planned(SMALL);
    assert_eq!(
        (plan.metric.name.as_str(), plan.metric.direction),
        ("val_accuracy", Direction::Max)
    );
    assert_eq!(
        (
            plan.run.devices.clone(),
            plan.run.slots.clone(),
            plan.run.threads,
            plan.run.retry.crashed
        ),
        (None, BTreeMap::from([(DeviceFamily::Cuda, 1)]), 1, 2)
    );
    assert_eq!(labels(&plan), ["small"]);
    assert_eq!(planned(&small("seeds = 2", "")).jobs(), 1);
}

#[test]
fn the_margin_is_in_the_unit_of_the_metric_and_part_of_no_id() {
    let plain = planned(SMALL);
    assert_eq!(plain.margin, None);
    let half_a_point = planned(&small("seeds = 2", "seeds = 2\nmargin = 0.005"));
    assert_eq!(half_a_point.margin, Some(0.005));
    let jobs = |plan: &Plan| plan.member_jobs().cloned().collect::<Vec<_>>();
    assert_eq!(jobs(&half_a_point), jobs(&plain));
    // Losses may differ by more than 1.
    let of_loss = "seeds = 2\nmetric = \"val_loss\"\nmargin = 1.5";
    assert_eq!(planned(&small("seeds = 2", of_loss)).margin, Some(1.5));
}

#[test]
fn sections_are_resolved() {
    let loss = planned(&small("seeds = 2", "metric = \"val_loss\""));
    assert_eq!(loss.metric.direction, Direction::Min);
    let run = planned(&format!(
        "{SMALL}\n[run]\ndevices = [\"cuda:0\", \"cpu\"]\nslots = {{ cpu = 2, cuda = 3 }}\nthreads = 2\nretry.crashed = 0"
    ))
    .run;
    assert_eq!(
        run.devices,
        Some(vec![DeviceName::cuda(0), DeviceName::CPU])
    );
    assert_eq!(
        (run.slots, run.threads, run.retry.crashed),
        (
            BTreeMap::from([(DeviceFamily::Cpu, 2), (DeviceFamily::Cuda, 3)]),
            2,
            0
        )
    );
    let shapes = only(&small(
        "\"cifar10\"",
        "{ name = \"shapes\", size = 16, rotation = 0 }",
    ));
    let Source::Shapes(shapes) = shapes.data.source else {
        panic!("shapes")
    };
    assert_eq!(
        (shapes.size, shapes.rotation, shapes.train),
        (16, 0.0, 2000)
    );
    let table = "[data.source]\nname = \"shapes\"\nsize = 16\n[model]";
    let Source::Shapes(same) = only(&small("source = \"cifar10\"", "").replace("[model]", table))
        .data
        .source
    else {
        panic!()
    };
    assert_eq!((same.size, same.rotation), (16, 180.0));
}

#[test]
fn augmentation_steps_are_resolved() {
    let text = "[augment]\nnormalize = \"standard\"\nsteps = [ { rotate = 15 }, { scale = [0.9, 1.1], p = 0.5 }, \
                { flip = \"vertical\" }, { crop = true, pad = 4, fill = \"reflect\" }, { translate = 0.1 }, { shear = 10, fill = \"nearest\" }, \
                { random-resized-crop = [0.5, 1], ratio = 2 }, { brightness = 0.2 }, { contrast = 0.3 }, \
                { saturation = 0.4, p = 0.8 }, { hue = 0.05 }, { grayscale = true }, { blur = [0.1, 2] }, { noise = 0.02 }, \
                { erase = [0.02, 0.3] }, { mixup = 0.2, p = 0.5 }, { cutmix = 1 } ]";
    let augment = only(&format!("{SMALL}\n{text}")).augment;
    assert_eq!(augment.normalize, Normalize::Standard);
    assert_eq!(
        augment.steps,
        [
            Step::Rotate {
                degrees: 15.0,
                fill: Fill::Zero,
                p: 1.0
            },
            Step::Scale {
                min: 0.9,
                max: 1.1,
                fill: Fill::Zero,
                p: 0.5
            },
            Step::Flip {
                axis: FlipAxis::Vertical,
                p: 0.5
            },
            Step::Crop {
                pad: 4,
                fill: Fill::Reflect,
                p: 1.0
            },
            Step::Translate {
                share: 0.1,
                fill: Fill::Zero,
                p: 1.0
            },
            Step::Shear {
                degrees: 10.0,
                fill: Fill::Nearest,
                p: 1.0
            },
            Step::RandomResizedCrop {
                min: 0.5,
                max: 1.0,
                ratio: 2.0,
                p: 1.0
            },
            Step::Brightness {
                strength: 0.2,
                p: 1.0
            },
            Step::Contrast {
                strength: 0.3,
                p: 1.0
            },
            Step::Saturation {
                strength: 0.4,
                p: 0.8
            },
            Step::Hue {
                turns: 0.05,
                p: 1.0
            },
            Step::Grayscale { p: 0.1 },
            Step::Blur {
                min: 0.1,
                max: 2.0,
                p: 0.5
            },
            Step::Noise {
                deviation: 0.02,
                p: 1.0
            },
            Step::Erase {
                min: 0.02,
                max: 0.3,
                p: 0.5
            },
            Step::Mixup { alpha: 0.2, p: 0.5 },
            Step::Cutmix { alpha: 1.0, p: 1.0 },
        ]
    );
}

#[test]
fn a_phase_changes_the_one_before() {
    let text = small(
        "lr = 1e-3 }",
        "lr = 1e-3, beta1 = 0.8 }\nschedule = { name = \"step\", every_epochs = 3, factor = 0.1 }",
    );
    let text = text
        + "[[train.phases]]\nepochs = 5\noptimizer.lr = 1e-4\nschedule.factor = 0.5\n\
           [[train.phases]]\nepochs = 1\noptimizer = { name = \"sgd\", momentum = 0.9 }\nschedule = \"constant\"\n\
           [[train.phases]]\nepochs = 2\n";
    let phases = only(&text).train.phases;
    let steps = |factor| {
        Schedule::new(Course::Step {
            every_epochs: 3,
            factor,
        })
    };
    let slow = |lr| {
        Optimizer::new(
            Rule::Adam(Moments {
                beta1: 0.8,
                beta2: 0.999,
                epsilon: 1e-7,
            }),
            lr,
        )
    };
    let found: Vec<_> = phases
        .into_iter()
        .map(|p| (p.epochs, p.optimizer, p.schedule))
        .collect();
    let last = |epochs| (epochs, sgd(0.01, 0.9), Schedule::CONSTANT);
    assert_eq!(
        found,
        [
            (3, slow(1e-3), steps(0.1)),
            (5, slow(1e-4), steps(0.5)),
            last(1),
            last(2)
        ]
    );
}

#[test]
fn optimizers_schedules_and_losses_are_resolved() {
    let optimizer = |text: &str| {
        let found = optimizers(&planned(&small("{ name = \"adam\", lr = 1e-3 }", text)));
        found.into_iter().next().expect("one")
    };
    let moments = Moments {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    assert_eq!(
        optimizer("\"adamw\""),
        Optimizer::new(Rule::Adamw(moments), 0.001).with_decay(0.01)
    );
    let muon = Rule::Muon {
        momentum: 0.9,
        nesterov: true,
        iterations: 5,
        adam_lr: 0.001,
    };
    assert_eq!(
        optimizer("{ name = \"muon\", momentum = 0.9 }"),
        Optimizer::new(muon, 0.02)
    );
    let lion = optimizer(
        "{ name = \"lion\", weight_decay = 0.1, decay_norm_and_bias = false, clip_norm = 1 }",
    );
    let expected = Optimizer::new(
        Rule::Lion {
            beta1: 0.9,
            beta2: 0.99,
        },
        1e-4,
    )
    .with_decay(0.1);
    assert_eq!(
        lion,
        Optimizer {
            decay_norm_and_bias: false,
            clip_norm: Some(1.0),
            ..expected
        }
    );
    // Without weight decay, how it would be applied makes no difference.
    assert_eq!(
        optimizer("{ name = \"sgd\", decoupled = true, decay_norm_and_bias = false }"),
        sgd(0.01, 0.0)
    );

    let train = |lines: &str| only(&small("epochs = 3", &format!("epochs = 3\n{lines}"))).train;
    let schedule = |text: &str| {
        train(&format!("schedule = {text}")).phases[0]
            .schedule
            .clone()
    };
    assert_eq!(
        schedule("\"cosine\""),
        Schedule::new(Course::Cosine {
            epochs: 3,
            min_lr: 0.0
        })
    );
    assert_eq!(
        schedule("{ name = \"polynomial\", epochs = 9, min_lr = 1e-5, warmup_epochs = 1.5 }"),
        Schedule {
            course: Course::Polynomial {
                epochs: 9,
                power: 1.0,
                min_lr: 1e-5
            },
            warmup: Some(Warmup {
                length: Length::Epochs(1.5),
                from: 0.0
            })
        }
    );
    let plateau = Course::Plateau {
        metric: Metric::natural("val_accuracy"),
        factor: 0.5,
        patience: 10,
        min_delta: 1e-4,
        cooldown_epochs: 0,
        min_lr: 0.0,
    };
    let found = schedule("{ name = \"plateau\", metric = \"val_accuracy\", factor = 0.5 }");
    assert_eq!(found, Schedule::new(plateau));
    let plain = train("loss = \"cross-entropy\"");
    assert_eq!(
        (plain.loss, plain.best, plain.tta_flip),
        (Loss::default(), None, false)
    );
    let all = train(
        "loss = { label_smoothing = 0.1, focal = 2, class_weights = \"balanced\" }\nevaluate.tta = \"flip\"\n\
         early_stopping = { patience = 3 }",
    );
    let loss = Loss {
        label_smoothing: 0.1,
        focal: 2.0,
        class_weights: Some(ClassWeights::Balanced),
    };
    assert_eq!((all.loss, all.tta_flip), (loss, true));
    let metric = Metric::natural("val_loss");
    assert_eq!(all.best.as_ref(), Some(&metric));
    assert_eq!(
        all.early_stopping,
        Some(EarlyStopping {
            metric,
            patience: 3,
            min_delta: 0.0
        })
    );
    assert_eq!(
        train("checkpoint = \"best\"").best,
        Some(Metric::natural("val_accuracy"))
    );
    assert_eq!(
        train("checkpoint.best = \"val_macro_f1\"").best,
        Some(Metric::natural("val_macro_f1"))
    );
    assert_eq!(
        train("checkpoint = \"last\"\nearly_stopping = {}").best,
        None
    );

    let many = train("accumulate = 4\nema = 0.99\nbatch_size = 8");
    assert_eq!(
        (many.accumulate, many.ema, many.step_images()),
        (4, Some(0.99), 32)
    );
    assert_eq!(
        [train("").kernels, train("kernels = \"direct\"").kernels],
        [Kernels::Auto, Kernels::Direct]
    );
    let in_bf16 = train("precision = \"bf16\"");
    assert_eq!(
        [train("").precision, in_bf16.precision],
        [Precision::F32, Precision::Bf16]
    );
    // The default is not recorded: ids stay as they were.
    let json = |train| serde_json::to_string(&train).expect("JSON");
    assert!(!json(train("precision = \"f32\"")).contains("precision"));
    assert!(json(in_bf16).contains("\"precision\":\"bf16\""));
}

#[test]
fn a_batch_norm_of_single_values_is_noted() {
    let with = |layers: &str, train: &str| {
        let text = format!(
            r#"
[experiment]
name = "norms"
[data]
source = {{ name = "shapes", train = 40, test = 10 }}
[model]
layers = [ {layers}, {{ dense = "classes" }} ]
[train]
epochs = 1
optimizer = {{ name = "adam", lr = 1e-3 }}
{train}
"#
        );
        planned(&text).notes
    };
    let flat = r#"{ flatten = true }, { dense = 8 }, { norm = "batch" }"#;
    let pixel = r#"{ pool = "adaptive-average", size = 1 }, { conv = 8, kernel = 1, norm = "batch" }, { flatten = true }"#;
    let planes = r#"{ conv = 8, kernel = 3, norm = "batch" }, { pool = "global-average" }"#;
    let layer_norm = r#"{ flatten = true }, { dense = 8 }, { norm = "layer" }"#;
    let alone = with(flat, "batch_size = 1");
    assert_eq!(alone.len(), 1);
    for words in [
        "the batch norm of norm1",
        "learns nothing (norms)",
        "at least 2 images",
    ] {
        assert!(alone[0].contains(words), "{alone:?}");
    }
    let in_conv = with(pixel, "batch_size = 1");
    assert!(
        in_conv[0].contains("the batch norm of conv1 has one value"),
        "{in_conv:?}"
    );
    for (layers, train) in [
        (flat, "batch_size = 2"),
        (planes, "batch_size = 1"),
        (layer_norm, "batch_size = 1"),
        (flat, "batch_size = 1\nfreeze = [\"norm1\"]"),
    ] {
        assert_eq!(
            with(layers, train),
            Vec::<String>::new(),
            "{layers} {train}"
        );
    }
}
