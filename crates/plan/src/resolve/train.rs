//! `[train]`: the first phase and the phases after it, each laid over the one before.

use super::internal::not_resolved;
use super::layer_patterns::{LayerPattern, LayerPatterns};
use super::loss::loss;
use super::optimizer::optimizer;
use super::schedule::schedule;
use super::transfer::{ResolvedTransfer, TransferReader};
use crate::document::alternatives::Alternatives;
use crate::document::overlay::overlay;
use crate::language::check::Checker;
use crate::language::field::ValueKind;
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::metric::{Metric, VAL_ACCURACY};
use convsweep_spec::train::{EarlyStopping, Phase, TrainSpec};

/// Resolved `[train]`, with what must fit the network.
#[derive(Clone, Debug)]
pub(super) struct ResolvedTrain {
    pub spec: TrainSpec,
    /// Patterns that must each name a layer of the network.
    pub patterns: Vec<LayerPattern>,
    /// Where weights come from, if they are not random.
    pub from: Option<ResolvedTransfer>,
}

/// Resolves `[train]` for a number of classes, if that is known.
pub(super) fn train(
    node: &Node,
    alternatives: &Alternatives,
    classes: Option<usize>,
    transfers: &mut TransferReader,
    sink: &mut ProblemSink,
) -> Option<ResolvedTrain> {
    let node = alternatives.with_optimizers(node);
    if !Checker::whole(sink).section(&node, tables::TRAIN, "train") {
        return None;
    }
    let reader = TableReader::new(&node, tables::TRAIN);
    let mut patterns = LayerPatterns::default();
    let phases = phases(&reader, &mut patterns, sink)?;
    let stopping = stopping(&reader, sink)?;
    let from = match reader.given("from") {
        Some(node) => Some(transfers.read(node, &mut patterns, sink)?),
        None => None,
    };
    let spec = TrainSpec {
        batch_size: reader.u32("batch_size")?,
        accumulate: reader.u32("accumulate")?,
        ema: reader.f64("ema"),
        from: from.as_ref().map(|from| from.transfer.clone()),
        loss: loss(&reader.node("loss")?, classes, sink)?,
        early_stopping: stopping.early,
        best: stopping.best,
        tta_flip: flips(&reader.node("evaluate")?, sink)?,
        phases: phases.into_iter().collect::<Option<_>>()?,
        kernels: reader.choice("kernels")?,
        precision: reader.choice("precision")?,
    };
    (!patterns.has_problems).then_some(ResolvedTrain {
        spec,
        patterns: patterns.found,
        from,
    })
}

/// All phases, the first of which `[train]` itself describes; `None` for one that is wrong.
fn phases(
    reader: &TableReader,
    patterns: &mut LayerPatterns,
    sink: &mut ProblemSink,
) -> Option<Vec<Option<Phase>>> {
    let mut optimizer = reader.node("optimizer")?;
    let mut schedule = reader.node("schedule")?;
    patterns.freeze(reader.given("freeze"), sink);
    let epochs = reader.u32("epochs")?;
    let mut phases = vec![phase(epochs, &optimizer, &schedule, patterns, sink)];
    for (i, node) in reader.node("phases")?.items().iter().enumerate() {
        let reader = TableReader::new(node, tables::PHASE);
        if let Some(over) = reader.given("optimizer") {
            optimizer = overlay(Some(&optimizer), over, "optimizer");
        }
        if let Some(over) = reader.given("schedule") {
            schedule = overlay(Some(&schedule), over, "schedule");
        }
        let right = check_phase(&optimizer, &schedule, i, sink);
        patterns.unfreeze(reader.given("unfreeze"), sink);
        patterns.freeze(reader.given("freeze"), sink);
        let epochs = reader.u32("epochs")?;
        phases.push(if right {
            phase(epochs, &optimizer, &schedule, patterns, sink)
        } else {
            None
        });
    }
    Some(phases)
}

/// Whether the optimizer and the schedule of a further phase are complete.
fn check_phase(optimizer: &Node, schedule: &Node, i: usize, sink: &mut ProblemSink) -> bool {
    let path = ValuePath::of("train.phases").index(i);
    let mut checker = Checker::whole(sink);
    let kind = ValueKind::Named(&tables::OPTIMIZERS);
    let optimizer_right = checker.value(optimizer, &kind, &path.key("optimizer"), "");
    let kind = ValueKind::Named(&tables::SCHEDULES);
    let schedule_right = checker.value(schedule, &kind, &path.key("schedule"), "");
    optimizer_right && schedule_right
}

fn phase(
    epochs: u32,
    optimizer_node: &Node,
    schedule_node: &Node,
    patterns: &mut LayerPatterns,
    sink: &mut ProblemSink,
) -> Option<Phase> {
    // Both are looked at, so that the problems of both are reported.
    let optimizer = optimizer(optimizer_node, patterns, sink);
    let schedule = schedule(schedule_node, epochs, sink);
    Some(Phase {
        epochs,
        optimizer: optimizer?,
        schedule: schedule?,
        freeze: patterns.frozen.clone(),
    })
}

struct Stopping {
    early: Option<EarlyStopping>,
    /// The metric whose best epoch provides the weights; `None` for the last epoch.
    best: Option<Metric>,
}

/// Early stopping, and which weights are kept.
fn stopping(reader: &TableReader, sink: &mut ProblemSink) -> Option<Stopping> {
    let node = reader.given("early_stopping").filter(|n| n.is_table());
    let (mut early, mut restored) = (None, None);
    if let Some(node) = node {
        let options = TableReader::new(node, tables::EARLY_STOPPING);
        let metric = Metric::natural(&options.text("metric")?);
        restored = options.bool("restore_best")?.then(|| metric.clone());
        early = Some(EarlyStopping {
            metric,
            patience: options.u32("patience")?,
            min_delta: options.f64("min_delta")?,
        });
    }
    let best = match reader.given("checkpoint") {
        Some(checkpoint) => best_metric(checkpoint, restored.as_ref(), sink)?,
        None => restored.clone(),
    };
    let given = node.and_then(|node| node.get("restore_best"));
    if let Some(given) = given.filter(|_| restored.is_some() && best != restored) {
        let title = "`restore_best` and `checkpoint` ask for different weights";
        let problem = Problem::of(ProblemCode::Conflict, given, title);
        sink.report(problem.help("leave one of them out"));
        return None;
    }
    Some(Stopping { early, best })
}

/// The metric that `checkpoint` asks for; the inner `None` for the last epoch.
fn best_metric(
    checkpoint: &Node,
    restored: Option<&Metric>,
    sink: &mut ProblemSink,
) -> Option<Option<Metric>> {
    match checkpoint.text() {
        Some("last") => Some(None),
        Some("best") => Some(Some(match restored {
            Some(metric) => metric.clone(),
            None => Metric::natural(VAL_ACCURACY),
        })),
        Some(other) => not_resolved(checkpoint, "choice of weights", other, sink),
        None => {
            let options = TableReader::new(checkpoint, tables::BEST);
            Some(Some(Metric::natural(&options.text("best")?)))
        }
    }
}

/// Whether evaluation averages over mirror images.
fn flips(evaluate: &Node, sink: &mut ProblemSink) -> Option<bool> {
    let tta = TableReader::new(evaluate, tables::EVALUATE).node("tta")?;
    match tta.text()? {
        "none" => Some(false),
        "flip" => Some(true),
        other => not_resolved(&tta, "test-time augmentation", other, sink),
    }
}
