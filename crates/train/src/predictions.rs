//! The one evaluation after training: every validation and test image's prediction in one file,
//! then the events.

use crate::TrainError;
use crate::attempt::Session;
use crate::error::End;
use crate::evaluate::{Judged, judge_rows};
use crate::files;
use convsweep_data::{DataError, Images};
use convsweep_spec::event::{Event, Part};
use convsweep_spec::layout;
use safetensors::{Dtype, serialize, tensor::TensorView};
use std::path::Path;

/// How many images are kept as a fair sample, and how many surest mistakes.
const THUMBNAILS: usize = 24;

/// Classifies the validation and the test images, writes [`layout::PREDICTIONS`] and reports both
/// evaluations.
pub(crate) fn evaluate(session: &mut Session) -> Result<(), End> {
    let mut parts = Vec::new();
    let network = session.state.kept().into_owned();
    for part in [Part::Validation, Part::Test] {
        let judged = judge_rows(session, &network, part, "evaluation")?;
        if !judged.labels.is_empty() {
            parts.push((part, judged));
        }
    }
    let path = session
        .attempt
        .job
        .execution
        .folder
        .join(layout::PREDICTIONS);
    let classes = session.state.network.classes();
    let bytes = encode(session, &parts, classes, &path)?;
    files::write(&path, &bytes, None)?;
    session.attempt.failpoints.hit("predictions");
    let bytes = bytes.len() as u64;
    session.attempt.say(Event::Artifact {
        kind: "predictions".into(),
        path: layout::PREDICTIONS.into(),
        bytes,
    })?;
    for (part, judged) in &parts {
        session
            .attempt
            .say(Event::Evaluated(judged.evaluation(*part, classes)))?;
    }
    session.attempt.failpoints.hit("evaluated");
    Ok(())
}

/// Name, type, shape and bytes.
type Raw = (String, Dtype, Vec<usize>, Vec<u8>);

fn encode(
    session: &Session,
    parts: &[(Part, Judged)],
    classes: usize,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let mut tensors: Vec<Raw> = Vec::new();
    for (part, judged) in parts {
        let rows = match part {
            Part::Validation => &session.images.parts.validation,
            Part::Test => &session.images.parts.test,
        };
        tensors.extend(prediction_tensors(part.name(), rows, judged, classes));
    }
    // The last part is the test part where there is one.
    if let Some((part, judged)) = parts.last() {
        let (images, rows) = match part {
            Part::Validation => (session.images.set.train(), &session.images.parts.validation),
            Part::Test => (session.images.set.test(), &session.images.parts.test),
        };
        tensors.extend(thumbnails(
            part.name(),
            &images,
            rows,
            &chosen(judged, classes),
        )?);
    }
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views: Vec<_> = views
        .collect::<Result<_, _>>()
        .map_err(|e| TrainError::state(path, e))?;
    serialize(views, None).map_err(|e| TrainError::state(path, e))
}

fn prediction_tensors(name: &str, rows: &[u32], judged: &Judged, classes: usize) -> [Raw; 4] {
    let n = rows.len();
    let shorts = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let longs = rows.iter().flat_map(|v| v.to_le_bytes()).collect();
    let floats = judged
        .probabilities
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    [
        (format!("{name}.index"), Dtype::U32, vec![n], longs),
        (
            format!("{name}.label"),
            Dtype::U16,
            vec![n],
            shorts(&judged.labels),
        ),
        (
            format!("{name}.predicted"),
            Dtype::U16,
            vec![n],
            shorts(&judged.predicted),
        ),
        (
            format!("{name}.probability"),
            Dtype::F32,
            vec![n, classes],
            floats,
        ),
    ]
}

fn thumbnails(
    name: &str,
    images: &Images,
    rows: &[u32],
    chosen: &[u32],
) -> Result<[Raw; 2], DataError> {
    let [channels, height, width] = images.shape();
    let pixels = chosen
        .iter()
        .map(|&i| images.image(rows[i as usize]))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let places = chosen.iter().flat_map(|i| i.to_le_bytes()).collect();
    Ok([
        (
            format!("{name}.thumbnail_rows"),
            Dtype::U32,
            vec![chosen.len()],
            places,
        ),
        (
            format!("{name}.thumbnails"),
            Dtype::U8,
            vec![chosen.len(), channels, height, width],
            pixels,
        ),
    ])
}

/// Places in the part: first a fair sample (evenly spaced, the same for every job on these images),
/// then the surest mistakes, the surest first. An image may be in both.
fn chosen(judged: &Judged, classes: usize) -> Vec<u32> {
    let n = judged.labels.len();
    let sample = n.min(THUMBNAILS);
    let mut chosen: Vec<u32> = (0..sample).map(|i| (i * n / sample) as u32).collect();
    let sureness = |i: usize| judged.probabilities[i * classes + usize::from(judged.predicted[i])];
    let mut mistakes: Vec<usize> = (0..n)
        .filter(|&i| judged.labels[i] != judged.predicted[i])
        .collect();
    mistakes.sort_by(|&a, &b| sureness(b).total_cmp(&sureness(a)).then(a.cmp(&b)));
    chosen.extend(mistakes.into_iter().take(THUMBNAILS).map(|i| i as u32));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fair_sample_then_the_surest_mistakes() {
        let judged = Judged {
            labels: (0..100).map(|i| i % 2).collect(),
            predicted: (0..100)
                .map(|i| if i >= 95 { 1 - i % 2 } else { i % 2 })
                .collect(),
            probabilities: (0..100)
                .flat_map(|i| [0.5 + i as f32 / 1000.0; 2])
                .collect(),
            loss_sum: 0.0,
        };
        let chosen = chosen(&judged, 2);
        assert_eq!(chosen.len(), 24 + 5);
        assert_eq!(chosen[..3], [0, 4, 8]);
        assert_eq!(chosen[24..], [99, 98, 97, 96, 95]);
    }
}
