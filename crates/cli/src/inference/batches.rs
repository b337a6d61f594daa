//! Requests for images, as these become known.

use super::inputs::{ClassNames, ImageInput, NamedImages};
use super::workers::Work;
use anyhow::Result;
use convsweep_spec::inference::InferenceRequest;
use std::thread;
use tokio::sync::mpsc;

const NOT_TEXT: &str = "has a name that is no UTF-8 text: rename it";

/// Requests for the images, each for at most `most` of them. Those that are there at once share a
/// request, and none waits for others. `request` makes one of its images.
///
/// # Errors
/// If the system gives no thread.
pub fn batches(
    inputs: NamedImages,
    names: ClassNames,
    most: usize,
    request: impl Fn(&[&ImageInput]) -> InferenceRequest + Send + 'static,
) -> Result<mpsc::Receiver<Work<Vec<ImageInput>>>> {
    let (image, mut images) = mpsc::channel(4 * most);
    let (work, requests) = mpsc::channel(1);
    let thread = || thread::Builder::new().name("images".into());
    thread().spawn(move || inputs.each(&names, |found| image.blocking_send(found).is_ok()))?;
    thread().spawn(move || {
        while let Some(first) = images.blocking_recv() {
            let mut batch = vec![sendable(first)];
            while batch.len() < most
                && let Ok(next) = images.try_recv()
            {
                batch.push(sendable(next));
            }
            let sent: Vec<&ImageInput> = batch.iter().filter(|i| i.problem.is_none()).collect();
            let new = Work {
                request: request(&sent),
                about: batch,
            };
            if work.blocking_send(new).is_err() {
                return;
            }
        }
    })?;
    Ok(requests)
}

/// The images of a request, each with its answer; what was not sent has the answer that
/// `unreadable` makes of the reason.
pub fn readable<T>(
    images: Vec<ImageInput>,
    answers: Vec<T>,
    unreadable: impl Fn(String) -> T,
) -> Vec<(ImageInput, T)> {
    let mut answers = answers.into_iter();
    let mut paired = Vec::with_capacity(images.len());
    for image in images {
        let answer = match &image.problem {
            None => answers.next(),
            Some(problem) => Some(unreadable(problem.clone())),
        };
        paired.extend(answer.map(|answer| (image, answer)));
    }
    paired
}

/// The image, with the reason if it cannot be part of a request, which is text.
fn sendable(mut image: ImageInput) -> ImageInput {
    if image.problem.is_none() && image.path.to_str().is_none() {
        image.problem = Some(NOT_TEXT.into());
    }
    image
}
