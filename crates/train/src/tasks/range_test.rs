//! The task `range test`: the learning rate rises at every step until the loss explodes (Smith
//! 2017). Nothing is validated, and nothing but the curve is kept.
//!
//! The planner has removed from the job what does not affect a single step: validation metrics,
//! early stopping, moving averages, later phases.

use crate::attempt::Attempt;
use crate::epoch_metrics::{finish_epoch, training_values};
use crate::epoch_plan::EpochPlan;
use crate::error::{End, TrainError};
use crate::measurements;
use crate::session::Session;
use crate::step::{self, StepTimer};
use convsweep_nn::optimizer::global_norm;
use convsweep_nn::read;
use convsweep_spec::layout;
use convsweep_spec::metric::Number;
use convsweep_spec::range::{self, RangePoint, RangeResult};
use convsweep_spec::task::RangeTest;
use serde_json::json;
use std::time::Instant;

/// Runs the test from where the job's checkpoint left it, and writes the curve.
pub(crate) fn run(attempt: Attempt, test: RangeTest) -> Result<(), End> {
    let mut session = Session::begin(attempt)?;
    let epochs = session.training().epochs();
    while session.state.position.epoch < epochs && !is_over(&session, test) {
        session.pause_if_due()?;
        run_epoch(&mut session, test)?;
        let is_last = is_over(&session, test);
        session.checkpoint_after_epoch(is_last)?;
    }
    write_curve(&mut session)?;
    Ok(session.remove_previous_checkpoint()?)
}

/// Whether all steps are done, or the loss has exploded.
fn is_over(session: &Session, test: RangeTest) -> bool {
    let points = &session.state.position.range;
    points.len() >= test.steps as usize || range::is_over(points)
}

/// Runs what is left of the current epoch, or as much of it as the test needs.
fn run_epoch(session: &mut Session, test: RangeTest) -> Result<(), End> {
    let started = Instant::now();
    let Some(plan) = EpochPlan::enter(session) else {
        return Ok(());
    };
    let highest_rate = plan.phase.optimizer.lr;
    let rate = |step: u32| test.rate(highest_rate, plan.step_of_phase(step));
    let mut batches = plan.batches(session)?;
    let mut timer = StepTimer::start();
    while let Some(rows) = plan.rows(session.state.position.step) {
        if is_over(session, test) {
            break;
        }
        session.obey_directive()?;
        timer.begin_step();
        let rate = rate(session.state.position.step);
        let gradients = step::gradients(session, &plan, &mut batches)?;
        let norm = global_norm(&gradients.gradients);
        // Whether the test is over depends on each step, so that each is read.
        let values = read([&gradients.loss_sum, &gradients.correct, &norm]);
        let loss = match values[2].is_finite() {
            true => values[0] / rows.len() as f64,
            false => f64::INFINITY,
        };
        let point = RangePoint {
            rate,
            loss: Number(loss),
        };
        session.state.position.range.push(point);
        if !loss.is_finite() {
            break;
        }
        measurements::add(&mut session.state.position, values[0], values[1], values[2]);
        step::update(session, &plan, gradients, &norm, rate, rows.len());
        step::finish(session, &plan, rows.len(), &mut timer)?;
    }
    let last_step = plan.last_step(session.state.position.step);
    let values = training_values(session, rate(last_step));
    finish_epoch(session, &plan, values, started)
}

fn write_curve(session: &mut Session) -> Result<(), TrainError> {
    let curve = RangeResult::new(&session.state.position.range);
    let text = format!("{:#}\n", json!(curve));
    session.write_artifact("range-test", layout::RANGE, text.as_bytes())
}
