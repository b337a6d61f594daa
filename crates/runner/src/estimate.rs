//! Estimates when a run will be done, from how long finished jobs took and how far running ones
//! are.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// The jobs of a run, as far as the estimate needs them.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Work of all finished jobs.
    pub finished_work: f64,
    /// Seconds that the finished jobs took.
    pub finished_seconds: f64,
    /// Running jobs.
    pub running: Vec<RunningJob>,
    /// Work of each waiting job, in the order in which they will start.
    pub waiting: Vec<f64>,
    /// Number of slots that take jobs.
    pub slots: usize,
}

/// A running job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunningJob {
    /// Its work, in the unit of all others: for example epochs × images × multiply-accumulates.
    pub work: f64,
    /// Seconds since its attempt began.
    pub seconds: f64,
    /// Fraction of its work that was done when the attempt began, 0 to 1.
    pub initial: f64,
    /// Fraction of its work that is done now, 0 to 1.
    pub done: f64,
}

/// Fraction of a job that is done: `epoch` completed epochs of `epochs`, and `step` completed steps
/// of the `steps` of the next epoch.
pub fn fraction_done(epoch: u32, step: u32, steps: u32, epochs: u32) -> f64 {
    if epochs == 0 {
        return 0.0;
    }
    let of_epoch = match steps {
        0 => 0.0,
        _ => f64::from(step) / f64::from(steps),
    };
    ((f64::from(epoch) + of_epoch) / f64::from(epochs)).clamp(0.0, 1.0)
}

impl RunningJob {
    /// Seconds until it ends, from its own speed; `None` before the attempt has done a hundredth of
    /// the job.
    pub fn seconds_left(&self) -> Option<f64> {
        let gained = self.done - self.initial;
        let is_known = gained >= 0.01 && self.seconds > 0.0;
        is_known.then(|| self.seconds / gained * self.undone())
    }

    fn undone(&self) -> f64 {
        (1.0 - self.done).max(0.0)
    }
}

impl Workload {
    /// Seconds until the last job ends; `None` while no speed is known.
    ///
    /// Each running job continues at its own speed. A waiting job starts on the slot that is free
    /// first, and takes as long for its work as finished and running jobs took for theirs.
    pub fn seconds_left(&self) -> Option<f64> {
        let rate = self.seconds_per_work();
        let mut free: BinaryHeap<Reverse<Seconds>> = BinaryHeap::new();
        for job in &self.running {
            let seconds = match job.seconds_left() {
                Some(seconds) => seconds,
                None => rate? * job.work * job.undone(),
            };
            free.push(Reverse(Seconds(seconds)));
        }
        while free.len() < self.slots {
            free.push(Reverse(Seconds(0.0)));
        }
        for work in &self.waiting {
            let Reverse(Seconds(start)) = free.pop()?;
            free.push(Reverse(Seconds(start + rate? * work)));
        }
        let ends = free.into_iter().map(|Reverse(Seconds(end))| end);
        ends.reduce(f64::max)
    }

    fn seconds_per_work(&self) -> Option<f64> {
        let (mut work, mut seconds) = (self.finished_work, self.finished_seconds);
        for job in &self.running {
            if job.seconds_left().is_some() {
                work += job.work * (job.done - job.initial);
                seconds += job.seconds;
            }
        }
        (work > 0.0 && seconds > 0.0).then(|| seconds / work)
    }
}

/// Seconds, totally ordered.
#[derive(PartialEq)]
struct Seconds(f64);

impl Eq for Seconds {}

impl PartialOrd for Seconds {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seconds {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(work: f64, seconds: f64, initial: f64, done: f64) -> RunningJob {
        RunningJob {
            work,
            seconds,
            initial,
            done,
        }
    }

    /// Ten units of work took 20 seconds; one slot.
    fn known() -> Workload {
        Workload {
            finished_work: 10.0,
            finished_seconds: 20.0,
            slots: 1,
            ..Workload::default()
        }
    }

    fn unknown() -> Workload {
        Workload {
            slots: 1,
            ..Workload::default()
        }
    }

    fn check(workload: Workload, expect: Option<f64>) {
        let got = workload.seconds_left();
        let is_near = match (got, expect) {
            (Some(got), Some(expect)) => (got - expect).abs() < 1e-9,
            (got, expect) => got == expect,
        };
        assert!(is_near, "{got:?} instead of {expect:?}");
    }

    fn check_waiting(waiting: &[f64], slots: usize, expect: f64) {
        let workload = Workload {
            waiting: waiting.to_vec(),
            slots,
            ..known()
        };
        check(workload, Some(expect));
    }

    fn check_running(base: Workload, job: RunningJob, waiting: &[f64], expect: Option<f64>) {
        let workload = Workload {
            running: vec![job],
            waiting: waiting.to_vec(),
            ..base
        };
        check(workload, expect);
    }

    #[test]
    fn waiting_jobs_go_to_the_slot_that_is_free_first() {
        check_waiting(&[], 1, 0.0);
        check_waiting(&[10.0; 5], 2, 60.0);
        check_waiting(&[10.0, 30.0], 3, 60.0);
        let no_speed = Workload {
            waiting: vec![1.0],
            ..unknown()
        };
        check(no_speed, None);
        let no_slot = Workload {
            waiting: vec![1.0],
            slots: 0,
            ..known()
        };
        check(no_slot, None);
    }

    #[test]
    fn running_jobs_continue_at_their_own_speed() {
        check_running(unknown(), running(10.0, 5.0, 0.0, 0.25), &[], Some(15.0));
        // An earlier attempt did half of it: the other half takes twice as long as a quarter did.
        check_running(unknown(), running(10.0, 5.0, 0.5, 0.75), &[], Some(5.0));
        let just_started = running(10.0, 0.1, 0.0, 0.001);
        check_running(unknown(), just_started, &[], None);
        check_running(known(), just_started, &[5.0], Some(19.98 + 10.0));
    }

    #[test]
    fn fractions() {
        assert_eq!(fraction_done(0, 0, 0, 0), 0.0);
        assert_eq!(fraction_done(1, 5, 10, 3), 0.5);
        assert_eq!(fraction_done(9, 0, 10, 3), 1.0);
    }
}
