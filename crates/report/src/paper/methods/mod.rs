//! `methods.tex`: what was done, in words that a thesis can take over. It says only what is true of
//! this experiment, and cites the papers of the methods that it used.

mod augmentation;
mod comparisons;
mod images;
mod network;
mod prose;
mod runs;
mod setting;
mod training;
mod variants;

use crate::ranking::Ranking;

/// The section's paragraphs. `divided_images`: as in [`super::latex_files`].
pub(super) fn methods(ranking: &Ranking, divided_images: Option<u64>) -> String {
    let mut images = images::sentences(ranking, divided_images);
    images.extend(augmentation::sentences(ranking));
    let mut training = network::sentences(ranking);
    training.extend(training::sentences(ranking));
    training.extend(runs::programs(ranking));
    let mut effects = comparisons::axes(ranking);
    effects.extend(comparisons::spread(ranking));
    let paragraphs = [
        runs::sentences(ranking),
        images,
        training,
        comparisons::sentences(ranking),
        effects,
    ];
    let mut text = "% What was done; needs references.bib for its citations.\n".to_string();
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
        text += &paragraph.join("\n");
        text += "\n\n";
    }
    text
}
