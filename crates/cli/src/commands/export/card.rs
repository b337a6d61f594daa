//! A README for a trained network.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::inference::NamedModel;
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_files::{Durability, write};
use convsweep_report::{CardNetwork, model_card};
use std::path::Path;

/// Writes the card of the model's first network.
pub fn export_card(context: &Context, model: &NamedModel, file: &Path) -> Result<()> {
    let network = &model.ensemble.networks[0];
    let preparation = &model.ensemble.preparation;
    let normalization = &network.normalization;
    let resize = &preparation.resize;
    let about = CardNetwork {
        job: network.job.clone(),
        input: [preparation.channels, resize.height, resize.width],
        normalization: (normalization.mean.clone(), normalization.std.clone()),
        program: format!("convsweep {}", env!("CARGO_PKG_VERSION")),
    };
    let database = context.database()?;
    let places = database.places(&network.job).code(Exit::Results)?;
    for place in &places {
        let rows = database.experiment(&place.experiment).code(Exit::Results)?;
        let card = rows.and_then(|rows| model_card(&rows, &about));
        if let Some(card) = card {
            write(file, card.as_bytes(), Durability::ContentAndName).code(Exit::Wrong)?;
            return say(&format!(
                "{}: the model card of job {}, from experiment {}",
                file.display(),
                network.job,
                place.experiment
            ));
        }
    }
    let message = format!(
        "job {} has no result in the newest revision of any experiment, so there is nothing to \
        write a card from",
        network.job
    );
    Err(failure(Exit::Results, message))
}
