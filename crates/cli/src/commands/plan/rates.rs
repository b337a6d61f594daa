//! The learning rates of a plan, epoch by epoch.

use super::groups::groups;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::task::{RangeTest, Task};
use convsweep_spec::train::{Clock, Phase, Schedule, TrainSpec};
use convsweep_spec::words::{counted, short};

/// Maximum number of lines for the rates of one phase.
const MAX_LINES: usize = 10;
/// Steps of an epoch; how many there really are makes no visible difference here.
const STEPS: u32 = 1000;

/// The distinct learning-rate schedules of a plan, at most `most` of them; nothing if all rates are
/// constant.
pub fn rate_tables(plan: &Plan, most: usize) -> String {
    if plan.configurations.iter().all(is_constant) {
        return String::new();
    }
    let mut groups = groups(plan, rates);
    groups.retain(|group| !is_constant(group.first));
    let mut text = String::new();
    for group in groups.iter().take(most) {
        text += &format!(
            "\n\nlearning rate of {}\n{}",
            group.names,
            rates(group.first)
        );
    }
    let left = groups.len().saturating_sub(most);
    if left > 0 {
        let left = counted(left as u64, "more learning-rate schedule");
        text += &format!("\n\nand {left} (--all shows them)");
    }
    text
}

/// Whether the configuration trains with one rate.
fn is_constant(planned: &Planned) -> bool {
    let resolved = &planned.member.resolved;
    match &resolved.train.phases[..] {
        [phase] => resolved.task == Task::Train && phase.schedule == Schedule::CONSTANT,
        _ => false,
    }
}

fn rates(planned: &Planned) -> String {
    let resolved = &planned.member.resolved;
    if let Some(test) = resolved.task.range_test() {
        return range_test_lines(test, &resolved.train).join("\n");
    }
    let (mut lines, mut first_epoch) = (Vec::new(), 0);
    for phase in &resolved.train.phases {
        lines.extend(phase_lines(phase, first_epoch));
        first_epoch += phase.epochs;
    }
    lines.join("\n")
}

fn range_test_lines(test: RangeTest, train: &TrainSpec) -> Vec<String> {
    let mut lines = Vec::new();
    for phase in &train.phases {
        lines.push(format!(
            "  range test of {} steps: {} to {} ({})",
            test.steps,
            short(test.from),
            short(phase.optimizer.lr),
            phase.optimizer.name()
        ));
    }
    lines
}

/// Lines for one phase, which begins after `before` epochs.
fn phase_lines(phase: &Phase, before: u32) -> Vec<String> {
    let ends = constant_spans(phase);
    let spans_per_line = ends.len().div_ceil(MAX_LINES);
    let (mut lines, mut since) = (Vec::new(), 0);
    for (number, &end) in ends.iter().enumerate() {
        let is_shown = (number + 1) % spans_per_line == 0 || end == phase.epochs;
        if !is_shown {
            continue;
        }
        let (from, to) = (before + since + 1, before + end);
        let rates = match (rate(phase, since, false), rate(phase, end - 1, true)) {
            (first, last) if first == last => short(first),
            (first, last) => format!("{first:.3e} to {last:.3e}"),
        };
        let plateaus = match phase.schedule.metric() {
            Some(_) => ", lower at each plateau",
            None => "",
        };
        let optimizer = phase.optimizer.name();
        lines.push(format!(
            "  epochs {from} to {to}: {rates} ({optimizer}{plateaus})"
        ));
        since = end;
    }
    lines
}

/// The epochs (from 1) after which the rate changes, and the last one.
fn constant_spans(phase: &Phase) -> Vec<u32> {
    let mut ends = Vec::new();
    for end in 1..=phase.epochs {
        let first = rate(phase, end - 1, false);
        let changes = rate(phase, end - 1, true) != first
            || rate(phase, end, false) != first
            || rate(phase, end, true) != first;
        if changes || end == phase.epochs {
            ends.push(end);
        }
    }
    ends
}

/// The rate at the first or at the last step of an epoch (from 0) of the phase.
fn rate(phase: &Phase, epoch: u32, at_last_step: bool) -> f64 {
    let step = if at_last_step { STEPS - 1 } else { 0 };
    let clock = Clock {
        step: u64::from(epoch * STEPS + step),
        steps_per_epoch: STEPS,
        measured: &[],
    };
    phase.schedule.rate(phase.optimizer.lr, &clock)
}
