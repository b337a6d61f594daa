//! A picture as a list of plain shapes, in pixels from the top left; the renderers turn it into SVG
//! and PNG.

use super::color::{Color, Dash, INK, Marker, SOLID};
use super::text;
use image::RgbImage;

/// Size of ordinary text, pixels an em.
pub const TEXT: f64 = 11.5;
/// Size of small text, pixels an em.
pub const SMALL: f64 = 10.0;
/// Size of a panel's heading.
pub const HEADING: f64 = 12.5;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What it shows, for readers who do not see it.
    pub description: String,
    /// Shapes, the hindmost first.
    pub items: Vec<Item>,
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Color,
        /// Opacity, 0 to 1.
        alpha: f64,
        /// Width in pixels.
        width: f64,
        /// Pattern.
        dash: Dash,
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

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Anchor on the baseline.
    pub at: (f64, f64),
    /// The text.
    pub text: String,
    /// Pixels an em.
    pub size: f64,
    /// Colour.
    pub color: Color,
    /// Which part of the text is at the anchor.
    pub anchor: Anchor,
    /// Semi-bold.
    pub bold: bool,
    /// Reads from bottom to top.
    pub upright: bool,
}

/// Which part of a text is at its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its first character.
    Start,
    /// Its middle.
    Middle,
    /// Its last character.
    End,
}

impl Text {
    /// Ordinary text at an anchor.
    pub fn new(at: (f64, f64), text: impl Into<String>, anchor: Anchor) -> Text {
        Text {
            at,
            text: text.into(),
            size: TEXT,
            color: INK,
            anchor,
            bold: false,
            upright: false,
        }
    }

    /// The same at another size.
    pub fn size(self, size: f64) -> Text {
        Text { size, ..self }
    }

    /// The same in another colour.
    pub fn color(self, color: Color) -> Text {
        Text { color, ..self }
    }

    /// The same in semi-bold.
    pub fn bold(self) -> Text {
        Text { bold: true, ..self }
    }

    /// The same, reading from bottom to top.
    pub fn upright(self) -> Text {
        Text {
            upright: true,
            ..self
        }
    }

    /// The box that the text covers: left, top, right, bottom.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        let w = text::width(&self.text, self.size, self.bold);
        let start = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -w / 2.0,
            Anchor::End => -w,
        };
        let (x, y) = self.at;
        let (up, down) = (text::CAP_HEIGHT * self.size, 0.2 * self.size);
        if self.upright {
            (x - up, y - start - w, x + down, y - start)
        } else {
            (x + start, y - up, x + start + w, y + down)
        }
    }
}

impl Scene {
    /// An empty picture.
    pub fn new(width: f64, height: f64, description: impl Into<String>) -> Scene {
        Scene {
            width,
            height,
            description: description.into(),
            items: Vec::new(),
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.items.push(Item::Text(text));
        }
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<(f64, f64)>, color: Color, width: f64, dash: Dash) {
        self.items.push(Item::Line {
            points,
            color,
            alpha: 1.0,
            width,
            dash,
        });
    }

    /// Adds a straight solid line.
    pub fn rule(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64) {
        self.line(vec![from, to], color, width, SOLID);
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), color: Color, alpha: f64) {
        let points = vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
        self.items.push(Item::Polygon {
            points,
            color,
            alpha,
        });
    }

    /// Adds the outline of a rectangle.
    pub fn outline(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), color: Color, width: f64) {
        // Past the first corner again, so that it is joined like the others.
        let points = vec![
            (x, y),
            (x + w, y),
            (x + w, y + h),
            (x, y + h),
            (x, y),
            (x + w, y),
        ];
        self.line(points, color, width, SOLID);
    }

    /// Adds a filled circle.
    pub fn disc(&mut self, at: (f64, f64), radius: f64, color: Color, alpha: f64) {
        self.items.push(Item::Disc {
            at,
            radius,
            color,
            alpha,
        });
    }

    /// Adds a point in the shape of a series.
    pub fn marker(&mut self, (x, y): (f64, f64), r: f64, marker: Marker, color: Color) {
        let polygon = |points: Vec<(f64, f64)>| Item::Polygon {
            points,
            color,
            alpha: 1.0,
        };
        self.items.push(match marker {
            Marker::Circle => Item::Disc {
                at: (x, y),
                radius: r,
                color,
                alpha: 1.0,
            },
            Marker::Square => {
                let s = r * 0.9;
                polygon(vec![
                    (x - s, y - s),
                    (x + s, y - s),
                    (x + s, y + s),
                    (x - s, y + s),
                ])
            }
            Marker::Triangle => polygon(vec![
                (x, y - r * 1.2),
                (x + r * 1.15, y + r * 0.9),
                (x - r * 1.15, y + r * 0.9),
            ]),
            Marker::Wedge => polygon(vec![
                (x, y + r * 1.2),
                (x + r * 1.15, y - r * 0.9),
                (x - r * 1.15, y - r * 0.9),
            ]),
            Marker::Diamond => {
                let s = r * 1.25;
                polygon(vec![(x, y - s), (x + s, y), (x, y + s), (x - s, y)])
            }
            Marker::Plus => {
                let (s, t) = (r * 1.2, r * 0.4);
                polygon(vec![
                    (x - t, y - s),
                    (x + t, y - s),
                    (x + t, y - t),
                    (x + s, y - t),
                    (x + s, y + t),
                    (x + t, y + t),
                    (x + t, y + s),
                    (x - t, y + s),
                    (x - t, y + t),
                    (x - s, y + t),
                    (x - s, y - t),
                    (x - t, y - t),
                ])
            }
        });
    }

    /// All texts of the picture.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Pairs of texts that cover each other, and texts that leave the picture: what a good chart
    /// has none of.
    pub fn collisions(&self) -> Vec<String> {
        let boxes: Vec<_> = self
            .texts()
            .map(|t| (t.text.as_str(), t.bounds()))
            .collect();
        let mut found = Vec::new();
        for (i, (a, (l, t, r, b))) in boxes.iter().enumerate() {
            if *l < -0.5 || *t < -0.5 || *r > self.width + 0.5 || *b > self.height + 0.5 {
                found.push(format!("{a:?} leaves the picture"));
            }
            for (other, (l2, t2, r2, b2)) in &boxes[..i] {
                if l.max(*l2) + 0.5 < r.min(*r2) && t.max(*t2) + 0.5 < b.min(*b2) {
                    found.push(format!("{other:?} and {a:?} overlap"));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collisions_are_found() {
        let mut scene = Scene::new(200.0, 100.0, "");
        scene.text(Text::new((10.0, 50.0), "first", Anchor::Start));
        scene.text(Text::new((60.0, 50.0), "second", Anchor::Start));
        assert_eq!(scene.collisions(), Vec::<String>::new());
        scene.text(Text::new((30.0, 53.0), "third", Anchor::Start));
        assert_eq!(scene.collisions(), ["\"first\" and \"third\" overlap"]);
        scene.text(Text::new((195.0, 20.0), "out", Anchor::Start));
        assert!(
            scene
                .collisions()
                .contains(&"\"out\" leaves the picture".to_string())
        );
    }
}
