//! When it will be done: from what finished jobs took and how far running ones are. Pure functions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is known of a run.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Work of all finished jobs, and what they took in seconds.
    pub finished: (f64, f64),
    /// RunningJob jobs.
    pub running: Vec<RunningJob>,
    /// Work of each job that waits, in the order in which they will start.
    pub waiting: Vec<f64>,
    /// Slots that take jobs.
    pub slots: usize,
}

/// A running job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunningJob {
    /// Its work, in the unit of all others: for example epochs × images × multiply-accumulates.
    pub work: f64,
    /// Seconds since its attempt began.
    pub seconds: f64,
    /// Share of its work that was done when the attempt began, 0 to 1.
    pub from: f64,
    /// Share of its work that is done now, 0 to 1.
    pub done: f64,
}

/// Share of a job that is done: `epoch` completed epochs of `epochs`, and `step` completed steps of
/// `steps` of the next.
pub fn share(epoch: u32, step: u32, steps: u32, epochs: u32) -> f64 {
    let part = if steps == 0 {
        0.0
    } else {
        f64::from(step) / f64::from(steps)
    };
    if epochs == 0 {
        0.0
    } else {
        ((f64::from(epoch) + part) / f64::from(epochs)).clamp(0.0, 1.0)
    }
}

impl RunningJob {
    /// Seconds until it ends, from its own speed; `None` before it has done a hundredth of itself.
    pub fn seconds_left(&self) -> Option<f64> {
        let gained = self.done - self.from;
        (gained >= 0.01 && self.seconds > 0.0)
            .then(|| self.seconds / gained * (1.0 - self.done).max(0.0))
    }
}

impl Workload {
    /// Seconds until the last job ends; `None` while nothing is known of the speed.
    ///
    /// One unit of work takes what finished and running jobs took for theirs; each running job goes
    /// on at its own speed; waiting jobs go to whichever slot is free first.
    pub fn seconds_left(&self) -> Option<f64> {
        let rate = self.seconds_per_work();
        let ends = self.running.iter().map(|job| {
            let by_rate = || Some(rate? * job.work * (1.0 - job.done).max(0.0));
            job.seconds_left().or_else(by_rate)
        });
        let mut busy: Vec<f64> = ends.collect::<Option<_>>()?;
        busy.resize(busy.len().max(self.slots), 0.0);
        let mut free: BinaryHeap<Reverse<Seconds>> =
            busy.into_iter().map(|s| Reverse(Seconds(s))).collect();
        for work in &self.waiting {
            let Reverse(Seconds(start)) = free.pop()?;
            free.push(Reverse(Seconds(start + rate? * work)));
        }
        free.into_iter()
            .map(|Reverse(Seconds(s))| s)
            .reduce(f64::max)
    }

    fn seconds_per_work(&self) -> Option<f64> {
        let running = self
            .running
            .iter()
            .filter(|job| job.seconds_left().is_some());
        let running = running.map(|job| (job.work * (job.done - job.from), job.seconds));
        let (work, seconds) =
            running.fold(self.finished, |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (work > 0.0 && seconds > 0.0).then(|| seconds / work)
    }
}

/// Seconds in a total order.
#[derive(PartialEq)]
struct Seconds(f64);

impl Eq for Seconds {}

impl PartialOrd for Seconds {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seconds {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(work: f64, seconds: f64, from: f64, done: f64) -> RunningJob {
        RunningJob {
            work,
            seconds,
            from,
            done,
        }
    }

    fn check(load: Workload, expect: Option<f64>) {
        let got = load.seconds_left();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            matches!((got, expect), (None, None))
                || got.zip(expect).is_some_and(|(a, b)| near(a, b)),
            "{got:?}"
        );
    }

    #[test]
    fn time_left_follows_speed_and_slots() {
        let done = (10.0, 20.0);
        check(
            Workload {
                waiting: vec![1.0],
                slots: 2,
                ..Workload::default()
            },
            None,
        );
        check(
            Workload {
                finished: done,
                waiting: vec![10.0; 5],
                slots: 2,
                ..Workload::default()
            },
            Some(60.0),
        );
        check(
            Workload {
                finished: done,
                waiting: vec![10.0, 30.0],
                slots: 3,
                ..Workload::default()
            },
            Some(60.0),
        );
        check(
            Workload {
                running: vec![running(10.0, 5.0, 0.0, 0.25)],
                slots: 1,
                ..Workload::default()
            },
            Some(15.0),
        );
        // Half was done by an earlier attempt: the other half takes twice what its half took.
        check(
            Workload {
                running: vec![running(10.0, 5.0, 0.5, 0.75)],
                slots: 1,
                ..Workload::default()
            },
            Some(5.0),
        );
        let early = vec![running(10.0, 0.1, 0.0, 0.001)];
        check(
            Workload {
                running: early.clone(),
                slots: 1,
                ..Workload::default()
            },
            None,
        );
        check(
            Workload {
                finished: done,
                running: early,
                waiting: vec![5.0],
                slots: 1,
            },
            Some(19.98 + 10.0),
        );
        check(
            Workload {
                finished: (1.0, 1.0),
                slots: 1,
                ..Workload::default()
            },
            Some(0.0),
        );
        check(
            Workload {
                finished: (1.0, 1.0),
                waiting: vec![1.0],
                ..Workload::default()
            },
            None,
        );
    }

    #[test]
    fn shares() {
        assert_eq!(
            [share(0, 0, 0, 0), share(1, 5, 10, 3), share(9, 0, 10, 3)],
            [0.0, 0.5, 1.0]
        );
    }
}
