//! `[train]`: phase 0 and the phases after it, each laid over the one before.

use super::patterns::{Pattern, Patterns};
use super::transfer::From;
use crate::document::merge::{Alternatives, overlay};
use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::reader::{Reader, named};
use crate::language::tables;
use crate::source::tree::{Entry, Node, Value};
use convsweep_spec::metric::{Metric, VAL_ACCURACY};
use convsweep_spec::train::{
    ClassWeights, Course, EarlyStopping, Group, Length, Loss, Moments, Optimizer, Phase, Rule,
    Schedule, TrainSpec, Warmup,
};
use std::rc::Rc;
use std::sync::Arc;

/// Resolved `[train]` with the places that later messages need.
#[derive(Clone, Debug)]
pub(crate) struct Train {
    pub spec: Rc<TrainSpec>,
    /// Patterns that must each name a layer of the network.
    pub patterns: Vec<Pattern>,
    /// Where the weights come from, where they are not drawn.
    pub from: Option<From>,
}

/// Resolves `[train]` for a number of classes, where it is known; `weights` resolves `from`.
pub(crate) fn train(
    node: &Node,
    others: &Alternatives,
    classes: Option<usize>,
    weights: &mut dyn FnMut(&Node, &mut Patterns, &mut Sink) -> Option<From>,
    sink: &mut Sink,
) -> Option<Train> {
    let node = with_optimizers(node, others);
    if !check(&node, &Kind::Table(tables::TRAIN), "train", "", sink) {
        return None;
    }
    let reader = Reader::new(&node, tables::TRAIN);
    let mut optimizer = reader.node("optimizer")?;
    let mut schedule = reader.node("schedule")?;
    let mut patterns = Patterns::default();
    patterns.freeze(reader.given("freeze"), sink);
    let first = phase(
        reader.u32("epochs")?,
        &optimizer,
        &schedule,
        &mut patterns,
        sink,
    );
    let mut phases = vec![first];
    for (i, next) in reader.node("phases")?.items().iter().enumerate() {
        let reader = Reader::new(next, tables::PHASE);
        if let Some(over) = reader.given("optimizer") {
            optimizer = overlay(Some(&optimizer), over, "optimizer");
        }
        if let Some(over) = reader.given("schedule") {
            schedule = overlay(Some(&schedule), over, "schedule");
        }
        let name = |what: &str| format!("train.phases.{i}.{what}");
        let right = check(
            &optimizer,
            &Kind::Named(&tables::OPTIMIZERS),
            &name("optimizer"),
            "",
            sink,
        ) & check(
            &schedule,
            &Kind::Named(&tables::SCHEDULES),
            &name("schedule"),
            "",
            sink,
        );
        patterns.unfreeze(reader.given("unfreeze"), sink);
        patterns.freeze(reader.given("freeze"), sink);
        let epochs = reader.u32("epochs")?;
        phases.push(if right {
            phase(epochs, &optimizer, &schedule, &mut patterns, sink)
        } else {
            None
        });
    }
    let (early_stopping, best) = stopping(&reader, sink)?;
    let from = match reader.given("from") {
        Some(node) => Some(weights(node, &mut patterns, sink)?),
        None => None,
    };
    let spec = TrainSpec {
        batch_size: reader.u32("batch_size")?,
        accumulate: reader.u32("accumulate")?,
        ema: reader.f64("ema"),
        from: from.as_ref().map(|from| from.transfer.clone()),
        loss: loss(&reader.node("loss")?, classes, sink)?,
        early_stopping,
        best,
        tta_flip: Reader::new(&reader.node("evaluate")?, tables::EVALUATE).text("tta")? == "flip",
        phases: phases.into_iter().collect::<Option<_>>()?,
        kernels: reader.choice("kernels")?,
    };
    patterns.right.then_some(Train {
        spec: Rc::new(spec),
        patterns: patterns.found,
        from,
    })
}

/// Early stopping, and the metric by which the best weights are kept.
fn stopping(reader: &Reader, sink: &mut Sink) -> Option<(Option<EarlyStopping>, Option<Metric>)> {
    let mut restored = None;
    let mut early_stopping = None;
    if let Some(node) = reader.given("early_stopping") {
        let options = Reader::new(node, tables::STOPPING);
        let metric = Metric::natural(&options.text("metric")?);
        restored = options.bool("restore_best")?.then(|| metric.clone());
        let (patience, min_delta) = (options.u32("patience")?, options.f64("min_delta")?);
        early_stopping = Some(EarlyStopping {
            metric,
            patience,
            min_delta,
        });
    }
    let Some(checkpoint) = reader.given("checkpoint") else {
        return Some((early_stopping, restored));
    };
    let best = match checkpoint.text() {
        Some("last") => None,
        Some(_) => Some(
            restored
                .clone()
                .unwrap_or_else(|| Metric::natural(VAL_ACCURACY)),
        ),
        None => Some(Metric::natural(
            &Reader::new(checkpoint, tables::BEST).text("best")?,
        )),
    };
    let given = reader
        .given("early_stopping")
        .and_then(|node| node.get("restore_best"));
    if let Some(given) = given.filter(|_| restored.is_some() && best != restored) {
        let title = "`restore_best` and `checkpoint` name different weights".to_string();
        sink.at(given, title, "", "leave one of them out".into());
        return None;
    }
    Some((early_stopping, best))
}

fn loss(node: &Node, classes: Option<usize>, sink: &mut Sink) -> Option<Loss> {
    let (_, options) = named(node, &tables::LOSSES)?;
    let weights = options.node("class_weights")?;
    if let Some(classes) =
        classes.filter(|c| weights.text().is_none() && weights.items().len() != *c)
    {
        let title = format!(
            "`class_weights` has {} weights for {classes} classes",
            weights.items().len()
        );
        sink.at(
            &weights,
            title,
            "",
            format!("give {classes}, or class_weights = \"balanced\""),
        );
        return None;
    }
    let class_weights = match weights.text() {
        Some("balanced") => Some(ClassWeights::Balanced),
        Some(_) => None,
        None => Some(ClassWeights::Given(
            weights
                .items()
                .iter()
                .map(Node::float)
                .collect::<Option<_>>()?,
        )),
    };
    Some(Loss {
        label_smoothing: options.f64("label_smoothing")?,
        focal: options.f64("focal")?,
        class_weights,
    })
}

/// The section with every name of `[optimizers]` replaced by what it means.
pub(crate) fn with_optimizers(node: &Node, others: &Alternatives) -> Node {
    let mut node = node.clone();
    expand(&mut node, others);
    if let Some(entry) = node.entry("phases")
        && let Value::List(items) = &entry.node.value
    {
        let expanded = |item: &Node| {
            let mut item = item.clone();
            expand(&mut item, others);
            item
        };
        let items = Value::List(Arc::new(items.iter().map(expanded).collect()));
        let entry = Entry {
            node: Node {
                value: items,
                ..entry.node.clone()
            },
            ..entry.clone()
        };
        node.put(entry);
    }
    node
}

fn expand(table: &mut Node, others: &Alternatives) {
    if let Some(entry) = table.entry("optimizer") {
        let entry = Entry {
            node: others.optimizer(&entry.node),
            ..entry.clone()
        };
        table.put(entry);
    }
}

fn phase(
    epochs: u32,
    optimizer: &Node,
    schedule: &Node,
    patterns: &mut Patterns,
    sink: &mut Sink,
) -> Option<Phase> {
    let (optimizer, schedule) = (
        self::optimizer(optimizer, patterns, sink),
        self::schedule(schedule, epochs, sink),
    );
    Some(Phase {
        epochs,
        optimizer: optimizer?,
        schedule: schedule?,
        freeze: patterns.frozen.clone(),
    })
}

fn optimizer(node: &Node, patterns: &mut Patterns, sink: &mut Sink) -> Option<Optimizer> {
    let (name, options) = named(node, &tables::OPTIMIZERS)?;
    let (lr, weight_decay) = (options.f64("lr")?, options.f64("weight_decay")?);
    let moments = || {
        Some(Moments {
            beta1: options.f64("beta1")?,
            beta2: options.f64("beta2")?,
            epsilon: options.f64("epsilon")?,
        })
    };
    let rule = match name {
        "adam" => Rule::Adam(moments()?),
        "adamw" => Rule::Adamw(moments()?),
        "rmsprop" => Rule::Rmsprop {
            decay: options.f64("decay")?,
            epsilon: options.f64("epsilon")?,
            momentum: options.f64("momentum")?,
            centered: options.bool("centered")?,
        },
        "adagrad" => Rule::Adagrad {
            epsilon: options.f64("epsilon")?,
            initial: options.f64("initial")?,
        },
        "lion" => Rule::Lion {
            beta1: options.f64("beta1")?,
            beta2: options.f64("beta2")?,
        },
        "muon" => Rule::Muon {
            momentum: options.f64("momentum")?,
            nesterov: options.bool("nesterov")?,
            iterations: options.u32("iterations")?,
            adam_lr: options.f64("adam_lr")?,
        },
        _ => Rule::Sgd {
            momentum: options.f64("momentum")?,
            nesterov: options.bool("nesterov")?,
        },
    };
    if let (
        Rule::Sgd {
            momentum: 0.0,
            nesterov: true,
        },
        Some(given),
    ) = (&rule, options.given("nesterov"))
    {
        let help = "momentum = 0.9, or nesterov = false";
        sink.at(
            given,
            "Nesterov's form needs a momentum above 0".into(),
            "",
            help.into(),
        );
        return None;
    }
    let groups = groups(&options.node("groups")?, patterns, sink)?;
    // How nothing decays makes no difference.
    let decays = weight_decay > 0.0
        || groups
            .iter()
            .any(|g| g.weight_decay.is_some_and(|decay| decay > 0.0));
    Some(Optimizer {
        rule,
        lr,
        weight_decay,
        decoupled: decays && options.bool("decoupled").unwrap_or(false),
        decay_norm_and_bias: !decays || options.bool("decay_norm_and_bias")?,
        clip_norm: options.f64("clip_norm"),
        groups,
    })
}

/// Groups of layers; one that changes nothing stays, since it takes its layers out of the groups
/// before it.
fn groups(node: &Node, patterns: &mut Patterns, sink: &mut Sink) -> Option<Vec<Group>> {
    let group = |node: &Node| {
        let options = Reader::new(node, tables::GROUP);
        let layers = patterns.read(options.given("layers")?, sink);
        Some(Group {
            layers,
            lr_factor: options.f64("lr_factor")?,
            weight_decay: options.f64("weight_decay"),
        })
    };
    node.items().iter().map(group).collect()
}

/// A schedule within a phase of `epochs` epochs.
fn schedule(node: &Node, epochs: u32, sink: &mut Sink) -> Option<Schedule> {
    let (name, options) = named(node, &tables::SCHEDULES)?;
    let warmup = warmup(&options, sink)?;
    let span = options.u32("epochs").unwrap_or(epochs);
    let min_lr = options.f64("min_lr").unwrap_or(0.0);
    let course = match name {
        "step" => Course::Step {
            every_epochs: options.u32("every_epochs")?,
            factor: options.f64("factor")?,
        },
        "multi-step" => {
            let after = options.node("after_epochs")?;
            let epochs: Vec<u32> = after
                .items()
                .iter()
                .filter_map(|n| u32::try_from(n.int()?).ok())
                .collect();
            if !epochs.is_sorted_by(|a, b| a < b) {
                let help = "write them from the first to the last, each once";
                sink.at(
                    &after,
                    "`after_epochs` does not rise".into(),
                    "",
                    help.into(),
                );
                return None;
            }
            Course::MultiStep {
                after_epochs: epochs,
                factor: options.f64("factor")?,
            }
        }
        "exponential" => Course::Exponential {
            factor: options.f64("factor")?,
        },
        "polynomial" => Course::Polynomial {
            epochs: span,
            power: options.f64("power")?,
            min_lr,
        },
        "cosine" => Course::Cosine {
            epochs: span,
            min_lr,
        },
        "cosine-restarts" => Course::CosineRestarts {
            every_epochs: options.u32("every_epochs")?,
            growth: options.u32("growth")?,
            min_lr,
        },
        "one-cycle" => Course::OneCycle {
            epochs: span,
            pct_start: options.f64("pct_start")?,
            div_factor: options.f64("div_factor")?,
            final_div_factor: options.f64("final_div_factor")?,
            anneal: options.choice("anneal")?,
        },
        "triangular" => Course::Triangular {
            cycle_epochs: options.f64("cycle_epochs")?,
            min_lr,
            shrink: options.f64("shrink")?,
        },
        "plateau" => Course::Plateau {
            metric: Metric::natural(&options.text("metric")?),
            factor: options.f64("factor")?,
            patience: options.u32("patience")?,
            min_delta: options.f64("min_delta")?,
            cooldown_epochs: options.u32("cooldown_epochs")?,
            min_lr,
        },
        _ => Course::Constant,
    };
    let schedule = Schedule { course, warmup };
    match (&schedule.warmup, schedule.span()) {
        (
            Some(Warmup {
                length: Length::Epochs(warm),
                ..
            }),
            Some(span),
        ) if *warm >= f64::from(span) => {
            let given = options.given("warmup_epochs")?;
            let title = format!("a warm-up of {warm} epochs leaves nothing of a course of {span}");
            sink.at(given, title, "", format!("fewer epochs than {span}"));
            None
        }
        _ => Some(schedule),
    }
}

/// The warm-up of a schedule: `None` where it is wrong, `Some(None)` where there is none.
fn warmup(options: &Reader, sink: &mut Sink) -> Option<Option<Warmup>> {
    let from = options.f64("warmup_from")?;
    let length = match (
        options.given("warmup_epochs"),
        options.given("warmup_steps"),
    ) {
        (Some(epochs), Some(_)) => {
            let help = "give `warmup_epochs` or `warmup_steps`";
            sink.at(
                epochs,
                "the warm-up has two lengths".into(),
                "",
                help.into(),
            );
            return None;
        }
        (Some(epochs), None) => epochs.float().filter(|e| *e > 0.0).map(Length::Epochs),
        (None, _) => options.u32("warmup_steps").map(Length::Steps),
    };
    Some(length.map(|length| Warmup { length, from }))
}
