//! Draws the shapes of a scene with plotters.

use super::dashes::strokes;
use crate::draw::color::{self, Color};
use crate::draw::font;
use crate::draw::scene::{Scene, SceneItem};
use crate::draw::text::{Anchor, Text};
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBAColor, ShapeStyle, TextStyle};
use thiserror::Error;

/// A picture that could not be made.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The drawing library reported an error.
    #[error("drawing failed: {0}")]
    Drawing(String),
    /// The PNG encoder reported an error.
    #[error("PNG encoding failed: {0}")]
    Encoding(#[from] image::ImageError),
}

/// Units of the backend in a scene's pixel.
pub(super) const GRID: f64 = 10.0;
/// Distance in em from the top, where plotters anchors text, down to the baseline.
const BASELINE: f64 = 0.76;
/// Size to give plotters for one pixel per em.
const EM: f64 = 1.24;

/// Draws on a backend.
pub(super) struct Pen<'a> {
    pub(super) backend: SVGBackend<'a>,
}

impl Pen<'_> {
    /// Fills the picture with paper.
    pub(super) fn background(&mut self, scene: &Scene) -> Result<(), RenderError> {
        let corner = self.point((scene.width, scene.height));
        let style = paint(color::PAPER, 1.0, 1);
        self.backend
            .draw_rect((0, 0), corner, &style, true)
            .map_err(drawing_error)
    }

    /// Draws everything but images, which plotters cannot scale.
    pub(super) fn draw(&mut self, scene: &Scene) -> Result<(), RenderError> {
        for item in &scene.items {
            self.item(item)?;
        }
        self.backend.present().map_err(drawing_error)
    }

    fn item(&mut self, item: &SceneItem) -> Result<(), RenderError> {
        match item {
            SceneItem::Line {
                points,
                color,
                width,
                dash,
                alpha,
            } => {
                let style = paint(*color, *alpha, self.length(*width));
                for stroke in strokes(points, dash) {
                    let path = self.path(&stroke);
                    self.backend
                        .draw_path(path, &style)
                        .map_err(drawing_error)?;
                }
                Ok(())
            }
            SceneItem::Polygon {
                points,
                color,
                alpha,
            } => {
                let path = self.path(points);
                let style = paint(*color, *alpha, 1);
                self.backend
                    .fill_polygon(path, &style)
                    .map_err(drawing_error)
            }
            SceneItem::Disc {
                at,
                radius,
                color,
                alpha,
            } => {
                let (at, radius) = (self.point(*at), self.length(*radius));
                let style = paint(*color, *alpha, 1);
                self.backend
                    .draw_circle(at, radius, &style, true)
                    .map_err(drawing_error)
            }
            SceneItem::Text(text) => self.text(text),
            SceneItem::Pixels { .. } => Ok(()),
        }
    }

    fn text(&mut self, text: &Text) -> Result<(), RenderError> {
        let drop = BASELINE * text.size;
        let (at, turn) = if text.upright {
            ((text.at.0 - drop, text.at.1), FontTransform::Rotate270)
        } else {
            ((text.at.0, text.at.1 - drop), FontTransform::None)
        };
        let horizontal = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = text.size * EM * GRID;
        let color = rgba(text.color, 1.0);
        let style = TextStyle::from(font::font(size, text.bold).transform(turn))
            .color(&color)
            .pos(Pos::new(horizontal, VPos::Top));
        let at = self.point(at);
        self.backend
            .draw_text(&text.text, &style, at)
            .map_err(drawing_error)
    }

    fn path(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|p| self.point(*p)).collect()
    }

    fn point(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let place = |v: f64| (v * GRID).round() as i32;
        (place(x), place(y))
    }

    /// A length in backend pixels, at least one.
    fn length(&self, pixels: f64) -> u32 {
        (pixels * GRID).round().max(1.0) as u32
    }
}

fn drawing_error(error: impl std::fmt::Display) -> RenderError {
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
