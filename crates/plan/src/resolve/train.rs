//! `[train]`: phase 0 and the phases after it, each laid over the one before.

use crate::check::{Sink, check};
use crate::merge::{Alternatives, overlay};
use crate::read::{Reader, named};
use crate::schema::{Kind, tables};
use crate::tree::{Entry, Node, Value};
use convsweep_spec::train::{Optimizer, Phase, Schedule, TrainSpec};
use std::sync::Arc;

/// Resolves `[train]`.
pub(crate) fn train(node: &Node, others: &Alternatives, sink: &mut Sink) -> Option<TrainSpec> {
    let node = with_optimizers(node, others);
    if !check(&node, &Kind::Table(tables::TRAIN), "train", "", sink) {
        return None;
    }
    let reader = Reader::new(&node, tables::TRAIN);
    let mut optimizer = reader.node("optimizer")?;
    let mut schedule = reader.node("schedule")?;
    let first = phase(reader.u32("epochs")?, &optimizer, &schedule, sink);
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
        let right = check(&optimizer, &Kind::Named(&tables::OPTIMIZERS), &name("optimizer"), "", sink)
            & check(&schedule, &Kind::Named(&tables::SCHEDULES), &name("schedule"), "", sink);
        phases.push(if right { phase(reader.u32("epochs")?, &optimizer, &schedule, sink) } else { None });
    }
    Some(TrainSpec { batch_size: reader.u32("batch_size")?, phases: phases.into_iter().collect::<Option<_>>()? })
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
        let entry = Entry { node: Node { value: items, ..entry.node.clone() }, ..entry.clone() };
        node.put(entry);
    }
    node
}

fn expand(table: &mut Node, others: &Alternatives) {
    if let Some(entry) = table.entry("optimizer") {
        let entry = Entry { node: others.optimizer(&entry.node), ..entry.clone() };
        table.put(entry);
    }
}

fn phase(epochs: u32, optimizer: &Node, schedule: &Node, sink: &mut Sink) -> Option<Phase> {
    Some(Phase { epochs, optimizer: self::optimizer(optimizer, sink)?, schedule: self::schedule(schedule)? })
}

fn optimizer(node: &Node, sink: &mut Sink) -> Option<Optimizer> {
    let (name, options) = named(node, &tables::OPTIMIZERS)?;
    let (lr, weight_decay) = (options.f64("lr")?, options.f64("weight_decay")?);
    if name == "adam" {
        let (beta1, beta2) = (options.f64("beta1")?, options.f64("beta2")?);
        return Some(Optimizer::Adam { lr, beta1, beta2, epsilon: options.f64("epsilon")?, weight_decay });
    }
    let (momentum, nesterov) = (options.f64("momentum")?, options.bool("nesterov")?);
    if let Some(given) = options.given("nesterov").filter(|_| nesterov && momentum == 0.0) {
        let help = "momentum = 0.9, or nesterov = false";
        sink.at(given, "Nesterov's form needs a momentum above 0".into(), "", help.into());
        return None;
    }
    Some(Optimizer::Sgd { lr, momentum, nesterov, weight_decay })
}

fn schedule(node: &Node) -> Option<Schedule> {
    let (name, options) = named(node, &tables::SCHEDULES)?;
    Some(match name {
        "step" => Schedule::Step { every_epochs: options.u32("every_epochs")?, factor: options.f64("factor")? },
        _ => Schedule::Constant,
    })
}
