//! Learning-rate schedules of `[train]`.

use super::internal::not_resolved;
use crate::language::reader::{TableReader, named, natural};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::metric::Metric;
use convsweep_spec::train::{Course, Length, Schedule, Warmup};
use convsweep_spec::words::counted;

/// The schedule of a phase with this many epochs.
pub(super) fn schedule(node: &Node, epochs: u32, sink: &mut ProblemSink) -> Option<Schedule> {
    let (name, options) = named(node, &tables::SCHEDULES)?;
    let schedule = Schedule {
        course: course(node, name, &options, epochs, sink)?,
        warmup: warmup(&options, sink)?,
    };
    match warmup_problem(&schedule, &options) {
        Some(problem) => {
            sink.report(problem);
            None
        }
        None => Some(schedule),
    }
}

fn course(
    node: &Node,
    name: &str,
    options: &TableReader,
    epochs: u32,
    sink: &mut ProblemSink,
) -> Option<Course> {
    let span = options.u32("epochs").unwrap_or(epochs);
    Some(match name {
        "constant" => Course::Constant,
        "step" => Course::Step {
            every_epochs: options.u32("every_epochs")?,
            factor: options.f64("factor")?,
        },
        "multi-step" => Course::MultiStep {
            after_epochs: ascending(&options.node("after_epochs")?, sink)?,
            factor: options.f64("factor")?,
        },
        "exponential" => Course::Exponential {
            factor: options.f64("factor")?,
        },
        "polynomial" => Course::Polynomial {
            epochs: span,
            power: options.f64("power")?,
            min_lr: options.f64("min_lr")?,
        },
        "cosine" => Course::Cosine {
            epochs: span,
            min_lr: options.f64("min_lr")?,
        },
        "cosine-restarts" => Course::CosineRestarts {
            every_epochs: options.u32("every_epochs")?,
            growth: options.u32("growth")?,
            min_lr: options.f64("min_lr")?,
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
            min_lr: options.f64("min_lr")?,
            shrink: options.f64("shrink")?,
        },
        "plateau" => Course::Plateau {
            metric: Metric::natural(&options.text("metric")?),
            factor: options.f64("factor")?,
            patience: options.u32("patience")?,
            min_delta: options.f64("min_delta")?,
            cooldown_epochs: options.u32("cooldown_epochs")?,
            min_lr: options.f64("min_lr")?,
        },
        other => return not_resolved(node, tables::SCHEDULES.noun, other, sink),
    })
}

fn ascending(node: &Node, sink: &mut ProblemSink) -> Option<Vec<u32>> {
    let epochs: Vec<u32> = node.items().iter().map(natural).collect::<Option<_>>()?;
    if epochs.is_sorted_by(|a, b| a < b) {
        return Some(epochs);
    }
    let title = "`after_epochs` is not in ascending order";
    let problem = Problem::of(ProblemCode::WrongValue, node, title);
    sink.report(problem.help("list each epoch once, from the first to the last"));
    None
}

/// The warm-up of a schedule; the inner `None` if there is none.
fn warmup(options: &TableReader, sink: &mut ProblemSink) -> Option<Option<Warmup>> {
    let from = options.f64("warmup_from")?;
    let epochs = options.given("warmup_epochs");
    let steps = options.given("warmup_steps");
    let length = match (epochs, steps) {
        (Some(epochs), Some(_)) => {
            let title = "the warm-up has two lengths";
            let problem = Problem::of(ProblemCode::Conflict, epochs, title);
            sink.report(problem.help("give either `warmup_epochs` or `warmup_steps`"));
            return None;
        }
        (Some(epochs), None) => Length::Epochs(epochs.float()?),
        (None, Some(steps)) => Length::Steps(natural(steps)?),
        (None, None) => return Some(None),
    };
    let is_empty = length == Length::Epochs(0.0);
    Some((!is_empty).then_some(Warmup { length, from }))
}

/// The problem of a warm-up that is as long as the schedule itself.
fn warmup_problem(schedule: &Schedule, options: &TableReader) -> Option<Problem> {
    let Length::Epochs(warmup) = schedule.warmup.as_ref()?.length else {
        return None;
    };
    let span = schedule.span()?;
    if warmup < f64::from(span) {
        return None;
    }
    let span = counted(span.into(), "epoch");
    let title = format!("a warm-up of {warmup} epochs leaves nothing of a schedule of {span}");
    let node = options.given("warmup_epochs")?;
    let problem = Problem::of(ProblemCode::WrongValue, node, title);
    Some(
        problem
            .about("warmup_epochs")
            .help(format!("use fewer than {span}")),
    )
}
