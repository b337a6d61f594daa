//! A scene as a PNG file: its SVG document, drawn by resvg, so that both show the same.

use super::encoding::encoded;
use super::pen::RenderError;
use super::svg;
use crate::draw::color::{MUTED, PAPER};
use crate::draw::fallback::{fonts, missing_letters};
use crate::draw::scene::{Scene, SceneItem};
use crate::draw::text::{Anchor, SMALL, Text};
use image::RgbImage;
use image::imageops::{self, FilterType};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Pixels of the PNG in a scene's pixel: 720 pixels become 1440, which is 240 dots an inch on the
/// width of a page.
const SCALE: f64 = 2.0;
/// Height that the line about missing letters adds to a scene.
const MISSING_LINE: f64 = 16.0;

/// The scene as a PNG file. Letters that the program's own font lacks are drawn with a font of the
/// machine; if it has none, a line below says which are missing.
///
/// # Errors
/// Where a drawing library or the encoder reports one.
pub fn png(scene: &Scene) -> Result<Vec<u8>, RenderError> {
    let missing = missing_letters(scene.texts().map(|text| text.text.as_str()));
    let mut picture = match missing.as_str() {
        "" => picture(scene)?,
        missing => picture(&with_missing(scene, missing))?,
    };
    for item in &scene.items {
        if let SceneItem::Pixels { at, size, image } = item {
            let (width, height) = pixel_size(*size);
            let scaled = imageops::resize(image, width, height, FilterType::Nearest);
            let [x, y] = [at.0, at.1].map(|p| (p * SCALE).round() as i64);
            imageops::replace(&mut picture, &scaled, x, y);
        }
    }
    encoded(&picture)
}

/// The scene with a line that says which letters cannot be drawn.
fn with_missing(scene: &Scene, missing: &str) -> Scene {
    let mut scene = scene.clone();
    let words = format!("{missing}: not drawn, since no font of this machine has them");
    let at = (8.0, scene.height + MISSING_LINE - 5.0);
    scene.text(Text::new(at, words, Anchor::Start).size(SMALL).color(MUTED));
    scene.height += MISSING_LINE;
    scene
}

/// The scene without its images.
fn picture(scene: &Scene) -> Result<RgbImage, RenderError> {
    let drawing_error = |error: String| RenderError::Drawing(error);
    // What a page may show in another colour is white here.
    let document = svg::document(scene, "")?.replace(&PAPER.hex(), "#FFFFFF");
    let options = Options {
        fontdb: fonts(scene.texts().map(|text| text.text.as_str())),
        ..Options::default()
    };
    let tree = Tree::from_str(&document, &options).map_err(|e| drawing_error(e.to_string()))?;
    let (width, height) = pixel_size((scene.width, scene.height));
    let pixmap = Pixmap::new(width, height);
    let mut pixmap = pixmap.ok_or_else(|| drawing_error("a picture without pixels".into()))?;
    // The edges of the picture may lie within a pixel.
    pixmap.fill(Color::WHITE);
    let [x, y] = [
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    ];
    resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
    let pixels = pixmap
        .data()
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]]);
    RgbImage::from_raw(width, height, pixels.collect())
        .ok_or_else(|| drawing_error("the picture is too small for its size".into()))
}

fn pixel_size((width, height): (f64, f64)) -> (u32, u32) {
    let pixels = |length: f64| (length * SCALE).round().max(1.0) as u32;
    (pixels(width), pixels(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::color::SERIES;
    use crate::draw::text::{Anchor, Text};

    #[test]
    fn png_has_shapes_where_they_belong() {
        let mut scene = Scene::new(100.0, 50.0, "");
        scene.rect((10.0, 10.0), (30.0, 30.0), SERIES[0], 1.0);
        scene.text(Text::new((50.0, 30.0), "a & b", Anchor::Start));
        scene.pixels((60.0, 10.0), (8.0, 8.0), RgbImage::new(2, 2));
        let bytes = png(&scene).expect("renders");
        let picture = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
        assert_eq!(picture.dimensions(), (200, 100));
        assert_eq!(picture.get_pixel(50, 50).0, [0x00, 0x72, 0xb2]);
        assert_eq!(picture.get_pixel(4, 4).0, [255, 255, 255]);
        assert_eq!(picture.get_pixel(199, 99).0, [255, 255, 255], "the corner");
        assert_eq!(picture.get_pixel(128, 30).0, [0, 0, 0]);
        assert!(
            dark_pixels(&picture) > 20,
            "text is drawn above its baseline"
        );
    }

    #[test]
    fn outlines_are_drawn_on_all_four_sides() {
        let mut scene = Scene::new(40.0, 40.0, "");
        scene.outline((10.0, 10.0), (20.0, 20.0), SERIES[0], 2.5);
        let bytes = png(&scene).expect("renders");
        let picture = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
        for (x, y) in [
            (40, 20),
            (30, 20),
            (20, 40),
            (60, 40),
            (40, 60),
            (20, 20),
            (60, 60),
        ] {
            assert_eq!(picture.get_pixel(x, y).0, [0x00, 0x72, 0xb2], "{x} {y}");
        }
        assert_eq!(picture.get_pixel(40, 40).0, [255, 255, 255]);
    }

    /// Dark pixels in the box that the text covers.
    fn dark_pixels(picture: &RgbImage) -> usize {
        let mut count = 0;
        for x in 100..135 {
            for y in 40..62 {
                count += usize::from(picture.get_pixel(x, y).0[0] < 128);
            }
        }
        count
    }

    #[test]
    fn other_scripts_are_drawn_or_named() {
        let drawn = |text: &str| {
            let mut scene = Scene::new(120.0, 40.0, "");
            scene.text(Text::new((10.0, 25.0), text, Anchor::Start));
            let bytes = png(&scene).expect("renders");
            image::load_from_memory(&bytes).expect("decodes").to_rgb8()
        };
        assert_eq!(
            drawn("Ключ é").dimensions(),
            (240, 80),
            "Cyrillic and Latin"
        );
        let (one, two) = (drawn("玫瑰"), drawn("郁金"));
        assert_ne!(
            one, two,
            "by a font of the machine, or by the line that names them"
        );
    }
}
