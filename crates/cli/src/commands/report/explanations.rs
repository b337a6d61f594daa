//! Which pixels decide the predictions that a report shows.

use crate::context::Context;
use crate::inference::{InferenceWorkers, NamedModel, PatienceArgs, Work, trained_model};
use crate::phases::LongPhase;
use anyhow::Result;
use convsweep_report::job_files::{ImagesToExplain, KeptImage, NetworkMaps};
use convsweep_spec::id::JobId;
use convsweep_spec::inference::{
    AttributionMethod, ExplainRequest, Explanation, InferenceReply, InferenceRequest,
    RequestedImages,
};
use convsweep_store::Database;
use tokio::sync::mpsc;

/// Images of a request.
const BATCH: usize = 4;
/// Multiplications that judging the maps may take: some seconds on a core.
const LARGEST_JUDGEMENT: u64 = 300_000_000_000;

/// The maps of the images by each network; those of the first are judged where that takes some
/// seconds at most.
///
/// # Errors
/// Why there are none.
pub fn network_maps(
    context: &Context,
    database: &Database,
    asked: &ImagesToExplain,
    phase: &LongPhase,
) -> Result<Vec<NetworkMaps>, String> {
    let mut networks = Vec::with_capacity(asked.jobs.len());
    for (i, job) in asked.jobs.iter().enumerate() {
        phase.step(i as u64, asked.jobs.len() as u64);
        let maps = maps_of(context, database, (job, i == 0), asked);
        networks.push(maps.map_err(|error| format!("{error:#}"))?);
    }
    Ok(networks)
}

fn maps_of(
    context: &Context,
    database: &Database,
    (job, is_judged): (&JobId, bool),
    asked: &ImagesToExplain,
) -> Result<NetworkMaps> {
    let model = trained_model(context, database, job)?;
    let images = asked.images.len();
    let judged = is_judged && judgement_cost(&model, images) <= LARGEST_JUDGEMENT;
    let channels = model.ensemble.preparation.channels;
    let (sender, work) = mpsc::channel(images.div_ceil(BATCH));
    for images in asked.images.chunks(BATCH) {
        let request = ExplainRequest {
            images: RequestedImages::Pixels(images.iter().map(|k| planes(k, channels)).collect()),
            classes: images.iter().map(|kept| Some(kept.predicted)).collect(),
            methods: vec![AttributionMethod::GradCam],
            judged,
            layer: None,
        };
        let request = InferenceRequest::Explain(Box::new(request));
        sender.try_send(Work { request, about: () })?;
    }
    drop(sender);
    let mut maps = Vec::with_capacity(images);
    let workers = InferenceWorkers::new(None, &PatienceArgs::default(), model.ensemble)?;
    workers.answer_all(work, |answered| {
        let InferenceReply::Explained { images, .. } = answered.reply else {
            return Ok(());
        };
        for image in images {
            match image {
                Explanation::Explained(found) => maps.extend(found.maps),
                Explanation::Unreadable(problem) => anyhow::bail!("a kept image {problem}"),
            }
        }
        Ok(())
    })?;
    Ok(maps)
}

/// Multiplications that judging so many maps takes.
fn judgement_cost(model: &NamedModel, images: usize) -> u64 {
    let macs = model.summary().map_or(u64::MAX, |summary| summary.macs);
    macs.saturating_mul(ExplainRequest::IMAGES_OF_JUDGEMENT)
        .saturating_mul(images as u64)
}

/// The image as the network reads it, `[channels, height, width]`; workers keep grey ones as
/// pictures of three equal channels.
fn planes(kept: &KeptImage, channels: u32) -> Vec<u8> {
    let channels = 0..channels as usize;
    channels
        .flat_map(|channel| kept.image.pixels().map(move |pixel| pixel.0[channel]))
        .collect()
}
