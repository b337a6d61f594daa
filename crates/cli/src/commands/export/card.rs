//! A README for a trained network.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::inference::{NamedModel, OutputFile};
use anyhow::Result;
use convsweep_files::Durability;
use convsweep_report::{CardNetwork, model_card};
use serde_json::{Value, json};

/// Writes the card of the model's first network.
pub(super) fn export_card(
    context: &Context,
    model: &NamedModel,
    file: &OutputFile,
) -> Result<(Value, String)> {
    let network = &model.ensemble.networks[0];
    let preparation = &model.ensemble.preparation;
    let normalization = &network.normalization;
    let resize = &preparation.resize;
    let about = CardNetwork {
        job: network.job.clone(),
        input: [preparation.channels, resize.height, resize.width],
        normalization: (normalization.mean.clone(), normalization.std.clone()),
        mirrors: network.mirrors,
        program: format!("convsweep {}", env!("CARGO_PKG_VERSION")),
    };
    let database = context.database()?;
    let places = database.places(&network.job).code(Exit::Results)?;
    for place in &places {
        let rows = database.experiment(&place.experiment).code(Exit::Results)?;
        let card = rows.and_then(|rows| model_card(&rows, &about));
        if let Some(card) = card {
            file.write(card.as_bytes(), Durability::ContentAndName)?;
            let text = format!(
                "{}: the model card of job {}, from experiment {}",
                file.path().display(),
                network.job,
                place.experiment
            );
            let object = json!({
                "format": "model card",
                "bytes": card.len(),
                "experiment": place.experiment,
            });
            return Ok((object, text));
        }
    }
    let message = format!(
        "job {} has no result in the newest revision of any experiment, so there is nothing to \
        write a card from",
        network.job
    );
    Err(failure(Exit::Results, message))
}
