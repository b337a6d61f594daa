//! The learning rate's course within a phase, step by step.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A course, and a warm-up before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The course.
    #[serde(flatten)]
    pub course: Course,
    /// A linear rise to the course at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
}

/// A linear rise. A course that spans a number of epochs begins after it and is shorter by it; any
/// other runs below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warmup {
    /// How long.
    #[serde(flatten)]
    pub length: Length,
    /// Share of the rate at the first step.
    pub from: f64,
}

/// A stretch of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// In epochs, not necessarily whole.
    Epochs(f64),
    /// In steps.
    Steps(u32),
}

/// The learning rate's course. `lr` is the optimizer's rate, T the number of steps in `epochs`, t
/// the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Course {
    /// The optimizer's rate throughout.
    Constant,
    /// Multiplied by `factor` after every `every_epochs` epochs.
    Step {
        /// Epochs between two changes.
        every_epochs: u32,
        /// What the rate is multiplied by.
        factor: f64,
    },
    /// Multiplied by `factor` after each of these epochs.
    MultiStep {
        /// Numbers of completed epochs, rising.
        after_epochs: Vec<u32>,
        /// What the rate is multiplied by.
        factor: f64,
    },
    /// Multiplied by `factor` over every epoch, a little at every step.
    Exponential {
        /// What the rate is multiplied by in an epoch.
        factor: f64,
    },
    /// min_lr + (lr − min_lr)·(1 − t/T)^power.
    Polynomial {
        /// Length of the course; the phase's own by default.
        epochs: u32,
        /// 1 for a straight line.
        power: f64,
        /// Rate at the end and after it.
        min_lr: f64,
    },
    /// Half a cosine from lr to `min_lr` (Loshchilov and Hutter 2017).
    Cosine {
        /// Length of the course; the phase's own by default.
        epochs: u32,
        /// Rate at the end and after it.
        min_lr: f64,
    },
    /// Half a cosine again and again (the same authors' warm restarts).
    CosineRestarts {
        /// Length of the first.
        every_epochs: u32,
        /// Each is so many times as long as the one before.
        growth: u32,
        /// Rate at the end of each.
        min_lr: f64,
    },
    /// Up from lr / div_factor to lr and down to lr / (div_factor·final_div_factor) (Smith and
    /// Topin 2019), as in PyTorch, where the last rate is that of the last step. Momentum stays as
    /// it is.
    OneCycle {
        /// Length of the cycle; the phase's own by default.
        epochs: u32,
        /// Share of the cycle that goes up.
        pct_start: f64,
        /// lr / div_factor is the first rate.
        div_factor: f64,
        /// The first rate / final_div_factor is the last one.
        final_div_factor: f64,
        /// Shape of both slopes.
        anneal: Anneal,
    },
    /// Up from `min_lr` to lr and down again, in straight lines (Smith 2017).
    Triangular {
        /// Length of up and down together.
        cycle_epochs: f64,
        /// Rate at the beginning and end of each cycle.
        min_lr: f64,
        /// Each peak's height over `min_lr` is so many times the one before; 0.5 for `triangular2`.
        shrink: f64,
    },
    /// Multiplied by `factor` when a validation metric has not become better for `patience` epochs.
    Plateau {
        /// The metric.
        metric: crate::metric::Metric,
        /// What the rate is multiplied by.
        factor: f64,
        /// Epochs without a better value that are borne.
        patience: u32,
        /// What is better by no more than this is not better.
        min_delta: f64,
        /// Epochs after a change in which none is counted.
        cooldown_epochs: u32,
        /// The rate never falls below.
        min_lr: f64,
    },
}

/// Shape of a slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anneal {
    /// Half a cosine.
    Cosine,
    /// A straight line.
    Linear,
}

/// Where a phase is.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// Steps taken in the phase.
    pub step: u64,
    /// Steps of an epoch.
    pub steps_per_epoch: u32,
    /// The values of [`Schedule::metric`] at the end of each completed epoch of the phase; empty
    /// where it has none.
    pub measured: &'a [f64],
}

impl Schedule {
    /// The optimizer's rate throughout.
    pub const CONSTANT: Schedule = Schedule {
        course: Course::Constant,
        warmup: None,
    };

    /// A course without warm-up.
    pub fn new(course: Course) -> Self {
        Schedule {
            course,
            warmup: None,
        }
    }

    /// Epochs that the course spans, for one that ends.
    pub fn span(&self) -> Option<u32> {
        match self.course {
            Course::Polynomial { epochs, .. }
            | Course::Cosine { epochs, .. }
            | Course::OneCycle { epochs, .. } => Some(epochs),
            _ => None,
        }
    }

    /// The metric that the course depends on.
    pub fn metric(&self) -> Option<&crate::metric::Metric> {
        match &self.course {
            Course::Plateau { metric, .. } => Some(metric),
            _ => None,
        }
    }

    /// The learning rate of the step that `clock` comes to, for the optimizer's rate `lr`.
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
    /// Whether it spans a number of epochs or walks in cycles, so that it begins after a warm-up.
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

    /// The rate; a course that spans epochs has begun after `before` steps.
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

/// From `from` at 0 to `to` at 1.
fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share).cos()) / 2.0
}

/// How often a plateau has been seen, as PyTorch's `ReduceLROnPlateau` counts it (threshold
/// absolute).
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
    fn steps_change_after_every_so_many_epochs() {
        let step = Schedule::new(Course::Step {
            every_epochs: 2,
            factor: 0.5,
        });
        assert_eq!(curve(&step, 5, 1), [0.8, 0.8, 0.4, 0.4, 0.2]);
        assert_eq!(curve(&step, 3, 2), [0.8, 0.8, 0.8, 0.8, 0.4, 0.4]);
    }

    #[test]
    fn a_warm_up_rises_to_the_course_and_shortens_what_spans_epochs() {
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
    fn canonical_form_of_what_was_there_before() {
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
