//! A picture of images and which of their pixels decide what networks predict for them.

use crate::draw::color::{INK, MUTED};
use crate::draw::font;
use crate::draw::gradient::sequential;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text};
use image::{Rgb, RgbImage};

/// Images that a picture has at most.
pub const MOST_EXPLAINED: usize = 24;
/// Width and height of an image.
const SIDE: f64 = 150.0;
const GAP: f64 = 14.0;
const MARGIN: f64 = 14.0;
/// Height of the headings of the columns.
const HEAD: f64 = 26.0;
/// Height of the words below an image.
const WORDS: f64 = 44.0;
/// Height of the colour bar with its words.
const BAR: f64 = 46.0;
/// Grey of the image below the colour bar.
const BAR_GREY: u8 = 150;
/// Share of the colour where a map is highest.
const STRENGTH: f32 = 0.8;

/// An image with the maps that explain its prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedTile {
    /// The image as the network reads it.
    pub image: RgbImage,
    /// Its name.
    pub name: String,
    /// What is explained, in words.
    pub explained: String,
    /// One for each method.
    pub maps: Vec<ExplainedMap>,
}

/// A map of an image's size.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedMap {
    /// How much each pixel matters, row by row; only what is above 0 is drawn.
    pub values: Vec<f32>,
    /// What the map is worth, in words.
    pub words: [String; 2],
}

/// A row for each image: itself, then each method's map over it.
pub fn explained_images(methods: &[&str], tiles: &[ExplainedTile]) -> Scene {
    let tiles = &tiles[..tiles.len().min(MOST_EXPLAINED)];
    let columns = methods.len() + 1;
    let width = 2.0 * MARGIN + columns as f64 * (SIDE + GAP) - GAP;
    let row = SIDE + WORDS;
    let height = 2.0 * MARGIN + HEAD + tiles.len() as f64 * row + BAR;
    let description = format!("Which pixels decide, by {}", methods.join(", "));
    let mut scene = Scene::new(width, height, description);
    let left = |column: usize| MARGIN + column as f64 * (SIDE + GAP);
    for (column, name) in ["image"].iter().chain(methods).enumerate() {
        let at = (left(column), MARGIN + TEXT);
        let name = font::fit(name, SIDE, TEXT, true);
        scene.text(Text::new(at, name, Anchor::Start).bold().color(INK));
    }
    for (i, tile) in tiles.iter().enumerate() {
        let top = MARGIN + HEAD + i as f64 * row;
        scene.pixels((left(0), top), (SIDE, SIDE), tile.image.clone());
        words(&mut scene, (left(0), top), [&tile.explained, &tile.name]);
        for (column, map) in tile.maps.iter().enumerate() {
            let overlaid = overlaid(&tile.image, &map.values);
            scene.pixels((left(column + 1), top), (SIDE, SIDE), overlaid);
            words(
                &mut scene,
                (left(column + 1), top),
                [&map.words[0], &map.words[1]],
            );
        }
    }
    color_bar(&mut scene, (MARGIN, height - MARGIN - BAR + 8.0));
    scene
}

/// Two lines below an image.
fn words(scene: &mut Scene, (x, y): (f64, f64), lines: [&str; 2]) {
    for (i, (line, color)) in lines.into_iter().zip([INK, MUTED]).enumerate() {
        let at = (x, y + SIDE + 14.0 + 14.0 * i as f64);
        let line = font::fit(line, SIDE + 6.0, SMALL, false);
        scene.text(Text::new(at, line, Anchor::Start).size(SMALL).color(color));
    }
}

/// The image in grey, coloured where the map is high.
pub(super) fn overlaid(image: &RgbImage, values: &[f32]) -> RgbImage {
    let highest = values.iter().copied().fold(0.0f32, f32::max);
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let value = values.get((y * image.width() + x) as usize);
        let share = match value {
            Some(value) if highest > 0.0 => (value / highest).clamp(0.0, 1.0),
            _ => 0.0,
        };
        let Rgb([red, green, blue]) = *image.get_pixel(x, y);
        let grey = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
        let color = sequential(f64::from(share));
        let strength = STRENGTH * share.sqrt();
        let mixed =
            |channel: u8| (grey * (1.0 - strength) + f32::from(channel) * strength).round() as u8;
        Rgb([mixed(color.0), mixed(color.1), mixed(color.2)])
    })
}

/// What the colours mean, over an even grey.
pub(super) fn color_bar(scene: &mut Scene, (x, y): (f64, f64)) {
    let grey = RgbImage::from_pixel(SIDE as u32, 1, Rgb([BAR_GREY; 3]));
    let shares: Vec<f32> = (0..SIDE as u16).map(f32::from).collect();
    scene.pixels((x, y), (SIDE, 10.0), overlaid(&grey, &shares));
    for (at, text, anchor) in [
        (x, "nothing", Anchor::Start),
        (x + SIDE, "most of this image", Anchor::End),
    ] {
        let text = Text::new((at, y + 24.0), text, anchor);
        scene.text(text.size(SMALL).color(MUTED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::render::svg;

    #[test]
    fn a_map_colours_the_image_where_it_is_high() {
        let image = RgbImage::from_pixel(2, 1, Rgb([100; 3]));
        let drawn = overlaid(&image, &[0.0, 3.0]);
        assert_eq!(*drawn.get_pixel(0, 0), Rgb([100; 3]));
        assert_ne!(*drawn.get_pixel(1, 0), Rgb([100; 3]));
        assert_eq!(
            overlaid(&image, &[-1.0, 0.0]),
            image,
            "nothing speaks for it"
        );
        let tile = ExplainedTile {
            image,
            name: "a.png".into(),
            explained: "cat 90 %".into(),
            maps: vec![ExplainedMap {
                values: vec![0.0, 1.0],
                words: ["deletion 0.1".into(), "random 0.4".into()],
            }],
        };
        let words = svg(&explained_images(&["grad-cam"], &[tile])).expect("draws");
        for text in [
            "grad-cam",
            "cat 90 %",
            "a.png",
            "deletion 0.1",
            "random 0.4",
        ] {
            assert!(words.contains(text), "{text}");
        }
    }
}
