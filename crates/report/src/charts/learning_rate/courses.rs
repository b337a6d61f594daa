//! The learning rate of every step of a configuration, by its schedules.

use crate::ranking::RankedConfiguration;
use convsweep_spec::metric::LEARNING_RATE;
use convsweep_spec::train::{Clock, Phase, TrainSpec};
use convsweep_store::EpochRow;

/// Points that are drawn of an epoch: enough that a cosine within one epoch looks round.
const POINTS_PER_EPOCH: u64 = 32;
/// Relative difference up to which a computed rate is the recorded one.
const ROUNDING: f64 = 1e-9;

/// The learning rate over the training of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCourse {
    /// Corners of the line.
    pub points: Vec<RatePoint>,
    /// Whether the rates are those of single steps; else they are those that were recorded at the
    /// end of each epoch.
    pub by_step: bool,
}

/// A learning rate at a moment of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// Completed epochs, with a fraction within an epoch.
    pub epochs: f64,
    /// The rate of the step that begins or ends there.
    pub rate: f64,
}

impl RateCourse {
    /// The course of the configuration's longest run; `None` if it recorded no rate.
    pub fn of(configuration: &RankedConfiguration) -> Option<RateCourse> {
        let runs = configuration.runs.iter();
        let epochs = &runs.max_by_key(|run| run.job.epochs.len())?.job.epochs;
        let training = &configuration.row.member.resolved.train;
        let mut course = RateCourse {
            points: Vec::new(),
            by_step: true,
        };
        for row in epochs {
            let Some(&recorded) = row.values.get(LEARNING_RATE) else {
                continue;
            };
            match EpochClock::of(training, epochs, row) {
                Some(clock) if is_close(clock.rate(clock.steps - 1), recorded) => {
                    course.points.extend(clock.points());
                }
                _ => {
                    course.by_step = false;
                    course.points.extend(held(row.epoch, recorded));
                }
            }
        }
        (!course.points.is_empty()).then_some(course)
    }

    /// The highest rate.
    pub fn highest(&self) -> f64 {
        let rates = self.points.iter().map(|point| point.rate);
        rates.fold(0.0, f64::max)
    }

    /// Whether the rate stays the same within every epoch.
    pub fn is_stepwise(&self) -> bool {
        let mut pairs = self.points.windows(2);
        pairs.all(|pair| pair[0].rate == pair[1].rate || pair[0].epochs == pair[1].epochs)
    }
}

/// The steps of one epoch.
struct EpochClock<'a> {
    phase: &'a Phase,
    /// Completed epochs before this one.
    epoch: u32,
    /// Completed epochs of the phase before this one.
    epoch_of_phase: u32,
    steps: u32,
    /// What the schedule reacts to, of the completed epochs of the phase.
    measured: Vec<f64>,
}

impl<'a> EpochClock<'a> {
    /// The clock of the epoch that `row` ends; `None` if its phase or its number of steps is not
    /// known.
    fn of(training: &'a TrainSpec, epochs: &[EpochRow], row: &EpochRow) -> Option<EpochClock<'a>> {
        let epoch = row.epoch.checked_sub(1)?;
        let (number, epoch_of_phase) = training.phase_of(epoch)?;
        let phase = &training.phases[number];
        let steps = u32::try_from(row.step / u64::from(row.epoch)).ok()?;
        if steps == 0 || !row.step.is_multiple_of(u64::from(row.epoch)) {
            return None;
        }
        let mut measured = Vec::new();
        if let Some(metric) = phase.schedule.metric() {
            let before = epochs.iter().filter(|earlier| earlier.epoch <= epoch);
            let of_phase = before.filter(|earlier| earlier.phase as usize == number);
            measured.extend(of_phase.filter_map(|earlier| earlier.values.get(&metric.name)));
        }
        Some(EpochClock {
            phase,
            epoch,
            epoch_of_phase,
            steps,
            measured,
        })
    }

    /// The rate of a step of the epoch, from 0.
    fn rate(&self, step: u32) -> f64 {
        let clock = Clock {
            step: u64::from(self.epoch_of_phase) * u64::from(self.steps) + u64::from(step),
            steps_per_epoch: self.steps,
            measured: &self.measured,
        };
        self.phase.schedule.rate(self.phase.optimizer.lr, &clock)
    }

    /// The beginnings of some steps, evenly spread, with the first and the last among them, and the
    /// end of the last; only the two ends if the rate does not change.
    fn points(&self) -> Vec<RatePoint> {
        let last = self.steps - 1;
        let parts = u64::from(last).clamp(1, POINTS_PER_EPOCH);
        let steps = (0..=parts).map(|i| (i * u64::from(last) / parts) as u32);
        let mut points = Vec::new();
        for step in steps {
            let done = f64::from(step) / f64::from(self.steps);
            points.push(RatePoint {
                epochs: f64::from(self.epoch) + done,
                rate: self.rate(step),
            });
        }
        points.dedup();
        let end = self.rate(last);
        if points.iter().all(|point| point.rate == end) {
            return held(self.epoch + 1, end).into();
        }
        points.push(RatePoint {
            epochs: f64::from(self.epoch + 1),
            rate: end,
        });
        points
    }
}

/// The same rate from the beginning to the end of the epoch that is the `epoch`th.
fn held(epoch: u32, rate: f64) -> [RatePoint; 2] {
    [epoch.saturating_sub(1), epoch].map(|epochs| RatePoint {
        epochs: f64::from(epochs),
        rate,
    })
}

fn is_close(computed: f64, recorded: f64) -> bool {
    (computed - recorded).abs() <= ROUNDING * computed.abs().max(recorded.abs())
}
