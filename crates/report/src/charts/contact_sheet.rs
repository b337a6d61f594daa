//! A picture of an image set: some images of every class beside its name.

use crate::draw::color::INK;
use crate::draw::font;
use crate::draw::render::{RenderError, png};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, TEXT, Text};
use image::RgbImage;

/// Images that a class may have on the sheet.
pub const PER_CLASS: usize = 10;
/// Width and height of an image in pixels.
const SIDE: f64 = 72.0;
/// Distance between images.
const GAP: f64 = 6.0;
/// Largest width of the names.
const NAME: f64 = 220.0;
/// Space around everything.
const MARGIN: f64 = 12.0;

/// A class on a contact sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetClass {
    /// Its name and number of images, in words.
    pub name: String,
    /// At most [`PER_CLASS`] of its images.
    pub images: Vec<RgbImage>,
}

/// Draws a line for each class as PNG.
///
/// # Errors
/// If the picture is larger than can be drawn.
pub fn contact_sheet(classes: &[SheetClass]) -> Result<Vec<u8>, RenderError> {
    let names = classes.iter().map(|class| class.name.as_str());
    let name_width = font::widest(names, TEXT).min(NAME);
    let left = MARGIN + name_width + 2.0 * GAP;
    let width = left + PER_CLASS as f64 * (SIDE + GAP) + MARGIN - GAP;
    let height = 2.0 * MARGIN + classes.len() as f64 * (SIDE + GAP) - GAP;
    let mut scene = Scene::new(width, height, "Images of every class");
    for (line, class) in classes.iter().enumerate() {
        let top = MARGIN + line as f64 * (SIDE + GAP);
        let name = font::fit(&class.name, name_width, TEXT, false);
        let at = (MARGIN, top + SIDE / 2.0 + TEXT / 3.0);
        scene.text(Text::new(at, name, Anchor::Start).color(INK));
        for (column, image) in class.images.iter().take(PER_CLASS).enumerate() {
            let (w, h) = (f64::from(image.width()), f64::from(image.height()));
            let zoom = SIDE / w.max(h).max(1.0);
            let size = (w * zoom, h * zoom);
            let x = left + column as f64 * (SIDE + GAP) + (SIDE - size.0) / 2.0;
            scene.pixels((x, top + (SIDE - size.1) / 2.0), size, image.clone());
        }
    }
    png(&scene)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_a_line_for_each_class() {
        let of_class = |name: &str, images| SheetClass {
            name: name.into(),
            images: vec![RgbImage::from_pixel(20, 10, image::Rgb([200, 0, 0])); images],
        };
        let size = |classes: &[SheetClass]| {
            let png = contact_sheet(classes).expect("draws");
            let image = image::load_from_memory(&png).expect("is a PNG").into_rgb8();
            let red = image.pixels().filter(|p| p.0 == [200, 0, 0]).count();
            (image.width(), image.height(), red)
        };
        let one = size(&[of_class("cat", 2)]);
        let two = size(&[of_class("cat", 2), of_class("dog", 4)]);
        assert!(two.1 > one.1 && two.2 == 3 * one.2, "{one:?} {two:?}");
    }
}
