//! A scene as a PNG file.

use super::pen::{Pen, RenderError};
use crate::draw::font::GLYPH_HEIGHT;
use crate::draw::scene::{Scene, SceneItem};
use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};
use plotters::backend::BitMapBackend;
use std::io::Cursor;

/// Pixels of the PNG in a scene's pixel: 720 pixels become 1440, which is 240 dots an inch on the
/// width of a page.
const SCALE: f64 = 2.0;
/// Drawn pixels in a pixel of the PNG, before averaging, in each direction.
const FINE: u32 = 2;

/// The scene as a PNG file.
///
/// # Errors
/// Where plotters or the encoder reports one.
pub fn png(scene: &Scene) -> Result<Vec<u8>, RenderError> {
    let mut picture = averaged(&bitmap(scene)?);
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

/// An image as a PNG file.
pub(super) fn encoded(image: &RgbImage) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// The scene on the fine grid, without its images.
fn bitmap(scene: &Scene) -> Result<RgbImage, RenderError> {
    let (width, height) = pixel_size((scene.width, scene.height));
    let (width, height) = (width * FINE, height * FINE);
    let mut pixels = vec![255u8; width as usize * height as usize * 3];
    {
        let mut pen = Pen {
            backend: BitMapBackend::with_buffer(&mut pixels, (width, height)),
            grid: SCALE * f64::from(FINE),
            baseline: 0.5 * GLYPH_HEIGHT,
            em: GLYPH_HEIGHT,
        };
        pen.draw(scene)?;
    }
    RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| RenderError::Drawing("the bitmap is too small for its size".into()))
}

/// The mean of each [`FINE`] × [`FINE`] pixels.
fn averaged(fine: &RgbImage) -> RgbImage {
    let (width, height) = (fine.width() / FINE, fine.height() / FINE);
    let row_length = fine.width() as usize * 3;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for rows in fine.as_raw().chunks_exact(row_length * FINE as usize) {
        let (upper, lower) = rows.split_at(row_length);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for c in 0..3 {
                let sum =
                    u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                pixels.push(((sum + 2) / 4) as u8);
            }
        }
    }
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
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
}
