//! Draws the shapes of a scene into the content of a page.

use super::typeface::Typeface;
use crate::draw::color::Color;
use crate::draw::font::{self, BOLD, REGULAR};
use crate::draw::render::RenderError;
use crate::draw::scene::SceneItem;
use crate::draw::style::Dash;
use crate::draw::text::{Anchor, Text};
use image::RgbImage;
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Name, Str};
use std::collections::BTreeSet;

/// Points in a scene's pixel: 720 pixels become 7 inches, the width of two columns.
pub(super) const POINTS: f64 = 7.0 * 72.0 / 720.0;
/// Distance of the control points of a quarter of a circle from its ends, in radii.
const QUARTER: f64 = 0.552_284_75;
/// The ends of the quarters of a circle around 0.
const QUARTERS: [(f64, f64); 5] = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0)];

/// The content of a page, and what it needs.
pub(super) struct Drawing {
    pub content: Content,
    regular: Typeface,
    bold: Typeface,
    /// Opacities in per cent.
    pub opacities: BTreeSet<u8>,
    pub images: Vec<RgbImage>,
}

/// Name of an opacity in the content.
pub(super) fn opacity_name(percent: u8) -> String {
    format!("Opacity{percent}")
}

/// Name of an image in the content.
pub(super) fn image_name(index: usize) -> String {
    format!("Image{index}")
}

impl Drawing {
    /// An empty page of this height in pixels, measured in pixels from the top left.
    pub(super) fn new(height: f64) -> Result<Drawing, RenderError> {
        let mut content = Content::new();
        let scale = POINTS as f32;
        content.transform([scale, 0.0, 0.0, -scale, 0.0, (height * POINTS) as f32]);
        content.set_line_join(LineJoinStyle::RoundJoin);
        Ok(Drawing {
            content,
            regular: Typeface::new("Regular", "ConvsweepSans-Regular", REGULAR)?,
            bold: Typeface::new("Bold", "ConvsweepSans-Bold", BOLD)?,
            opacities: BTreeSet::new(),
            images: Vec::new(),
        })
    }

    pub(super) fn typefaces(&self) -> impl Iterator<Item = &Typeface> {
        [&self.regular, &self.bold].into_iter()
    }

    pub(super) fn item(&mut self, item: &SceneItem) {
        match item {
            SceneItem::Line {
                points,
                color,
                width,
                dash,
                alpha,
            } => {
                self.opacity(*alpha);
                self.stroke(*color, *width, dash);
                if self.path(points) {
                    self.content.stroke();
                }
            }
            SceneItem::Polygon {
                points,
                color,
                alpha,
            } => {
                self.fill(*color, *alpha);
                if self.path(points) {
                    self.content.close_path().fill_nonzero();
                }
            }
            SceneItem::Disc {
                at,
                radius,
                color,
                alpha,
            } => {
                self.fill(*color, *alpha);
                self.circle(*at, *radius);
                self.content.fill_nonzero();
            }
            SceneItem::Text(text) => self.text(text),
            SceneItem::Pixels { at, size, image } => self.pixels(*at, *size, image),
        }
    }

    fn opacity(&mut self, alpha: f64) {
        let percent = (alpha.clamp(0.0, 1.0) * 100.0).round() as u8;
        self.opacities.insert(percent);
        let name = opacity_name(percent);
        self.content.set_parameters(Name(name.as_bytes()));
    }

    fn stroke(&mut self, color: Color, width: f64, dash: Dash) {
        let [r, g, b] = shares(color);
        self.content.set_stroke_rgb(r, g, b);
        self.content.set_line_width(width as f32);
        let lengths = dash.iter().map(|length| *length as f32);
        self.content.set_dash_pattern(lengths, 0.0);
    }

    fn fill(&mut self, color: Color, alpha: f64) {
        self.opacity(alpha);
        let [r, g, b] = shares(color);
        self.content.set_fill_rgb(r, g, b);
    }

    /// Begins a path through points; returns whether there are at least two.
    fn path(&mut self, points: &[(f64, f64)]) -> bool {
        let [first, others @ ..] = points else {
            return false;
        };
        if others.is_empty() {
            return false;
        }
        self.content.move_to(first.0 as f32, first.1 as f32);
        for (x, y) in others {
            self.content.line_to(*x as f32, *y as f32);
        }
        true
    }

    fn circle(&mut self, (x, y): (f64, f64), radius: f64) {
        self.content.move_to((x + radius) as f32, y as f32);
        let far = QUARTER * radius;
        for ends in QUARTERS.windows(2) {
            let (from, to) = (ends[0], ends[1]);
            let along = |x, a, b| (x + radius * a + far * b) as f32;
            self.content.cubic_to(
                along(x, from.0, to.0),
                along(y, from.1, to.1),
                along(x, to.0, from.0),
                along(y, to.1, from.1),
                (x + radius * to.0) as f32,
                (y + radius * to.1) as f32,
            );
        }
        self.content.close_path();
    }

    fn text(&mut self, text: &Text) {
        self.fill(text.color, 1.0);
        let width = font::width(&text.text, text.size, text.bold);
        let before = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let typeface = if text.bold {
            &mut self.bold
        } else {
            &mut self.regular
        };
        let codes = typeface.codes(&text.text);
        let (x, y) = text.at;
        // The vertical axis points down, that of letters up.
        let matrix = match text.upright {
            true => [0.0, -1.0, -1.0, 0.0, x as f32, (y + before) as f32],
            false => [1.0, 0.0, 0.0, -1.0, (x - before) as f32, y as f32],
        };
        self.content
            .begin_text()
            .set_font(Name(typeface.name.as_bytes()), text.size as f32)
            .set_text_matrix(matrix)
            .show(Str(&codes))
            .end_text();
    }

    fn pixels(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), image: &RgbImage) {
        self.opacity(1.0);
        let name = image_name(self.images.len());
        self.images.push(image.clone());
        let [x, bottom] = [x, y + height].map(|place| place as f32);
        self.content
            .save_state()
            .transform([width as f32, 0.0, 0.0, -height as f32, x, bottom])
            .x_object(Name(name.as_bytes()))
            .restore_state();
    }
}

/// Red, green and blue, 0 to 1.
fn shares(color: Color) -> [f32; 3] {
    [color.0, color.1, color.2].map(|part| f32::from(part) / 255.0)
}
