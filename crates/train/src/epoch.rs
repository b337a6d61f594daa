//! The training loop: one epoch, on one page.

use crate::TrainError;
use crate::attempt::{Asked, Session};
use crate::error::End;
use crate::evaluate::judge_rows;
use crate::scores::scores;
use convsweep_data::{Subset, epoch_order};
use convsweep_nn::Gradients;
use convsweep_nn::loss::Mixture;
use convsweep_nn::optimizer::{clip, global_norm};
use convsweep_spec::checkpoint::{EpochMetrics, Partial};
use convsweep_spec::event::{Event, Part};
use convsweep_spec::metric::{self, Metric, Number};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::range::RangePoint;
use convsweep_spec::train::{Clock, Phase, Schedule};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Least time between two progress events.
const PROGRESS: Duration = Duration::from_millis(250);

/// Mean loss of a step above which training has exploded: no network comes back from giving the
/// true classes e^-10,000.
const EXPLODED: f64 = 1e4;

impl Session<'_> {
    /// Trains what is left of the running epoch, validates, and reports the epoch's metrics. The
    /// position is then at the start of the next epoch.
    pub(crate) fn epoch(&mut self) -> Result<(), End> {
        let started = Instant::now();
        let job = self.attempt.job;
        let (spec, seed) = (&job.question.configuration.train, job.question.seed);
        let epoch = self.state.position.epoch;
        let Some((phase_index, epoch_of_phase)) = spec.phase_of(epoch) else {
            return Ok(());
        };
        let Phase {
            optimizer,
            schedule,
            ..
        } = &spec.phases[phase_index];
        let is_beginning = epoch_of_phase == 0 && self.state.position.step == 0;
        self.state.enter(&spec.phases, phase_index, is_beginning);

        let train = &self.images.parts.train;
        let order: Vec<u32> = epoch_order(seed, epoch, train.len())
            .into_iter()
            .map(|i| train[i as usize])
            .collect();
        let steps: Vec<&[u32]> = order.chunks(spec.step_images()).collect();
        let range = job.question.configuration.task.range_test();
        let measured = self.measured(schedule, phase_index);
        let rate = |step: u32| {
            let step = u64::from(epoch_of_phase) * steps.len() as u64 + u64::from(step);
            if let Some(test) = range {
                return test.rate(optimizer.lr, step);
            }
            let clock = Clock {
                step,
                steps_per_epoch: steps.len() as u32,
                measured: &measured,
            };
            schedule.rate(optimizer.lr, &clock)
        };
        let mut pace = Pace::new();
        while let Some(rows) = steps
            .get(self.state.position.step as usize)
            .filter(|_| !self.is_stopped())
        {
            self.heed()?;
            let step_started = Instant::now();
            let lr = rate(self.state.position.step);
            let batches = order.len().div_ceil(spec.batch_size.max(1) as usize) as u64;
            let first = u64::from(epoch) * batches
                + u64::from(self.state.position.step) * u64::from(spec.accumulate);
            let mut found = self.gradients(rows, epoch, first)?;
            self.attempt.failpoints.hit("gradients");
            let norm = global_norm(&found.gradients);
            if range.is_some() {
                let loss = if norm.is_finite() {
                    found.loss_sum / rows.len() as f64
                } else {
                    f64::INFINITY
                };
                self.state.position.range.push(RangePoint {
                    rate: lr,
                    loss: Number(loss),
                });
                if !loss.is_finite() {
                    break;
                }
            } else if !found.loss_sum.is_finite()
                || found.loss_sum > EXPLODED * rows.len() as f64
                || !norm.is_finite()
            {
                let loss = found.loss_sum / rows.len() as f64;
                return Err(
                    self.diverged(lr, (loss.is_finite() && norm.is_finite()).then_some(loss))
                );
            }
            if let Some(largest) = optimizer.clip_norm {
                found.gradients = clip(found.gradients, norm, largest);
            }
            let Session { state, .. } = self;
            state
                .optimizer
                .step(optimizer, lr, &mut state.network, found.gradients);
            if let (Some(average), Some(decay)) = (&mut state.average, spec.ema) {
                average.update(
                    &state.network,
                    decay,
                    u64::from(epoch) * steps.len() as u64 + u64::from(state.position.step) + 1,
                );
            }

            let position = &mut state.position;
            position.step += 1;
            position.partial.images += rows.len() as u64;
            position.partial.loss_sum += found.loss_sum;
            position.partial.correct += u64::from(found.correct);
            position.partial.gradient_norm_sum += norm;
            position.partial.seconds += step_started.elapsed().as_secs_f64();
            let (step, steps, epochs) = (position.step, steps.len() as u32, spec.epochs());
            self.attempt.failpoints.hit("step");
            if step < steps {
                self.checkpoint_of_step()?;
            }
            if let Some(images_per_second) = pace.after(rows.len()) {
                self.attempt.say(Event::Progress {
                    epoch,
                    step,
                    steps,
                    epochs,
                    images_per_second,
                })?;
            }
        }

        let lr = rate(
            (self.state.position.step as usize)
                .min(steps.len())
                .saturating_sub(1) as u32,
        );
        let mut values = self.training_values(lr);
        if range.is_none() {
            values.extend(self.validate(lr)?);
        }
        values.push((metric::EPOCH_SECONDS, started.elapsed().as_secs_f64()));
        let values: BTreeMap<String, Number> = values
            .into_iter()
            .map(|(name, v)| (name.into(), Number(v)))
            .collect();
        let step = u64::from(epoch) * steps.len() as u64 + u64::from(self.state.position.step);
        let values = self.keep_best(spec.best.as_ref(), values);
        let metrics = EpochMetrics {
            phase: phase_index as u32,
            epoch: epoch + 1,
            step,
            values,
        };
        let position = &mut self.state.position;
        (position.epoch, position.step, position.partial) = (epoch + 1, 0, Partial::default());
        position.history.push(metrics.clone());
        let EpochMetrics {
            phase,
            epoch,
            step,
            values,
        } = metrics;
        self.attempt.say(Event::Metrics {
            phase,
            epoch,
            step,
            values,
        })?;
        self.attempt.failpoints.hit("metrics");
        Ok(())
    }

    /// Loss and mean gradients over the batches of one step; `first` is the number of the first of
    /// them over the whole job.
    fn gradients(&mut self, rows: &[u32], epoch: u32, first: u64) -> Result<Gradients, TrainError> {
        let question = &self.attempt.job.question;
        let (spec, seed) = (&question.configuration.train, question.seed);
        let mut found: Option<Gradients> = None;
        let mut images = 0;
        for (rows, batch) in rows.chunks(spec.batch_size.max(1) as usize).zip(first..) {
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            self.images
                .batcher
                .training(seed, epoch, rows, &mut pixels)?;
            self.images
                .batcher
                .labels(Subset::Training, rows, &mut labels);
            let mixture = self
                .images
                .batcher
                .mix(seed, batch, &mut pixels)
                .map(|share| {
                    let mut others = labels.clone();
                    others.rotate_left(1);
                    Mixture { share, others }
                });
            let targets = self.images.objective.targets(&labels, mixture.as_ref());
            let shape = self.images.batch_shape(rows.len());
            let mut new = self
                .state
                .network
                .gradients_towards(&targets, pixels, shape, seed, batch);
            self.state.network.update_statistics(&mut new);
            match &mut found {
                None => found = Some(new),
                Some(found) => found.merge(images, new, rows.len()),
            }
            images += rows.len();
        }
        Ok(found.unwrap_or_default())
    }

    /// Values of the metric that the schedule depends on, epoch by epoch of the phase.
    fn measured(&self, schedule: &Schedule, phase: usize) -> Vec<f64> {
        let Some(metric) = schedule.metric() else {
            return vec![];
        };
        let history = self
            .state
            .position
            .history
            .iter()
            .filter(|m| m.phase as usize == phase);
        history
            .filter_map(|m| m.values.get(&metric.name))
            .map(|value| value.0)
            .collect()
    }

    /// Keeps the network if it is the best so far by `metric`, and adds the best epoch to the
    /// epoch's `values`.
    fn keep_best(
        &mut self,
        metric: Option<&Metric>,
        mut values: BTreeMap<String, Number>,
    ) -> BTreeMap<String, Number> {
        let Some(metric) = metric else { return values };
        let newest = values.get(&metric.name).map(|v| v.0);
        let state = &mut self.state;
        let best = metric.best_of(state.values(&metric.name).chain(newest));
        if best == Some(state.position.history.len()) {
            state.best = Some(state.evaluated().into_owned());
        }
        let epoch = best.map_or(f64::NAN, |i| i as f64 + 1.0);
        values.insert(metric::BEST_EPOCH.into(), Number(epoch));
        values
    }

    /// Ends the attempt if it is asked to end, after a checkpoint if it will go on later.
    pub(crate) fn heed(&mut self) -> Result<(), End> {
        match (self.attempt.asked)() {
            Asked::GoOn => Ok(()),
            Asked::Abandon => Err(End::Abandoned),
            Asked::Stop => {
                self.checkpoint()?;
                Err(End::Outcome(Outcome::Cancelled))
            }
        }
    }

    fn diverged(&self, learning_rate: f64, loss: Option<f64>) -> End {
        let (epoch, step) = (self.state.position.epoch, self.state.position.step);
        End::Outcome(Outcome::Diverged {
            epoch,
            step,
            learning_rate,
            loss,
        })
    }

    fn training_values(&self, lr: f64) -> Vec<(&'static str, f64)> {
        let partial = &self.state.position.partial;
        let images = partial.images as f64;
        vec![
            (metric::TRAIN_LOSS, partial.loss_sum / images),
            (metric::TRAIN_ACCURACY, partial.correct as f64 / images),
            (metric::LEARNING_RATE, lr),
            (
                metric::GRADIENT_NORM,
                partial.gradient_norm_sum / f64::from(self.state.position.step.max(1)),
            ),
            (
                metric::IMAGES_PER_SECOND,
                images / partial.seconds.max(1e-9),
            ),
        ]
    }

    /// Loss, accuracy and further scores on the validation images; nothing without a validation
    /// part.
    fn validate(&mut self, lr: f64) -> Result<Vec<(&'static str, f64)>, End> {
        if self.images.parts.validation.is_empty() {
            return Ok(vec![]);
        }
        let network = self.state.evaluated().into_owned();
        let judged = judge_rows(self, &network, Part::Validation, "validation")?;
        if !judged.loss().is_finite() {
            return Err(self.diverged(lr, None));
        }
        let mut values = scores(&judged, network.classes());
        values.extend([
            (metric::VAL_LOSS, judged.loss()),
            (metric::VAL_ACCURACY, judged.accuracy()),
        ]);
        Ok(values)
    }
}

/// Measures the speed between two progress events.
struct Pace {
    since: Instant,
    images: usize,
}

impl Pace {
    fn new() -> Self {
        Pace {
            since: Instant::now(),
            images: 0,
        }
    }

    /// Counts a step; images per second if it is time to say so.
    fn after(&mut self, images: usize) -> Option<f64> {
        self.images += images;
        let elapsed = self.since.elapsed();
        if elapsed < PROGRESS {
            return None;
        }
        let speed = self.images as f64 / elapsed.as_secs_f64();
        *self = Pace::new();
        Some(speed)
    }
}
