//! A picture of images and what networks predict for them.

use super::chart::WIDTH;
use super::image_tile::{COLUMN_WIDTH, COLUMNS, ImageTile, WORDS};
use crate::draw::scene::Scene;

/// Images that a picture has at most.
pub const MOST_PICTURES: usize = 64;
/// Space around everything.
const MARGIN: f64 = 12.0;

/// Images in rows, each with its predicted class, probability and name.
pub fn predicted_images(tiles: &[ImageTile]) -> Scene {
    let tiles = &tiles[..tiles.len().min(MOST_PICTURES)];
    let row = ImageTile::tallest(tiles) + WORDS;
    let rows = tiles.len().div_ceil(COLUMNS) as f64;
    let wrong = tiles.iter().filter(|tile| tile.is_right == Some(false));
    let description = match wrong.count() {
        0 => "Predicted classes of images".to_string(),
        wrong => format!("Predicted classes of images, {wrong} of them wrong"),
    };
    let mut scene = Scene::new(WIDTH, 2.0 * MARGIN + rows * row, description);
    for (i, tile) in tiles.iter().enumerate() {
        let x = MARGIN + (i % COLUMNS) as f64 * COLUMN_WIDTH;
        let y = MARGIN + (i / COLUMNS) as f64 * row;
        tile.draw(&mut scene, (x, y), row - WORDS);
    }
    scene
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::render::{png, svg};
    use image::{Rgb, RgbImage};

    #[test]
    fn a_picture_has_a_tile_for_each_image() {
        let tile = |is_right: Option<bool>| ImageTile {
            image: RgbImage::from_pixel(20, 10, Rgb([200, 0, 0])),
            predicted: "cat".into(),
            probability: 0.875,
            truth: "dog".into(),
            is_right,
            name: "a/b.jpg".into(),
        };
        let tiles = vec![tile(None), tile(Some(true)), tile(Some(false))];
        let scene = predicted_images(&tiles);
        let words = svg(&scene).expect("draws");
        assert!(
            words.contains("cat 88 %") && words.contains("✗ cat 88 %"),
            "{words}"
        );
        assert_eq!(words.matches("is dog").count(), 1);
        let image = image::load_from_memory(&png(&scene).expect("draws"));
        let image = image.expect("is a PNG").into_rgb8();
        let red = image.pixels().filter(|p| p.0 == [200, 0, 0]).count();
        assert!(red > 1000, "{red}");
        assert_eq!(predicted_images(&vec![tile(None); 100]).width, WIDTH);
    }
}
