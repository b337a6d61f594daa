//! The images with their predictions.

use super::chart_of;
use crate::marks::{outlines, words};
use crate::synthetic::cases::six;
use convsweep_report::draw::color::{CORRECT, MISTAKE};
use convsweep_report::draw::scene::SceneItem;

#[test]
fn a_sample_and_the_most_confident_mistakes_are_shown() {
    let chart = chart_of(&six().rows(), "images");
    let words = words(&chart.scene);
    let sample = words
        .iter()
        .position(|word| *word == "A sample of the test images");
    let mistakes = words
        .iter()
        .position(|word| *word == "Most confident mistakes");
    let (sample, mistakes) = (sample.expect("a block"), mistakes.expect("a block"));
    assert!(sample < mistakes);
    let shares: Vec<u32> = words[mistakes..]
        .iter()
        .filter(|word| word.starts_with('✗'))
        .filter_map(|word| word.strip_suffix(" %")?.rsplit(' ').next()?.parse().ok())
        .collect();
    assert!(shares.len() > 5, "{shares:?}");
    assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
}

#[test]
fn mistakes_are_marked_by_colour_and_sign() {
    let scene = chart_of(&six().rows(), "images").scene;
    let is_image = |item: &&SceneItem| matches!(item, SceneItem::Pixels { .. });
    let images = scene.items.iter().filter(is_image).count();
    let wrong = outlines(&scene, MISTAKE).len();
    assert_eq!(outlines(&scene, CORRECT).len() + wrong, images);
    let words = words(&scene);
    let crossed = words.iter().filter(|word| word.starts_with('✗')).count();
    let corrected = words.iter().filter(|word| word.starts_with("is ")).count();
    assert_eq!((crossed, corrected), (wrong, wrong));
}
