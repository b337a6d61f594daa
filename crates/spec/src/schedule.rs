//! Learning-rate schedules: the rate of every step of a phase.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A learning-rate schedule with an optional warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The schedule proper.
    #[serde(flatten)]
    pub course: Course,
    /// A linear warm-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
}

/// A linear warm-up. A schedule of fixed length starts after the warm-up and is shortened by it;
/// any other schedule runs during the warm-up too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warmup {
    /// Its length.
    #[serde(flatten)]
    pub length: Length,
    /// The first step's share of the rate.
    pub from: f64,
}

/// A length of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// In epochs, which may be fractional.
    Epochs(f64),
    /// In steps.
    Steps(u32),
}

/// The shape of a schedule. `lr` is the optimizer's learning rate, T the number of steps in
/// `epochs`, t the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Course {
    /// The optimizer's learning rate throughout.
    Constant,
    /// Multiplied by `factor` after every `every_epochs` epochs.
    Step {
        /// Epochs between changes.
        every_epochs: u32,
        /// Factor on the rate.
        factor: f64,
    },
    /// Multiplied by `factor` after each of these epochs.
    MultiStep {
        /// Numbers of completed epochs, ascending.
        after_epochs: Vec<u32>,
        /// Factor on the rate.
        factor: f64,
    },
    /// Multiplied by `factor` over every epoch, evenly at every step.
    Exponential {
        /// Factor on the rate over an epoch.
        factor: f64,
    },
    /// min_lr + (lr − min_lr)·(1 − t/T)^power.
    Polynomial {
        /// Length of the schedule; that of the phase by default.
        epochs: u32,
        /// 1 for a straight line.
        power: f64,
        /// Rate at the end and afterwards.
        min_lr: f64,
    },
    /// Half a cosine from lr to `min_lr` (Loshchilov and Hutter 2017).
    Cosine {
        /// Length of the schedule; that of the phase by default.
        epochs: u32,
        /// Rate at the end and afterwards.
        min_lr: f64,
    },
    /// Repeated half cosines: warm restarts (Loshchilov and Hutter 2017).
    CosineRestarts {
        /// Length of the first cycle.
        every_epochs: u32,
        /// Factor by which each cycle is longer than the previous one.
        growth: u32,
        /// Rate at the end of each cycle.
        min_lr: f64,
    },
    /// One cycle (Smith and Topin 2019): from lr / div_factor up to lr and down to lr /
    /// (div_factor·final_div_factor). As in PyTorch, the last step has the last rate. Momentum is
    /// not changed.
    OneCycle {
        /// Length of the cycle; that of the phase by default.
        epochs: u32,
        /// Share of the cycle during which the rate rises.
        pct_start: f64,
        /// The first rate is lr / div_factor.
        div_factor: f64,
        /// The last rate is the first rate / final_div_factor.
        final_div_factor: f64,
        /// Shape of the rise and the fall.
        anneal: Anneal,
    },
    /// Triangular cycles (Smith 2017): linearly from `min_lr` up to lr and down again.
    Triangular {
        /// Length of a cycle.
        cycle_epochs: f64,
        /// Rate at the beginning and end of each cycle.
        min_lr: f64,
        /// Factor on the height of each peak over `min_lr` compared to the previous one; 0.5 for
        /// `triangular2`.
        shrink: f64,
    },
    /// Multiplied by `factor` when a validation metric has not improved for more than `patience`
    /// epochs.
    Plateau {
        /// The metric.
        metric: crate::metric::Metric,
        /// Factor on the rate.
        factor: f64,
        /// Number of epochs without improvement that are tolerated.
        patience: u32,
        /// Smallest change that counts as an improvement.
        min_delta: f64,
        /// Number of epochs after a change during which no epoch counts.
        cooldown_epochs: u32,
        /// Lower bound of the rate.
        min_lr: f64,
    },
}

/// Shape of the rise and fall of [`Course::OneCycle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anneal {
    /// Half a cosine.
    Cosine,
    /// A straight line.
    Linear,
}

/// The current position within a phase.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// Completed steps of the phase.
    pub step: u64,
    /// Steps of an epoch.
    pub steps_per_epoch: u32,
    /// The values of [`Schedule::metric`] after each completed epoch of the phase; empty if the
    /// schedule has none.
    pub measured: &'a [f64],
}

impl Schedule {
    /// The optimizer's learning rate throughout.
    pub const CONSTANT: Schedule = Schedule {
        course: Course::Constant,
        warmup: None,
    };

    /// A schedule without warm-up.
    pub fn new(course: Course) -> Self {
        Schedule {
            course,
            warmup: None,
        }
    }

    /// Length in epochs, for schedules of fixed length.
    pub fn span(&self) -> Option<u32> {
        match self.course {
            Course::Polynomial { epochs, .. }
            | Course::Cosine { epochs, .. }
            | Course::OneCycle { epochs, .. } => Some(epochs),
            _ => None,
        }
    }

    /// The metric that the schedule depends on.
    pub fn metric(&self) -> Option<&crate::metric::Metric> {
        match &self.course {
            Course::Plateau { metric, .. } => Some(metric),
            _ => None,
        }
    }

    /// The learning rate of the step at `clock`, for the optimizer's learning rate `lr`.
    pub fn rate(&self, lr: f64, clock: &Clock) -> f64 {
        let Some(warmup) = &self.warmup else {
            return self.course.rate(lr, clock, 0.0);
        };
        let length = match warmup.length {
            Length::Epochs(epochs) => (epochs * f64::from(clock.steps_per_epoch)).round(),
            Length::Steps(steps) => f64::from(steps),
        };
        let step = clock.step as f64;
        if step >= length {
            return self.course.rate(lr, clock, length);
        }
        let target = if self.course.spans() {
            lr
        } else {
            self.course.rate(lr, clock, 0.0)
        };
        target * (warmup.from + (1.0 - warmup.from) * step / length)
    }
}

impl Course {
    /// Whether the schedule starts after the warm-up, because it has a fixed length or cycles.
    fn spans(&self) -> bool {
        !matches!(
            self,
            Course::Constant
                | Course::Step { .. }
                | Course::MultiStep { .. }
                | Course::Exponential { .. }
                | Course::Plateau { .. }
        )
    }

    /// The learning rate, where `before` is the number of warm-up steps.
    fn rate(&self, lr: f64, clock: &Clock, before: f64) -> f64 {
        let steps = f64::from(clock.steps_per_epoch.max(1));
        let epoch = (clock.step / u64::from(clock.steps_per_epoch.max(1))) as u32;
        let t = clock.step as f64 - if self.spans() { before } else { 0.0 };
        let total = |epochs: u32| (f64::from(epochs) * steps - before).max(1.0);
        match *self {
            Course::Constant => lr,
            Course::Step {
                every_epochs,
                factor,
            } => lr * factor.powi((epoch / every_epochs.max(1)) as i32),
            Course::MultiStep {
                ref after_epochs,
                factor,
            } => lr * factor.powi(after_epochs.iter().filter(|&&e| e <= epoch).count() as i32),
            Course::Exponential { factor } => lr * factor.powf(t / steps),
            Course::Polynomial {
                epochs,
                power,
                min_lr,
            } => min_lr + (lr - min_lr) * (1.0 - (t / total(epochs)).min(1.0)).powf(power),
            Course::Cosine { epochs, min_lr } => {
                half_cosine(lr, min_lr, (t / total(epochs)).min(1.0))
            }
            Course::CosineRestarts {
                every_epochs,
                growth,
                min_lr,
            } => {
                let (mut start, mut length) = (0.0, f64::from(every_epochs.max(1)) * steps);
                while t >= start + length {
                    start += length;
                    length *= f64::from(growth.max(1));
                }
                half_cosine(lr, min_lr, (t - start) / length)
            }
            Course::OneCycle {
                epochs,
                pct_start,
                div_factor,
                final_div_factor,
                anneal,
            } => {
                let (first, total) = (lr / div_factor, total(epochs));
                let (up, end) = (pct_start * total - 1.0, total - 1.0);
                let slope = |from: f64, to: f64, share: f64| match anneal {
                    Anneal::Cosine => half_cosine(from, to, share.clamp(0.0, 1.0)),
                    Anneal::Linear => from + (to - from) * share.clamp(0.0, 1.0),
                };
                if t < up {
                    slope(first, lr, t / up)
                } else {
                    slope(lr, first / final_div_factor, (t - up) / (end - up))
                }
            }
            Course::Triangular {
                cycle_epochs,
                min_lr,
                shrink,
            } => {
                let cycles = t / (cycle_epochs * steps);
                let height = (lr - min_lr) * shrink.powf(cycles.floor());
                min_lr + height * (1.0 - (2.0 * cycles.fract() - 1.0).abs())
            }
            Course::Plateau {
                ref metric,
                factor,
                patience,
                min_delta,
                cooldown_epochs,
                min_lr,
            } => {
                let changes = changes(
                    clock.measured,
                    metric.direction,
                    patience,
                    min_delta,
                    cooldown_epochs,
                );
                (0..changes).fold(lr, |rate, _| (rate * factor).max(min_lr.min(rate)))
            }
        }
    }
}

/// Half a cosine from `from` at share 0 to `to` at share 1.
fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share).cos()) / 2.0
}

/// Number of reductions so far, counted like PyTorch's `ReduceLROnPlateau` with an absolute
/// threshold.
fn changes(
    measured: &[f64],
    direction: crate::metric::Direction,
    patience: u32,
    min_delta: f64,
    cooldown: u32,
) -> u32 {
    let (mut best, mut bad, mut cooling, mut changes) = (None, 0, 0, 0);
    for &value in measured {
        if direction.improves(value, best, min_delta) {
            (best, bad) = (Some(value), 0);
        } else {
            bad += 1;
        }
        if cooling > 0 {
            (cooling, bad) = (cooling - 1, 0);
        }
        if bad > patience {
            (cooling, bad, changes) = (cooldown, 0, changes + 1);
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(schedule: &Schedule, epochs: u64, steps_per_epoch: u32) -> Vec<f64> {
        let clock = |step| Clock {
            step,
            steps_per_epoch,
            measured: &[],
        };
        (0..epochs * u64::from(steps_per_epoch))
            .map(|step| schedule.rate(0.8, &clock(step)))
            .collect()
    }

    #[test]
    fn a_step_schedule_changes_after_every_few_epochs() {
        let step = Schedule::new(Course::Step {
            every_epochs: 2,
            factor: 0.5,
        });
        assert_eq!(curve(&step, 5, 1), [0.8, 0.8, 0.4, 0.4, 0.2]);
        assert_eq!(curve(&step, 3, 2), [0.8, 0.8, 0.8, 0.8, 0.4, 0.4]);
    }

    #[test]
    fn a_warm_up_rises_to_the_schedule_and_shortens_one_of_fixed_length() {
        let warmup = Some(Warmup {
            length: Length::Epochs(1.0),
            from: 0.25,
        });
        let constant = Schedule {
            course: Course::Constant,
            warmup: warmup.clone(),
        };
        assert_eq!(
            curve(&constant, 2, 3),
            [0.2, 0.4, 0.6000000000000001, 0.8, 0.8, 0.8]
        );
        let line = Course::Polynomial {
            epochs: 3,
            power: 1.0,
            min_lr: 0.0,
        };
        let line = curve(
            &Schedule {
                course: line,
                warmup,
            },
            3,
            2,
        );
        assert!(
            line.iter()
                .zip([0.2, 0.5, 0.8, 0.6, 0.4, 0.2])
                .all(|(a, b)| (a - b).abs() < 1e-12),
            "{line:?}"
        );
    }

    #[test]
    fn the_recorded_form_of_old_schedules_is_kept() {
        let text = |s: &Schedule| crate::canonical::canonical_json(s);
        assert_eq!(text(&Schedule::CONSTANT), r#"{"name":"constant"}"#);
        let warm = Warmup {
            length: Length::Steps(5),
            from: 0.0,
        };
        let all = Schedule {
            course: Course::Step {
                every_epochs: 2,
                factor: 0.5,
            },
            warmup: Some(warm),
        };
        assert_eq!(
            serde_json::from_str::<Schedule>(&text(&all)).expect("reads"),
            all
        );
        assert_eq!(
            serde_json::from_str::<Schedule>(&text(&Schedule::CONSTANT)).expect("reads"),
            Schedule::CONSTANT
        );
    }
}
