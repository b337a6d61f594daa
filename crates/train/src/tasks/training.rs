//! The task `train`: all epochs, then the weights and the evaluation.

use crate::attempt::Attempt;
use crate::checkpoint;
use crate::epoch::train_epoch;
use crate::error::{End, TrainError};
use crate::predictions;
use crate::saved_state::save_state;
use crate::session::Session;
use crate::training_state::weights;
use convsweep_nn::autotune_decisions;
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::event::Event;
use convsweep_spec::layout;
use convsweep_spec::weights::ModelDescription;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Trains the job as far as it is not yet trained, evaluates it and leaves its files.
///
/// Starts at the job's own checkpoint, else at the saved state that the job names, else at the
/// initial weights, and reaches the same bits from each.
pub(crate) fn run(attempt: Attempt) -> Result<(), End> {
    let mut session = Session::begin(attempt)?;
    train(&mut session)?;
    write_model(&mut session)?;
    write_kernel_choices(&mut session)?;
    write_autotune_decisions(&mut session)?;
    predictions::evaluate(&mut session)?;
    Ok(session.remove_previous_checkpoint()?)
}

fn train(session: &mut Session) -> Result<(), End> {
    let epochs = session.training().epochs();
    keep_state_at_phase_end(session)?;
    while session.state.position.epoch < epochs && !is_stopped_early(session) {
        session.pause_if_due()?;
        session.await_verdict();
        train_epoch(session)?;
        let is_last = is_stopped_early(session);
        session.checkpoint_after_epoch(is_last)?;
        keep_state_at_phase_end(session)?;
    }
    let epoch = session.state.position.epoch;
    if epoch < epochs {
        let text = format!("stopped early after epoch {epoch} of {epochs}");
        session.attempt.report(Event::Warning { text })?;
    }
    Ok(())
}

fn is_stopped_early(session: &Session) -> bool {
    match &session.training().early_stopping {
        Some(rule) => rule.ends_after(session.state.history_of(&rule.metric.name)),
        None => false,
    }
}

/// Keeps the state for later jobs if a phase, or all of training, ends here.
fn keep_state_at_phase_end(session: &mut Session) -> Result<(), TrainError> {
    let position = &session.state.position;
    let is_end =
        session.training().phase_ends().contains(&position.epoch) || is_stopped_early(session);
    if position.step == 0 && is_end {
        save_state(session)?;
    }
    Ok(())
}

fn write_model(session: &mut Session) -> Result<(), TrainError> {
    let path = session.job().execution.folder.join(layout::MODEL);
    let network = session.state.final_network();
    let about = model_metadata(session);
    let bytes = checkpoint::encode(&weights(&network), Some(about), &path)?;
    session.write_artifact("model", layout::MODEL, &bytes)
}

/// What the file of the trained weights says of itself. It has one key, so that equal jobs leave
/// equal bytes.
fn model_metadata(session: &Session) -> HashMap<String, String> {
    let job = session.job();
    let data = &session.data;
    let description = ModelDescription::new(
        &job.id,
        format!("convsweep {}", env!("CARGO_PKG_VERSION")),
        data.set.facts().classes.clone(),
        (data.image_shape(), data.batcher.normalization().clone()),
        job.question.configuration.model.clone(),
    );
    let text = canonical_json(&description);
    HashMap::from([(ModelDescription::KEY.to_string(), text)])
}

/// Keeps which kernels the backend has measured to be the fastest, where it chooses so.
fn write_autotune_decisions(session: &mut Session) -> Result<(), TrainError> {
    match autotune_decisions() {
        Ok(None) => Ok(()),
        Ok(Some(bytes)) => session.write_artifact("autotune", layout::AUTOTUNE, &bytes),
        Err(problem) => {
            let text = format!("what autotune has measured is not kept: {problem}");
            session.attempt.report(Event::Warning { text })
        }
    }
}

/// Records which kernel computed each layer, and why.
fn write_kernel_choices(session: &mut Session) -> Result<(), TrainError> {
    let mut rows: Vec<Value> = Vec::new();
    for choice in session.state.network.kernel_choices() {
        rows.push(json!({
            "layer": choice.layer,
            "kernel": choice.kernel,
            "reason": choice.reason,
        }));
    }
    let text = format!("{:#}\n", json!(rows));
    session.write_artifact("kernels", layout::KERNELS, text.as_bytes())
}
