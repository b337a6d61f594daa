//! `[run]`: how jobs are run.

use super::internal::not_resolved;
use super::quantities::{Quantity, duration, memory, time};
use super::slurm::slurm;
use crate::language::check::Checker;
use crate::language::reader::{TableReader, built_in, natural};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::job::CheckpointEvery;
use convsweep_spec::run_settings::{Retry, RunSettings};
use std::collections::BTreeMap;
use std::time::Duration;

/// Smallest memory limit in bytes, below which no worker starts.
const LEAST_MEMORY: u64 = 256 << 20;
/// Shortest time limit, in seconds.
const LEAST_TIME_LIMIT: f64 = 1.0;
/// Shortest time after which a worker counts as lost, in seconds; it sends a heartbeat every
/// second.
const LEAST_LOST_AFTER: f64 = 3.0;
/// Shortest time between checkpoints.
const LEAST_CHECKPOINT_TIME: Duration = Duration::from_millis(100);

/// Resolves `[run]`, which may be missing.
pub(crate) fn run(node: Option<&Node>, sink: &mut ProblemSink) -> Option<RunSettings> {
    let empty = built_in("{}")?;
    let node = node.unwrap_or(&empty);
    let right = Checker::whole(sink).section(node, tables::RUN, "run");
    let reader = TableReader::new(node, tables::RUN);
    // Texts are read even if something else is wrong, so that their problems are reported too.
    let time_limit = time(
        &reader,
        Quantity::of("run", "time_limit", LEAST_TIME_LIMIT),
        sink,
    );
    let sweep_time_limit = time(
        &reader,
        Quantity::of("run", "sweep_time_limit", LEAST_TIME_LIMIT),
        sink,
    );
    let lost_after = time(
        &reader,
        Quantity::of("run", "lost_after", LEAST_LOST_AFTER),
        sink,
    );
    let checkpoint_every = checkpoint_every(&reader.node("checkpoint_every")?, sink);
    let memory_bytes = memory(
        &reader,
        Quantity::of("run", "memory", LEAST_MEMORY as f64),
        sink,
    );
    let slurm = slurm(&reader.node("slurm")?, sink);
    let devices = devices(&reader.node("devices")?, sink);
    if !right {
        return None;
    }
    Some(RunSettings {
        devices: devices?,
        slots: slots(&reader.node("slots")?),
        threads: reader.u32("threads")?,
        memory_bytes: memory_bytes?,
        short_first: reader.text("order")? == "short-first",
        retry: retry(&reader.node("retry")?)?,
        stop_after: stop_after(&reader.node("on_failure")?, sink)?,
        time_limit: time_limit?,
        sweep_time_limit: sweep_time_limit?,
        checkpoint_every: checkpoint_every?,
        lost_after: lost_after??,
        breaker: reader.u32("breaker")?,
        slurm: slurm?,
    })
}

/// Families whose number of slots is not a number, such as "cores", are left to their default.
fn slots(node: &Node) -> BTreeMap<DeviceFamily, u32> {
    let reader = TableReader::new(node, tables::SLOTS);
    let mut slots = BTreeMap::new();
    for family in DeviceFamily::ALL {
        if let Some(count) = reader.u32(family.name()) {
            slots.insert(family, count);
        }
    }
    slots
}

fn retry(node: &Node) -> Option<Retry> {
    let retry = TableReader::new(node, tables::RETRY);
    Some(Retry {
        crashed: retry.u32("crashed")?,
        lost: retry.u32("lost")?,
        failed: retry.u32("failed")?,
        timed_out: retry.u32("timed-out")?,
    })
}

/// Number of failures after which no more jobs start; the inner `None` for no limit.
fn stop_after(node: &Node, sink: &mut ProblemSink) -> Option<Option<u32>> {
    match node.text() {
        Some("continue") => Some(None),
        Some("stop") => Some(Some(1)),
        Some(other) => not_resolved(node, "reaction to a failure", other, sink),
        None => {
            let table = TableReader::new(node, tables::AFTER_FAILURES);
            Some(Some(natural(table.given("after")?)?))
        }
    }
}

/// The listed devices; the inner `None` for `"auto"`.
fn devices(node: &Node, sink: &mut ProblemSink) -> Option<Option<Vec<DeviceName>>> {
    if node.text().is_some() {
        return Some(None);
    }
    let mut names = Vec::new();
    let mut right = true;
    for item in node.items() {
        let text = item.text()?;
        match text.parse::<DeviceName>() {
            Ok(name) => names.push(name),
            Err(_) => {
                right = false;
                sink.report(unknown_device(item, text));
            }
        }
    }
    right.then_some(Some(names))
}

fn unknown_device(node: &Node, text: &str) -> Problem {
    let title = format!("`run.devices` names an unknown device \"{text}\"");
    let families = DeviceFamily::ALL.map(|family| format!("\"{}\"", family.name()));
    let families = families.join(", ");
    let help = format!(
        "devices are {families} and \"cuda:0\", \"cuda:1\", …, \"cuda:0@libtorch\", \
         \"cuda:0@cubecl\"; \
         `convsweep devices` lists those of this machine"
    );
    Problem::of(ProblemCode::UnknownName, node, title).help(help)
}

fn checkpoint_every(node: &Node, sink: &mut ProblemSink) -> Option<CheckpointEvery> {
    let text = node.text()?;
    let epochs = text
        .strip_suffix("epochs")
        .or_else(|| text.strip_suffix("epoch"));
    if let Some(number) = epochs {
        if let Some(n) = number.trim().parse().ok().filter(|n| *n > 0) {
            return Some(CheckpointEvery::Epochs(n));
        }
    } else if let Some(length) = duration(text).filter(|d| *d >= LEAST_CHECKPOINT_TIME) {
        return Some(CheckpointEvery::Seconds(length.as_secs_f64()));
    }
    let title = format!("`run.checkpoint_every` cannot be \"{text}\"");
    let help = "write it like \"1 epoch\", \"5 epochs\", \"30 s\" or \"10 min\"";
    sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    None
}
