//! The most confused pairs with their pictures.

use super::chart_of;
use crate::marks::words;
use crate::synthetic::cases::six;
use convsweep_report::draw::scene::SceneItem;
use convsweep_report::ranking::{ConfusionMatrix, Ranking};

#[test]
fn pairs_count_both_directions_and_come_in_order() {
    let rows = six().rows();
    let matrix = ConfusionMatrix::of_best(&Ranking::new(&rows)).expect("evaluated");
    let pairs = matrix.pairs(100);
    assert!(pairs.is_sorted_by(|a, b| a.count >= b.count));
    let mistakes: u64 = pairs.iter().map(|pair| pair.count).sum();
    let right: u64 = (0..10).map(|i| matrix.counts[i][i]).sum();
    let images: u64 = matrix.counts.iter().flatten().sum();
    assert_eq!(mistakes, images - right);
    for pair in pairs {
        let [a, b] = pair.classes;
        assert!(matrix.counts[a][b] >= matrix.counts[b][a]);
    }
}

#[test]
fn pictures_are_of_the_two_classes() {
    let rows = six().rows();
    let matrix = ConfusionMatrix::of_best(&Ranking::new(&rows)).expect("evaluated");
    let chart = chart_of(&rows, "confused-pairs");
    let words = words(&chart.scene);
    let headings = words.iter().filter(|word| word.matches(" → ").count() == 2);
    assert_eq!(headings.count(), 6);
    let pictures = chart.scene.items.iter();
    let pictures = pictures.filter(|item| matches!(item, SceneItem::Pixels { .. }));
    // The synthetic networks take every class for the one after the next but one.
    assert!(pictures.count() > 0);
    let classes = &matrix.classes;
    for truth in words.iter().filter_map(|word| word.strip_prefix("is ")) {
        assert!(classes.iter().any(|class| class == truth), "{truth}");
    }
    assert!(chart.caption.contains("Only some pictures are kept"));
}
