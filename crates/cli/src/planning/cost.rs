//! What a plan will take: time and memory, by what finished jobs of this machine took, else by
//! rough figures.

use super::slots::find_launcher;
use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::planning::difference::Standing;
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_runner::launcher::{Launcher, Slot};

use convsweep_spec::data::SplitScheme;
use convsweep_spec::device::DeviceName;
use convsweep_spec::log::MemberJob;
use convsweep_spec::words::duration;
use convsweep_store::{Reader, Value, literal};
use serde_json::json;
use std::collections::BTreeMap;

/// Jobs that are looked at, the newest first.
const MOST_OBSERVED: usize = 2000;
/// Seconds that a job must have taken to say anything of other networks: a shorter one mostly
/// started.
const TELLING: f64 = 2.0;
/// Memory of a worker before its first batch.
const WORKER_BYTES: f64 = 60e6;

/// Costs of one plan.
#[derive(Debug)]
pub struct Cost {
    /// Kind of device, with the number of slots of that kind.
    slots: Vec<(String, usize)>,
    /// Why there are no slots.
    unusable: Option<String>,
    /// What is known of each kind of device.
    known: BTreeMap<String, Known>,
    /// Seconds until all is trained.
    seconds: Option<f64>,
    /// Whether the time of a job that is to be trained comes from no finished job of this machine.
    rough: bool,
    memory_ratio: Option<f64>,
}

/// What one job takes, on the first kind of device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobCost {
    /// Seconds from the start.
    pub seconds: f64,
    /// Memory of its worker.
    pub memory_bytes: f64,
    /// Whether the time comes from no finished job of this machine.
    rough: bool,
}

/// A finished job.
#[derive(Clone, Debug)]
struct Observed {
    macs: u64,
    parameters: u64,
    batch_size: u32,
    /// Seconds for one training image.
    pace: f64,
    /// Seconds in all.
    seconds: f64,
    memory: f64,
}

/// Paces of a kind of device.
#[derive(Clone, Debug, Default)]
struct Known {
    jobs: Vec<Observed>,
    /// Seconds for an image, and for each of its multiply-accumulates.
    line: Option<(f64, f64)>,
}

impl Cost {
    /// Of what the plan still has to train.
    pub fn of(
        context: &Context,
        plan: &Plan,
        standings: &[(usize, &MemberJob, Standing)],
    ) -> Result<Cost> {
        let (slots, unusable) = match find_launcher(None, None, plan) {
            Ok(launcher) => (launcher.slots(), None),
            Err(error) => (vec![], Some(error.to_string())),
        };
        let mut counts: Vec<(String, usize)> = Vec::new();
        for kind in slots.iter().map(|s| s.device.family.name().to_string()) {
            match counts.iter_mut().find(|(k, _)| *k == kind) {
                Some((_, n)) => *n += 1,
                None => counts.push((kind, 1)),
            }
        }
        let known = observe(context)?;
        let mut cost = Cost {
            slots: counts,
            unusable,
            known,
            seconds: None,
            rough: false,
            memory_ratio: None,
        };
        cost.memory_ratio = cost.memory_ratio(plan);
        let (seconds, rough) = cost.until_done(plan, standings, &slots).unzip();
        (cost.seconds, cost.rough) = (seconds, rough.unwrap_or(false));
        Ok(cost)
    }

    /// What one job of this configuration takes from the start, on the first kind of device.
    pub fn of_job(&self, planned: &Planned) -> JobCost {
        let (pace, rough) = self.pace(self.first_kind(), planned);
        let seconds = pace * images(planned) * f64::from(planned.member.resolved.train.epochs());
        let memory_bytes = rough_memory(planned) * self.memory_ratio.unwrap_or(1.0);
        JobCost {
            seconds,
            memory_bytes,
            rough,
        }
    }

    fn first_kind(&self) -> &str {
        self.slots.first().map_or("cpu", |(kind, _)| kind)
    }

    /// Seconds for one training image, and whether that is a rough figure.
    fn pace(&self, kind: &str, planned: &Planned) -> (f64, bool) {
        let (macs, parameters) = (planned.summary.macs, planned.summary.parameters);
        let batch = planned.member.resolved.train.batch_size;
        if let Some(known) = self.known.get(kind) {
            let alike =
                |o: &&Observed| (o.macs, o.parameters, o.batch_size) == (macs, parameters, batch);
            let paces: Vec<f64> = known.jobs.iter().filter(alike).map(|o| o.pace).collect();
            if let Some(pace) = median(paces) {
                return (pace, false);
            }
            if let Some((image, mac)) = known.line {
                return (image + mac * macs as f64, false);
            }
        }
        let (image, mac) = rough_line(kind);
        (image + mac * macs as f64, true)
    }

    /// Seconds until all is trained, and whether the time of one of the jobs is rough.
    fn until_done(
        &self,
        plan: &Plan,
        standings: &[(usize, &MemberJob, Standing)],
        slots: &[Slot],
    ) -> Option<(f64, bool)> {
        let kinds: Vec<String> = slots
            .iter()
            .map(|s| s.device.family.name().to_string())
            .collect();
        // Each job goes to the slot that is free first, as the runner has it.
        let mut free: std::collections::BinaryHeap<std::cmp::Reverse<(u64, usize)>> = (0..kinds
            .len())
            .map(|i| std::cmp::Reverse((0, i)))
            .collect();
        // Of the configuration at hand, by slot: its jobs stand together.
        let mut paces: (usize, Vec<(f64, bool)>) = (usize::MAX, vec![]);
        let (mut last, mut any_rough) = (0, false);
        for (index, _, standing) in standings.iter().filter(|(_, _, s)| s.is_trained()) {
            let planned = &plan.configurations[*index];
            let std::cmp::Reverse((start, slot)) = free.pop()?;
            if paces.0 != *index {
                paces = (
                    *index,
                    kinds.iter().map(|kind| self.pace(kind, planned)).collect(),
                );
            }
            let (pace, rough) = paces.1[slot];
            any_rough |= rough;
            let epochs = planned.member.resolved.train.epochs();
            let left = match standing {
                Standing::Resumed { epoch } => epochs.saturating_sub(*epoch),
                Standing::Extended(state) => epochs.saturating_sub(state.epoch),
                _ => epochs,
            };
            let milliseconds = (pace * images(planned) * f64::from(left) * 1000.0) as u64;
            free.push(std::cmp::Reverse((
                start.saturating_add(milliseconds),
                slot,
            )));
            last = last.max(start.saturating_add(milliseconds));
        }
        (!kinds.is_empty()).then_some((last as f64 / 1000.0, any_rough))
    }

    /// How far the rough memory is from what jobs of this plan's architectures took.
    fn memory_ratio(&self, plan: &Plan) -> Option<f64> {
        let known = self.known.get(self.first_kind())?;
        let ratio = |planned: &Planned| {
            let (macs, parameters) = (planned.summary.macs, planned.summary.parameters);
            let batch = planned.member.resolved.train.batch_size;
            let alike =
                |o: &&Observed| (o.macs, o.parameters, o.batch_size) == (macs, parameters, batch);
            known
                .jobs
                .iter()
                .find(alike)
                .map(|o| o.memory / rough_memory(planned))
        };
        median(
            plan.configurations
                .iter()
                .take(200)
                .filter_map(ratio)
                .collect(),
        )
    }

    /// Finished jobs behind the times; none where one of them is rough all the same.
    fn calibrated(&self) -> usize {
        match self.rough {
            true => 0,
            false => self
                .known
                .get(self.first_kind())
                .map_or(0, |known| known.jobs.len()),
        }
    }

    /// The plan's last line.
    pub fn words(&self) -> String {
        let slots: Vec<String> = self
            .slots
            .iter()
            .map(|(kind, n)| {
                if *n == 1 {
                    kind.clone()
                } else {
                    format!("{n} × {kind}")
                }
            })
            .collect();
        let whence = match self.calibrated() {
            0 => "roughly: no finished job of this machine tells more".to_string(),
            1 => "by what one finished job of this machine took".to_string(),
            n => format!("by what {n} finished jobs of this machine took"),
        };
        match (self.seconds, &self.unusable) {
            (Some(0.0), _) => "nothing to train".into(),
            (Some(seconds), _) => format!(
                "about {} on {} ({whence})",
                duration(seconds),
                slots.join(" and ")
            ),
            (None, Some(why)) => format!("how long it takes is not known: {why}"),
            (None, None) => "how long it takes is not known: there is no device".into(),
        }
    }

    /// For scripts.
    pub fn json(&self) -> serde_json::Value {
        json!({ "seconds": self.seconds, "slots": self.slots.iter().map(|(k, n)| json!({ "device": k, "slots": n })).collect::<Vec<_>>(),
                "rough": self.calibrated() == 0, "jobs_behind_it": self.calibrated(), "why_not": self.unusable })
    }
}

impl JobCost {
    /// `3 min`; `≈ 3 min` where it is rough.
    pub fn time(&self) -> String {
        format!(
            "{}{}",
            if self.rough { "≈ " } else { "" },
            duration(self.seconds)
        )
    }

    /// Memory in short.
    pub fn memory(&self) -> String {
        match self.memory_bytes / 1e6 {
            mb if mb < 999.5 => format!("{mb:.0} MB"),
            mb => format!("{:.1} GB", mb / 1000.0),
        }
    }
}

/// `cpu`, `cuda`, `libtorch`.
fn kind(device: &str) -> String {
    device.split(':').next().unwrap_or(device).to_string()
}

/// Images that an epoch trains on.
fn images(planned: &Planned) -> f64 {
    let data = &planned.member.resolved.data;
    let pool = f64::from(
        data.limit
            .unwrap_or(planned.facts.train_images)
            .min(planned.facts.train_images),
    );
    match &data.split.scheme {
        SplitScheme::Validation(share) => pool * (1.0 - share),
        SplitScheme::Folds(folds) => pool * f64::from(folds - 1) / f64::from(*folds),
        SplitScheme::Listed(rows) => {
            (pool - SplitScheme::rows(rows).map_or(0, |r| r.len()) as f64).max(1.0)
        }
    }
}

/// Weights with gradients and two moments, every layer's output and its gradient for a batch, and
/// the program itself.
fn rough_memory(planned: &Planned) -> f64 {
    let activations: f64 = planned
        .summary
        .layers
        .iter()
        .map(|l| l.activation_bytes as f64)
        .sum();
    let batch = f64::from(planned.member.resolved.train.batch_size);
    WORKER_BYTES + planned.summary.parameters as f64 * 16.0 + batch * activations * 2.0
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Finished jobs by kind of device: those of this machine, where there are any.
fn observe(context: &Context) -> Result<BTreeMap<String, Known>> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    if !context.results.database().exists() {
        return Ok(known);
    }
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let host = literal(&convsweep_runner::host_name());
    let sql = format!(
        "select a.device, c.macs, c.parameters, c.batch_size, a.seconds, coalesce(a.peak_memory_bytes, 0),
           (select max(m.step) from metrics m where m.job = a.job)
         from attempts a join jobs j using (job) join configurations c using (configuration)
         where a.outcome = 'finished' and a.start = 'scratch' and a.host = {host} order by a.ended desc limit {MOST_OBSERVED}"
    );
    for row in reader.query(&sql).code(Exit::Results)?.rows {
        let [device, macs, parameters, batch, seconds, memory, steps] = &row[..] else {
            continue;
        };
        let (Value::Text(device), Some(seconds), Some(steps)) =
            (device, number(seconds), number(steps))
        else {
            continue;
        };
        let (macs, parameters, batch) = (number(macs), number(parameters), number(batch));
        let (Some(macs), Some(parameters), Some(batch)) = (macs, parameters, batch) else {
            continue;
        };
        let seen = steps * batch;
        if seen > 0.0 && seconds > 0.0 {
            let (macs, parameters, batch_size) = (macs as u64, parameters as u64, batch as u32);
            let memory = number(memory).unwrap_or(0.0);
            let observed = Observed {
                macs,
                parameters,
                batch_size,
                pace: seconds / seen,
                seconds,
                memory,
            };
            known.entry(kind(device)).or_default().jobs.push(observed);
        }
    }
    for (kind, known) in &mut known {
        let telling: Vec<_> = known
            .jobs
            .iter()
            .filter(|job| job.seconds >= TELLING)
            .cloned()
            .collect();
        known.line = line(&telling, rough_line(kind));
    }
    Ok(known)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Real(x) => Some(*x),
        _ => None,
    }
}

/// Seconds for an image and for each multiply-accumulate where nothing is known: a core of 2020
/// trains some ten thousand million multiply-accumulates of the forward pass a second, a GPU a
/// hundred times that.
fn rough_line(kind: &str) -> (f64, f64) {
    let device = kind.parse::<DeviceName>();
    if device.is_ok_and(|device| !device.family.is_cpu()) {
        (2e-6, 1e-12)
    } else {
        (1e-5, 1e-10)
    }
}

/// Seconds for an image and for each multiply-accumulate, by least squares with neither below zero;
/// where the jobs are of one size, the rough line, as much steeper or flatter as they say.
fn line(jobs: &[Observed], (image, mac): (f64, f64)) -> Option<(f64, f64)> {
    let n = jobs.len() as f64;
    let mean = |of: &dyn Fn(&Observed) -> f64| jobs.iter().map(of).sum::<f64>() / n;
    if jobs.is_empty() {
        return None;
    }
    let (x, y) = (mean(&|o| o.macs as f64), mean(&|o| o.pace));
    let xx = mean(&|o| (o.macs as f64 - x).powi(2));
    let xy = mean(&|o| (o.macs as f64 - x) * (o.pace - y));
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    let constant = y - slope * x;
    Some(match () {
        () if xx == 0.0 => {
            let factor = y / (image + mac * x);
            (factor * image, factor * mac)
        }
        () if constant < 0.0 => (0.0, if x > 0.0 { y / x } else { 0.0 }),
        () if slope < 0.0 => (y, 0.0),
        () => (constant, slope),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(macs: u64, pace: f64) -> Observed {
        Observed {
            macs,
            parameters: 1,
            batch_size: 1,
            pace,
            seconds: 60.0,
            memory: 1.0,
        }
    }

    #[test]
    fn paces_lie_on_a_line() {
        let check = |jobs: &[Observed], expect: Option<(f64, f64)>| {
            let found = line(jobs, (1.0, 1e-3));
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-12);
            let same = |((a, b), (c, d)): ((f64, f64), (f64, f64))| near(a, c) && near(b, d);
            assert!(
                found.zip(expect).map_or(found == expect, same),
                "{found:?} is not {expect:?}"
            );
        };
        check(&[], None);
        check(&[job(1000, 0.5)], Some((0.25, 2.5e-4)));
        check(&[job(1000, 0.4), job(1000, 0.6)], Some((0.25, 2.5e-4)));
        check(&[job(1000, 0.3), job(3000, 0.7)], Some((0.1, 2e-4)));
        check(&[job(1000, 0.1), job(3000, 0.7)], Some((0.0, 2e-4)));
        check(&[job(1000, 0.7), job(3000, 0.5)], Some((0.6, 0.0)));
    }

    #[test]
    fn sizes_are_short() {
        let cost = |memory_bytes| JobCost {
            seconds: 61.0,
            memory_bytes,
            rough: true,
        };
        assert_eq!(
            (cost(1.5e8).memory(), cost(2.34e9).memory()),
            ("150 MB".into(), "2.3 GB".into())
        );
        assert_eq!(cost(1.0).time(), "≈ 1 min 1 s");
    }
}
