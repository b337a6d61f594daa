//! The confusion matrix.

use super::chart_of;
use crate::marks::{fields, outlines, words};
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::draw::color::MUTED;
use convsweep_report::ranking::{ConfusionMatrix, Ranking};

#[test]
fn counts_are_summed_over_the_runs() {
    let rows = six().rows();
    let matrix = ConfusionMatrix::of_best(&Ranking::new(&rows)).expect("evaluated");
    assert_eq!((matrix.runs, matrix.part.name()), (3, "test"));
    assert_eq!(matrix.counts.iter().flatten().sum::<u64>(), 3000);
}

#[test]
fn without_all_test_evaluations_the_validation_images_are_shown() {
    let mut rows = six().rows();
    for configuration in &mut rows.configurations {
        configuration.jobs[0].test = None;
    }
    let matrix = ConfusionMatrix::of_best(&Ranking::new(&rows)).expect("evaluated");
    assert_eq!(matrix.part.name(), "validation");
}

#[test]
fn the_diagonal_is_darkest() {
    let scene = chart_of(&six().rows(), "confusion").scene;
    let [matrix] = outlines(&scene, MUTED)[..] else {
        panic!("one outline");
    };
    let cell = matrix.width / 10.0;
    let place = |offset: f64| (offset / cell).round() as usize;
    let (mut diagonal, mut others) = (Vec::new(), Vec::new());
    for (field, color) in fields(&scene) {
        let row = place(field.top - matrix.top);
        let column = place(field.left - matrix.left);
        if row == column {
            diagonal.push(color.luminance());
        } else {
            others.push(color.luminance());
        }
    }
    assert_eq!(diagonal.len(), 10);
    let lightest = diagonal.into_iter().fold(0.0, f64::max);
    assert!(others.iter().all(|luminance| *luminance > lightest));
}

#[test]
fn classes_are_named_and_mistakes_listed_from_the_worst() {
    let scene = chart_of(&six().rows(), "confusion").scene;
    let words = words(&scene);
    for class in &six().classes {
        let count = words.iter().filter(|word| *word == class).count();
        assert_eq!(count, 2, "{class} beside and below the matrix");
    }
    let shares: Vec<f64> = words
        .iter()
        .filter_map(|word| word.strip_suffix(" %")?.parse().ok())
        .collect();
    assert_eq!(shares.len(), 12);
    assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
    assert_eq!(words.iter().filter(|w| w.contains(" → ")).count(), 12);
}

#[test]
fn many_classes_are_numbered() {
    let hundred = Synthetic {
        seeds: 1,
        ..cases::hundred_classes()
    };
    let scene = chart_of(&hundred.rows(), "confusion").scene;
    let words = words(&scene);
    assert!(words.contains(&"true class (number)"));
    // The key below the matrix is bold.
    let count = |is_bold: bool, number: &str| {
        let texts = scene.texts().filter(|text| text.bold == is_bold);
        texts.filter(|text| text.text == number).count()
    };
    assert_eq!((count(false, "90"), count(false, "95")), (2, 0));
    assert_eq!(count(true, "95"), 1);
    for class in &hundred.classes {
        assert!(
            words.iter().any(|word| word == class),
            "{class} is explained"
        );
    }
}
