//! The learning rate of each step of an epoch, by the phase's schedule.

use crate::epoch_plan::EpochPlan;
use crate::session::Session;
use convsweep_spec::train::{Clock, Phase};

/// The learning rates of one epoch.
pub(crate) struct LearningRate<'a> {
    phase: &'a Phase,
    first_step: u64,
    steps_per_epoch: u32,
    /// Values of the metric that the schedule reacts to, one for each completed epoch of the phase;
    /// empty for a schedule that reacts to none.
    metric_values: Vec<f64>,
}

impl<'a> LearningRate<'a> {
    pub(crate) fn of(session: &Session<'a>, plan: &EpochPlan<'a>) -> LearningRate<'a> {
        let mut metric_values = Vec::new();
        if let Some(metric) = plan.phase.schedule.metric() {
            for epoch in &session.state.position.history {
                if epoch.phase as usize == plan.phase_index {
                    metric_values.extend(epoch.values.get(&metric.name).map(|value| value.0));
                }
            }
        }
        LearningRate {
            phase: plan.phase,
            first_step: plan.step_of_phase(0),
            steps_per_epoch: plan.steps(),
            metric_values,
        }
    }

    /// The rate of a step of the epoch, from 0.
    pub(crate) fn at(&self, step: u32) -> f64 {
        let clock = Clock {
            step: self.first_step + u64::from(step),
            steps_per_epoch: self.steps_per_epoch,
            measured: &self.metric_values,
        };
        self.phase.schedule.rate(self.phase.optimizer.lr, &clock)
    }
}
