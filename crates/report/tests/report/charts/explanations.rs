//! Which pixels decide predictions.

use super::chart_of;
use crate::marks::words;
use crate::synthetic::cases::six;
use convsweep_report::draw::scene::SceneItem;

#[test]
fn images_stand_beside_their_maps_with_what_these_are_worth() {
    let chart = chart_of(&six().rows(), "explanations");
    let is_picture = |item: &&SceneItem| matches!(item, SceneItem::Pixels { .. });
    let pictures = chart.scene.items.iter().filter(is_picture).count();
    let words = words(&chart.scene);
    let count = |word: &str| words.iter().filter(|found| **found == word).count();
    let images = (pictures - 1) / 2;
    assert_eq!(
        pictures,
        2 * images + 1,
        "each with its map, and the colour bar"
    );
    assert!((12..=24).contains(&images), "{images}");
    assert_eq!(
        (count("matters"), count("as elsewhere")),
        (images / 2, images.div_ceil(2))
    );
    let agreements = words.iter().filter(|word| word.starts_with("agree "));
    assert_eq!(agreements.count(), images);
    for said in [
        "the mean of 2 networks",
        "which chance does as well: do not believe these marks",
    ] {
        assert!(chart.caption.contains(said), "{}", chart.caption);
    }
}
