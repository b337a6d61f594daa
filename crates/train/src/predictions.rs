//! The evaluation after training: the prediction for every validation and test image in one file,
//! then the events.

use crate::checkpoint::{RawTensor, encode_raw};
use crate::error::{End, TrainError};
use crate::evaluate::{Classified, classify_part};
use crate::job_data::JobData;
use crate::session::Session;
use convsweep_data::DataError;
use convsweep_spec::event::{Event, Part};
use convsweep_spec::layout;
use safetensors::Dtype;
use std::path::Path;

/// How many images are kept as a fair sample, and how many of the most confident mistakes.
const THUMBNAILS: usize = 24;

/// Classifies the validation and the test images, writes [`layout::PREDICTIONS`] and reports both
/// evaluations.
pub(crate) fn evaluate(session: &mut Session) -> Result<(), End> {
    let network = session.state.final_network().into_owned();
    let classes = network.classes();
    let mut parts = Vec::new();
    for part in [Part::Validation, Part::Test] {
        let classified = classify_part(session, &network, part, "evaluation")?;
        if !classified.labels.is_empty() {
            parts.push((part, classified));
        }
    }
    let path = session.job().execution.folder.join(layout::PREDICTIONS);
    let bytes = encode(&session.data, &parts, classes, &path)?;
    session.write_artifact("predictions", layout::PREDICTIONS, &bytes)?;
    for (part, classified) in &parts {
        let evaluation = classified.evaluation(*part, classes);
        session.attempt.report(Event::Evaluated(evaluation))?;
    }
    session.attempt.failpoints.hit("evaluated");
    Ok(())
}

fn encode(
    data: &JobData,
    parts: &[(Part, Classified)],
    classes: usize,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let mut tensors: Vec<RawTensor> = Vec::new();
    for (part, classified) in parts {
        tensors.extend(prediction_tensors(data, *part, classified, classes));
    }
    // The last part is the test part if there is one.
    if let Some((part, classified)) = parts.last() {
        let chosen = choose_thumbnails(classified, classes);
        tensors.extend(thumbnail_tensors(data, *part, &chosen)?);
    }
    encode_raw(&tensors, None, path)
}

fn prediction_tensors(
    data: &JobData,
    part: Part,
    classified: &Classified,
    classes: usize,
) -> [RawTensor; 4] {
    let rows = data.rows(part);
    let tensor = |role: &str, dtype, shape, bytes| RawTensor {
        name: format!("{}.{role}", part.name()),
        dtype,
        shape,
        bytes,
    };
    let images = vec![rows.len()];
    let (labels, predicted) = (
        u16_bytes(&classified.labels),
        u16_bytes(&classified.predicted),
    );
    let probabilities = classified
        .probabilities
        .iter()
        .flat_map(|p| p.to_le_bytes());
    [
        tensor("index", Dtype::U32, images.clone(), u32_bytes(rows)),
        tensor("label", Dtype::U16, images.clone(), labels),
        tensor("predicted", Dtype::U16, images, predicted),
        tensor(
            "probability",
            Dtype::F32,
            vec![rows.len(), classes],
            probabilities.collect(),
        ),
    ]
}

/// The images at the `chosen` places of the part.
fn thumbnail_tensors(
    data: &JobData,
    part: Part,
    chosen: &[u32],
) -> Result<[RawTensor; 2], DataError> {
    let images = data.images(part);
    let rows = data.rows(part);
    let mut pixels = Vec::new();
    for &place in chosen {
        pixels.extend(images.image(rows[place as usize])?);
    }
    let [channels, height, width] = images.shape();
    Ok([
        RawTensor {
            name: format!("{}.thumbnail_rows", part.name()),
            dtype: Dtype::U32,
            shape: vec![chosen.len()],
            bytes: u32_bytes(chosen),
        },
        RawTensor {
            name: format!("{}.thumbnails", part.name()),
            dtype: Dtype::U8,
            shape: vec![chosen.len(), channels, height, width],
            bytes: pixels,
        },
    ])
}

fn u16_bytes(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn u32_bytes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Places in the part: first a fair sample (evenly spaced, the same for every job on these images),
/// then the mistakes with the highest probability, most confident first. An image may be in both.
fn choose_thumbnails(classified: &Classified, classes: usize) -> Vec<u32> {
    let n = classified.labels.len();
    let sample = n.min(THUMBNAILS);
    let mut chosen: Vec<u32> = (0..sample).map(|i| (i * n / sample) as u32).collect();
    let mut mistakes: Vec<(f32, usize)> = Vec::new();
    for i in 0..n {
        let predicted = classified.predicted[i];
        if classified.labels[i] != predicted {
            let of_image = &classified.probabilities[i * classes..];
            mistakes.push((of_image[usize::from(predicted)], i));
        }
    }
    mistakes.sort_by(|(p, a), (q, b)| q.total_cmp(p).then(a.cmp(b)));
    chosen.extend(mistakes.iter().take(THUMBNAILS).map(|(_, i)| *i as u32));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_are_a_fair_sample_and_the_most_confident_mistakes() {
        let mut classified = Classified::default();
        for i in 0..100u16 {
            let label = i % 2;
            classified.labels.push(label);
            classified
                .predicted
                .push(if i >= 95 { 1 - label } else { label });
            classified
                .probabilities
                .extend([0.5 + f32::from(i) / 1000.0; 2]);
        }
        let chosen = choose_thumbnails(&classified, 2);
        assert_eq!(chosen.len(), 24 + 5);
        assert_eq!(chosen[..3], [0, 4, 8]);
        assert_eq!(chosen[24..], [99, 98, 97, 96, 95]);
    }
}
