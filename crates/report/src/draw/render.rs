//! A scene through plotters' SVG and bitmap backends.
//!
//! Both backends know whole pixels only. So everything is drawn on a finer grid: the SVG gets a
//! view box of that grid, the bitmap is averaged down from it.

use super::color::{self, Color, Dash};
use super::scene::{Anchor, Item, Scene, Text};
use super::text::{self, FAMILY, GLYPH_HEIGHT};
use base64::Engine as _;
use image::{ImageFormat, RgbImage, imageops};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBAColor, ShapeStyle, TextStyle};
use std::io::Cursor;
use thiserror::Error;

/// A picture that could not be made.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The drawing library refused.
    #[error("drawing failed: {0}")]
    Drawing(String),
    /// The PNG encoder refused.
    #[error("PNG encoding failed: {0}")]
    Encoding(#[from] image::ImageError),
}

/// Units of an SVG's view box in a pixel.
const SVG_GRID: f64 = 10.0;
/// Drawn pixels in a scene's pixel, before averaging.
const BITMAP_GRID: f64 = 4.0;
/// Pixels of the PNG in a scene's pixel: 720 pixels become 1440, 240 dots an inch on a page's
/// width.
const BITMAP_SCALE: f64 = 2.0;
/// What readers without the family see.
const FALLBACKS: &str =
    "'Convsweep Sans', Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/// The scene as an SVG document.
pub fn svg(scene: &Scene) -> Result<String, RenderError> {
    let grid = (
        (scene.width * SVG_GRID).ceil() as u32,
        (scene.height * SVG_GRID).ceil() as u32,
    );
    let mut document = String::new();
    {
        let mut pen = Pen {
            backend: SVGBackend::with_string(&mut document, grid),
            grid: SVG_GRID,
            baseline: 0.76,
            em: 1.24,
        };
        pen.background(scene)?;
        pen.draw(scene)?;
    }
    finish(&document, scene)
}

/// Sets size, description, fonts and embedded images, which plotters' SVG leaves out.
fn finish(document: &str, scene: &Scene) -> Result<String, RenderError> {
    let body = document.split_once(">\n").map_or("", |(_, body)| body);
    let body = body
        .trim_end()
        .trim_end_matches("</svg>")
        .replace(&format!("font-family=\"{FAMILY}\""), "");
    let mut images = String::new();
    for item in &scene.items {
        if let Item::Pixels { at, size, image } = item {
            let data = base64::engine::general_purpose::STANDARD.encode(encode(image)?);
            images += &format!(
                "<image x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{:.0}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n",
                at.0 * SVG_GRID,
                at.1 * SVG_GRID,
                size.0 * SVG_GRID,
                size.1 * SVG_GRID
            );
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"{FALLBACKS}\" stroke-linejoin=\"round\" role=\"img\">\n<title>{}</title>\n{body}{images}</svg>\n",
        scene.width,
        scene.height,
        scene.width * SVG_GRID,
        scene.height * SVG_GRID,
        escape(&scene.description),
    ))
}

/// An SVG made by [`svg`] for use inside a page: the neutral colours become the page's own custom
/// properties.
pub fn themed(svg: &str) -> String {
    let names = [
        (color::INK, "ink"),
        (color::MUTED, "muted"),
        (color::GRID, "grid"),
        (color::FAINT, "faint"),
        (color::PAPER, "paper"),
    ];
    names.iter().fold(svg.to_string(), |text, (color, name)| {
        text.replace(&color.hex(), &format!("var(--{name})"))
    })
}

/// Escapes text for XML and HTML.
pub fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
            out
        })
}

/// The scene as a PNG file.
pub fn png(scene: &Scene) -> Result<Vec<u8>, RenderError> {
    let grid = (
        (scene.width * BITMAP_GRID).ceil() as u32,
        (scene.height * BITMAP_GRID).ceil() as u32,
    );
    let mut pixels = vec![255u8; grid.0 as usize * grid.1 as usize * 3];
    {
        let backend = BitMapBackend::with_buffer(&mut pixels, grid);
        let mut pen = Pen {
            backend,
            grid: BITMAP_GRID,
            baseline: 0.5 * GLYPH_HEIGHT,
            em: GLYPH_HEIGHT,
        };
        pen.draw(scene)?;
    }
    let fine = RgbImage::from_raw(grid.0, grid.1, pixels)
        .ok_or_else(|| RenderError::Drawing("the bitmap has another size than asked for".into()))?;
    let size = [scene.width, scene.height].map(|s| (s * BITMAP_SCALE).round().max(1.0) as u32);
    let mut picture = imageops::thumbnail(&fine, size[0], size[1]);
    for item in &scene.items {
        if let Item::Pixels { at, size, image } = item {
            let [w, h] = [size.0, size.1].map(|s| (s * BITMAP_SCALE).round().max(1.0) as u32);
            let scaled = imageops::resize(image, w, h, imageops::FilterType::Nearest);
            let [x, y] = [at.0, at.1].map(|p| (p * BITMAP_SCALE).round() as i64);
            imageops::replace(&mut picture, &scaled, x, y);
        }
    }
    encode(&picture)
}

fn encode(image: &RgbImage) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// A plotters backend with its grid and its idea of a font's size.
struct Pen<B> {
    backend: B,
    /// Backend pixels in a scene's pixel.
    grid: f64,
    /// Distance in em from the top that the backend anchors text by down to the baseline.
    baseline: f64,
    /// Size that the backend wants for one pixel an em.
    em: f64,
}

impl<B: DrawingBackend> Pen<B> {
    fn background(&mut self, scene: &Scene) -> Result<(), RenderError> {
        let corner = self.point((scene.width, scene.height));
        self.backend
            .draw_rect((0, 0), corner, &paint(color::PAPER, 1.0, 1), true)
            .map_err(refused)
    }

    fn draw(&mut self, scene: &Scene) -> Result<(), RenderError> {
        for item in &scene.items {
            self.item(item)?;
        }
        self.backend.present().map_err(refused)
    }

    fn item(&mut self, item: &Item) -> Result<(), RenderError> {
        match item {
            Item::Line {
                points,
                color,
                alpha,
                width,
                dash,
            } => {
                let style = paint(*color, *alpha, (width * self.grid).round().max(1.0) as u32);
                for stroke in strokes(points, dash) {
                    let path: Vec<_> = stroke.iter().map(|p| self.point(*p)).collect();
                    self.backend.draw_path(path, &style).map_err(refused)?;
                }
                Ok(())
            }
            Item::Polygon {
                points,
                color,
                alpha,
            } => {
                let path: Vec<_> = points.iter().map(|p| self.point(*p)).collect();
                self.backend
                    .fill_polygon(path, &paint(*color, *alpha, 1))
                    .map_err(refused)
            }
            Item::Disc {
                at,
                radius,
                color,
                alpha,
            } => {
                let radius = (radius * self.grid).round().max(1.0) as u32;
                let at = self.point(*at);
                self.backend
                    .draw_circle(at, radius, &paint(*color, *alpha, 1), true)
                    .map_err(refused)
            }
            Item::Text(text) => self.text(text),
            Item::Pixels { .. } => Ok(()),
        }
    }

    fn text(&mut self, text: &Text) -> Result<(), RenderError> {
        let drop = self.baseline * text.size;
        let (at, turn) = if text.upright {
            ((text.at.0 - drop, text.at.1), FontTransform::Rotate270)
        } else {
            ((text.at.0, text.at.1 - drop), FontTransform::None)
        };
        let h = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = text::font(text.size * self.em * self.grid, text.bold).transform(turn);
        let color = rgba(text.color, 1.0);
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(h, VPos::Top));
        let at = self.point(at);
        self.backend
            .draw_text(&text.text, &style, at)
            .map_err(refused)
    }

    fn point(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (
            (x * self.grid).round() as i32,
            (y * self.grid).round() as i32,
        )
    }
}

fn refused(error: impl std::fmt::Display) -> RenderError {
    RenderError::Drawing(error.to_string())
}

fn rgba(color: Color, alpha: f64) -> RGBAColor {
    RGBAColor(color.0, color.1, color.2, alpha)
}

fn paint(color: Color, alpha: f64, width: u32) -> ShapeStyle {
    ShapeStyle {
        color: rgba(color, alpha),
        filled: true,
        stroke_width: width,
    }
}

/// Cuts a line into the strokes of its pattern.
fn strokes(points: &[(f64, f64)], dash: Dash) -> Vec<Vec<(f64, f64)>> {
    if dash.is_empty() || points.len() < 2 {
        return if points.len() < 2 {
            Vec::new()
        } else {
            vec![points.to_vec()]
        };
    }
    let (mut part, mut left) = (0, dash[0]);
    let mut done = Vec::new();
    let mut stroke = vec![points[0]];
    for pair in points.windows(2) {
        let ((mut x, mut y), (x1, y1)) = (pair[0], pair[1]);
        loop {
            let rest = (x1 - x).hypot(y1 - y);
            let drawn = part % 2 == 0;
            if rest <= left {
                left -= rest;
                if drawn {
                    stroke.push((x1, y1));
                }
                break;
            }
            (x, y) = (x + (x1 - x) * left / rest, y + (y1 - y) * left / rest);
            if drawn {
                stroke.push((x, y));
                done.push(std::mem::take(&mut stroke));
            } else {
                stroke = vec![(x, y)];
            }
            part += 1;
            left = dash[part % dash.len()];
        }
    }
    if stroke.len() > 1 {
        done.push(stroke);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::color::{INK, SERIES};

    fn scene() -> Scene {
        let mut scene = Scene::new(100.0, 50.0, "a <test>");
        scene.rect((10.0, 10.0), (30.0, 30.0), SERIES[0], 1.0);
        scene.text(Text::new((50.0, 30.0), "a & b", Anchor::Start));
        scene.items.push(Item::Pixels {
            at: (60.0, 10.0),
            size: (8.0, 8.0),
            image: RgbImage::new(2, 2),
        });
        scene
    }

    #[test]
    fn svg_has_size_text_and_images() {
        let text = svg(&scene()).expect("renders");
        assert!(
            text.contains("width=\"100\" height=\"50\" viewBox=\"0 0 1000 500\""),
            "{text}"
        );
        assert!(text.contains("<title>a &lt;test&gt;</title>"), "{text}");
        assert!(
            text.contains("a &amp; b") && text.contains("data:image/png;base64,"),
            "{text}"
        );
        assert_eq!(text.matches("<svg").count(), 1);
        assert_eq!(text.matches("</svg>").count(), 1);
        assert!(!themed(&text).contains(&INK.hex()));
    }

    #[test]
    fn png_has_shapes_where_they_belong() {
        let bytes = png(&scene()).expect("renders");
        let picture = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
        assert_eq!(picture.dimensions(), (200, 100));
        assert_eq!(picture.get_pixel(50, 50).0, [0x00, 0x72, 0xb2]);
        assert_eq!(picture.get_pixel(4, 4).0, [255, 255, 255]);
        assert_eq!(picture.get_pixel(128, 30).0, [0, 0, 0]);
        let inked = (100..135)
            .flat_map(|x| (40..62).map(move |y| (x, y)))
            .filter(|(x, y)| picture.get_pixel(*x, *y).0[0] < 128);
        assert!(inked.count() > 20, "text is drawn above its baseline");
    }

    #[test]
    fn dashes_keep_their_lengths() {
        let cut = strokes(&[(0.0, 0.0), (10.0, 0.0)], &[3.0, 2.0]);
        assert_eq!(
            cut,
            [vec![(0.0, 0.0), (3.0, 0.0)], vec![(5.0, 0.0), (8.0, 0.0)]]
        );
        assert_eq!(strokes(&[(0.0, 0.0), (1.0, 0.0)], &[]).len(), 1);
        assert!(strokes(&[(0.0, 0.0)], &[]).is_empty());
    }
}
