//! The training loop: one epoch, on one page, in the order in which a paper would tell it.

use crate::epoch_metrics::{finish_epoch, training_values};
use crate::epoch_plan::EpochPlan;
use crate::error::End;
use crate::evaluate;
use crate::features::FeatureImages;
use crate::learning_rate::LearningRate;
use crate::session::Session;
use crate::step::{self, StepTimer};
use crate::validation_metrics::validation_metrics;
use convsweep_nn::optimizer::global_norm;
use convsweep_spec::metric;
use convsweep_spec::outcome::Outcome;
use std::time::Instant;

/// Trains what is left of the current epoch, validates, and reports the epoch's metrics. The
/// position is then at the start of the next epoch.
pub(crate) fn train_epoch(session: &mut Session) -> Result<(), End> {
    let started = Instant::now();
    let Some(plan) = EpochPlan::enter(session) else {
        return Ok(());
    };
    let rates = LearningRate::of(session, &plan);
    let mut batches = plan.batches(session)?;
    let mut timer = StepTimer::start();
    while let Some(rows) = plan.rows(session.state.position.step) {
        session.obey_directive()?;
        timer.begin_step();
        let rate = rates.at(session.state.position.step);
        let gradients = step::gradients(session, &plan, &mut batches)?;
        let norm = global_norm(&gradients.gradients);
        session.note_measurements(&gradients, &norm, rate, rows.len())?;
        step::update(session, &plan, gradients, &norm, rate, rows.len());
        step::finish(session, &plan, rows.len(), &mut timer)?;
    }
    step::await_device(session)?;
    session.share_features(FeatureImages::Training)?;
    let last_rate = rates.at(plan.last_step(session.state.position.step));
    let mut values = training_values(session, last_rate);
    values.extend(validate(session, last_rate)?);
    finish_epoch(session, &plan, values, started)
}

/// Loss, accuracy and further metrics of the validation images; nothing without a validation part.
fn validate(session: &mut Session, rate: f64) -> Result<Vec<(&'static str, f64)>, End> {
    if session.data.subsets.validation.is_empty() {
        return Ok(vec![]);
    }
    let classified = evaluate::validate(session)?;
    if !classified.loss().is_finite() {
        let position = &session.state.position;
        return Err(End::Outcome(Outcome::Diverged {
            epoch: position.epoch,
            step: position.step,
            learning_rate: rate,
            loss: None,
        }));
    }
    let mut values = validation_metrics(&classified, session.state.network.classes());
    values.push((metric::VAL_LOSS, classified.loss()));
    values.push((metric::VAL_ACCURACY, classified.accuracy()));
    Ok(values)
}
