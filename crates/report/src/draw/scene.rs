//! A picture as a list of plain shapes, in pixels from the top left; the renderers turn it into SVG
//! and PNG.

mod collisions;
mod marker;

use super::color::Color;
use super::style::{Dash, Marker, SOLID};
use super::text::Text;
use image::RgbImage;

/// Width of a faint line in pixels.
const FAINT_WIDTH: f64 = 0.8;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What it shows, in a few words.
    pub description: String,
    /// Its main numbers as sentences, for readers who do not see it.
    pub figures: String,
    /// Shapes, the hindmost first.
    pub items: Vec<SceneItem>,
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneItem {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Color,
        /// Width in pixels.
        width: f64,
        /// Pattern.
        dash: Dash,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// A filled polygon.
    Polygon {
        /// The corners.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Color,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// A filled circle.
    Disc {
        /// Centre.
        at: (f64, f64),
        /// Radius in pixels.
        radius: f64,
        /// Colour.
        color: Color,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// One line of text.
    Text(Text),
    /// An image, scaled to the box by repeating pixels.
    Pixels {
        /// Top left.
        at: (f64, f64),
        /// Width and height in pixels.
        size: (f64, f64),
        /// The image.
        image: RgbImage,
    },
}

impl Scene {
    /// An empty picture.
    pub fn new(width: f64, height: f64, description: impl Into<String>) -> Scene {
        Scene {
            width,
            height,
            description: description.into(),
            figures: String::new(),
            items: Vec::new(),
        }
    }

    /// All that a screen reader says of the picture.
    pub fn spoken(&self) -> String {
        if self.figures.is_empty() {
            return self.description.clone();
        }
        format!("{}. {}", self.description, self.figures)
    }

    /// Adds a text, unless it is empty.
    pub fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.items.push(SceneItem::Text(text));
        }
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<(f64, f64)>, color: Color, width: f64, dash: Dash) {
        self.items.push(SceneItem::Line {
            points,
            color,
            width,
            dash,
            alpha: 1.0,
        });
    }

    /// Adds a thin solid line that others shine through.
    pub fn faint_line(&mut self, points: Vec<(f64, f64)>, color: Color, alpha: f64) {
        self.items.push(SceneItem::Line {
            points,
            color,
            width: FAINT_WIDTH,
            dash: SOLID,
            alpha,
        });
    }

    /// Adds a straight solid line.
    pub fn rule(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64) {
        self.line(vec![from, to], color, width, SOLID);
    }

    /// Adds a filled polygon.
    pub fn polygon(&mut self, points: Vec<(f64, f64)>, color: Color, alpha: f64) {
        self.items.push(SceneItem::Polygon {
            points,
            color,
            alpha,
        });
    }

    /// Adds a filled rectangle with its top left corner at (`x`, `y`), `w` wide and `h` high.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), color: Color, alpha: f64) {
        let points = vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
        self.polygon(points, color, alpha);
    }

    /// Adds the outline of a rectangle.
    pub fn outline(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), color: Color, width: f64) {
        // From the middle of an edge, so that all corners are joined and no edge is drawn twice,
        // which would leave it empty in a PNG.
        let middle = (x + w / 2.0, y);
        let corners = [(x + w, y), (x + w, y + h), (x, y + h), (x, y)];
        let mut points = vec![middle];
        points.extend(corners);
        points.push(middle);
        self.line(points, color, width, SOLID);
    }

    /// Adds a filled circle.
    pub fn disc(&mut self, at: (f64, f64), radius: f64, color: Color, alpha: f64) {
        self.items.push(SceneItem::Disc {
            at,
            radius,
            color,
            alpha,
        });
    }

    /// Adds a point in the shape of a series.
    pub fn marker(&mut self, at: (f64, f64), radius: f64, marker: Marker, color: Color) {
        match marker::corners(at, radius, marker) {
            Some(corners) => self.polygon(corners, color, 1.0),
            None => self.disc(at, radius, color, 1.0),
        }
    }

    /// Adds an image, scaled to `size`.
    pub fn pixels(&mut self, at: (f64, f64), size: (f64, f64), image: RgbImage) {
        self.items.push(SceneItem::Pixels { at, size, image });
    }

    /// All texts of the picture.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.items.iter().filter_map(|item| match item {
            SceneItem::Text(text) => Some(text),
            _ => None,
        })
    }
}
