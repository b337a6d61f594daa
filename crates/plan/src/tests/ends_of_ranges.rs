//! What the reference says of a number is what is accepted: both ends of every range are taken and
//! what lies beyond them is refused.

use super::samples::{BASE, MODEL, codes, keyed, named, with_layer};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};
use crate::language::tables::{
    AFTER_FAILURES, DATA, EARLY_STOPPING, EXPERIMENT, GROUP, KINDS, LAYERS, LOSSES, NORMALIZE,
    NORMS, OPTIMIZERS, PHASE, RACE, RETRY, RUN, SAMPLE, SCHEDULES, SLOTS, SLURM, SOURCES, SPLIT,
    STEPS, STOP_RULE, TRAIN,
};
use crate::source::problem::ProblemCode;

/// Values of a field at and just beyond the ends of its range, as TOML.
struct Ends {
    accepted: Vec<String>,
    refused: Vec<String>,
}

fn ends(kind: &ValueKind) -> Ends {
    match kind {
        ValueKind::Int { min, max } | ValueKind::Pair { min, max } => Ends {
            accepted: vec![min.to_string(), max.to_string()],
            refused: [min.checked_sub(1), max.checked_add(1)]
                .iter()
                .flatten()
                .map(i64::to_string)
                .collect(),
        },
        ValueKind::IntOneOf(numbers) => Ends {
            accepted: numbers.iter().map(i64::to_string).collect(),
            refused: (0..5)
                .filter(|n| !numbers.contains(n))
                .map(|n| n.to_string())
                .collect(),
        },
        ValueKind::Float(bounds) => float_ends(bounds),
        ValueKind::List { of, min, max } if is_number(of) => {
            let repeated = |value: &String, count: usize| {
                format!("[{}]", vec![value.as_str(); count].join(", "))
            };
            let ends = ends(of);
            let count = (*min).max(1);
            let mut refused: Vec<_> = ends.refused.iter().map(|v| repeated(v, count)).collect();
            refused.push(repeated(&ends.accepted[0], max + 1));
            Ends {
                accepted: ends.accepted.iter().map(|v| repeated(v, count)).collect(),
                refused: refused.into_iter().filter(|_| *max < 1000).collect(),
            }
        }
        ValueKind::Either(kinds) => {
            let mut all = Ends {
                accepted: vec![],
                refused: vec![],
            };
            for ends in kinds.iter().map(ends) {
                all.accepted.extend(ends.accepted);
                all.refused.extend(ends.refused);
            }
            all
        }
        _ => Ends {
            accepted: vec![],
            refused: vec![],
        },
    }
}

fn is_number(kind: &ValueKind) -> bool {
    matches!(kind, ValueKind::Int { .. } | ValueKind::Float(_))
}

fn float_ends(bounds: &Bounds) -> Ends {
    let mut ends = Ends {
        accepted: vec![],
        refused: vec!["nan".into(), "inf".into(), "-inf".into()],
    };
    if bounds.has_min() {
        let (at, below) = (bounds.min, bounds.min - 1e-3);
        ends.refused.push(format!("{below:?}"));
        if bounds.min_open {
            ends.refused.push(format!("{at:?}"));
            ends.accepted.push(format!("{:?}", at + 1e-9));
        } else {
            ends.accepted.push(format!("{at:?}"));
        }
    }
    if bounds.has_max() {
        let (at, above) = (bounds.max, bounds.max + 1e-3);
        ends.refused.push(format!("{above:?}"));
        if bounds.max_open {
            ends.refused.push(format!("{at:?}"));
            ends.accepted.push(format!("{:?}", at - 1e-9));
        } else {
            ends.accepted.push(format!("{at:?}"));
        }
    }
    ends
}

/// Tries the ends of a field. `codes` are the problems of a file with this value.
#[track_caller]
fn check(name: &str, field: &Field, codes: &dyn Fn(&str) -> Vec<ProblemCode>) {
    let name = format!("{name}.{}", field.key);
    let Ends { accepted, refused } = ends(&field.kind);
    for value in accepted {
        let mut found = codes(&value);
        found.retain(|code| !is_by_circumstance(&name, *code));
        assert!(found.is_empty(), "{name} = {value}: {found:?}");
    }
    for value in refused {
        assert!(!codes(&value).is_empty(), "{name} = {value} is accepted");
    }
}

/// Problems that depend on the rest of the file, which a test of one value cannot satisfy.
fn is_by_circumstance(name: &str, code: ProblemCode) -> bool {
    match code {
        // Layers of extreme sizes do not fit small images, and a million seeds or folds are more
        // jobs than the test allows.
        ProblemCode::Shape | ProblemCode::TooMany => true,
        ProblemCode::WrongValue => [
            // More than the images that there are.
            "data.limit",
            "data.split.folds",
            // Without validation images nothing can be compared, and a share of images must not be
            // less than one image.
            "data.split.validation",
            // The number of weights or channels is that of the images.
            "train.loss.class_weights",
            "augment.normalize.mean",
            "augment.normalize.std",
            // A warm-up must be shorter than its schedule.
            "train.schedule.warmup_epochs",
            // A pool can be padded by half of its size.
            "layer.pool.padding",
            // A race needs more seeds than it starts with.
            "search.race.start_seeds",
            "search.race.max_seeds",
            // A range test must rise.
            "experiment.kind.from",
            "experiment.kind.to",
        ]
        .contains(&name),
        // A pool and a transposed convolution exclude some options.
        ProblemCode::NoEffect | ProblemCode::Conflict => name.starts_with("layer."),
        _ => false,
    }
}

fn check_overrides(prefix: &str, fields: &'static [Field], others: &[&str]) {
    let text = format!("{BASE}{MODEL}");
    for field in fields {
        check(prefix, field, &|value| {
            let mut set: Vec<String> = others.iter().map(|o| o.to_string()).collect();
            set.push(format!("{prefix}.{}={value}", field.key));
            codes(&text, &set)
        });
    }
}

fn check_named(path: &str, variants: &'static Variants) {
    let text = format!("{BASE}{MODEL}");
    for variant in variants.list {
        for field in variant.fields {
            check(path, field, &|value| {
                let table = named(variant, &[(field.key, value)]);
                let mut set = vec![format!("{path}={table}")];
                if ["folder", "csv"].contains(&variant.key) {
                    set.push("data.path=images".into());
                }
                codes(&text, &set)
            });
        }
    }
}

#[test]
fn of_sections() {
    check_overrides("experiment", EXPERIMENT, &[]);
    check_overrides("data", DATA, &[]);
    let folder = ["data.source=folder", "data.path=images"];
    check_overrides("data.split", SPLIT, &folder);
    check_overrides("train", TRAIN, &[]);
    check_overrides("train.early_stopping", EARLY_STOPPING, &[]);
    let two_phases = "train.phases=[{ epochs = 1 }]";
    check_overrides("train.phases.0", PHASE, &[two_phases]);
    check_overrides("run", RUN, &[]);
    check_overrides("run.slots", SLOTS, &[]);
    check_overrides("run.retry", RETRY, &[]);
    check_overrides("run.slurm", SLURM, &[]);
    check_overrides("run.on_failure", AFTER_FAILURES, &[]);
    check_overrides("search.stop", STOP_RULE, &[]);
    check_overrides("search.race", RACE, &["search.race.start_seeds=2"]);
    let normalize = "augment.normalize={ mean = [0.5], std = [0.5] }";
    check_overrides("augment.normalize", NORMALIZE, &[normalize]);
}

#[test]
fn of_named_things() {
    check_named("data.source", &SOURCES);
    check_named("experiment.kind", &KINDS);
    check_named("train.optimizer", &OPTIMIZERS);
    check_named("train.schedule", &SCHEDULES);
    check_named("train.loss", &LOSSES);
    let group = "train.optimizer.groups=[{ layers = \"dense1\" }]";
    check_overrides("train.optimizer.groups.0", GROUP, &[group]);
}

#[test]
fn of_augmentation_steps() {
    let text = format!("{BASE}{MODEL}");
    for variant in STEPS.list {
        for field in variant.fields {
            check("augment.steps", field, &|value| {
                let step = keyed(variant, &[(field.key, value)]);
                codes(&text, &[format!("augment.steps=[{step}]")])
            });
        }
    }
}

#[test]
fn of_layers_and_norms() {
    for variant in LAYERS.list {
        for field in variant.fields {
            check(&format!("layer.{}", variant.key), field, &|value| {
                let layer = keyed(variant, &[(field.key, value)]);
                codes(&with_layer(variant.key, &layer), &[])
            });
        }
    }
    for variant in NORMS.list {
        for field in variant.fields {
            check("layer.norm", field, &|value| {
                let norm = named(variant, &[(field.key, value)]);
                codes(&with_layer("norm", &format!("{{ norm = {norm} }}")), &[])
            });
        }
    }
}

#[test]
fn of_samples() {
    for field in SAMPLE {
        check("sample", field, &|value| {
            let count = if field.key == "count" {
                ""
            } else {
                "count = 2, "
            };
            let sample = format!("sample = {{ {count}{} = {value} }}", field.key);
            let axis = "[sweep.grid]\n\"train.epochs\" = [1, 2]";
            codes(
                &format!("{BASE}{MODEL}\n[[sweep]]\n{sample}\n{axis}\n"),
                &[],
            )
        });
    }
}
