//! A framed area with two scales, and its axes.

use super::color::{GRID, INK, MUTED};
use super::font;
use super::scale::Scale;
use super::scene::Scene;
use super::text::{Anchor, HEADING, SMALL, TEXT, Text, centred};
use super::ticks::Tick;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

/// A framed area with two scales.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Horizontal scale, left to right.
    pub x: Scale,
    /// Vertical scale, bottom to top.
    pub y: Scale,
}

impl Panel {
    /// A panel over an area with linear scales over the two ranges.
    pub fn new(area: Area, x: (f64, f64), y: (f64, f64)) -> Panel {
        Panel {
            x: Scale::linear(x, (area.left, area.right)),
            y: Scale::linear(y, (area.bottom, area.top)),
        }
    }

    /// A panel whose vertical positions are rows, not values.
    pub fn rows(area: Area, x: (f64, f64)) -> Panel {
        Panel::new(area, x, (0.0, 1.0))
    }

    /// Pixel of a point.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// The panel's area.
    pub fn area(&self) -> Area {
        Area {
            left: self.x.pixels.0,
            top: self.y.pixels.1,
            right: self.x.pixels.1,
            bottom: self.y.pixels.0,
        }
    }

    /// Draws the horizontal grid lines with their labels at the left; labels that would touch the
    /// one below are left out.
    pub fn left_axis(&self, scene: &mut Scene, ticks: &[Tick]) {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.area();
        let mut last_label = f64::INFINITY;
        for (value, label) in ticks {
            let y = self.y.at(*value);
            scene.rule((left, y), (right, y), GRID, 0.8);
            if y + SMALL * 1.1 < last_label {
                let at = (left - 6.0, y + centred(SMALL));
                scene.text(small(at, label, Anchor::End));
                last_label = y;
            }
        }
        scene.rule((left, top), (left, bottom), MUTED, 0.8);
    }

    /// Draws the horizontal axis; labels that would touch the one before are left out.
    pub fn bottom_axis(&self, scene: &mut Scene, ticks: &[Tick], grid: bool) {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.area();
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = self.x.at(*value);
            if grid {
                scene.rule((x, top), (x, bottom), GRID, 0.8);
            }
            let half = font::width(label, SMALL, false) / 2.0;
            if x - half > free_from {
                scene.rule((x, bottom), (x, bottom + 4.0), MUTED, 0.8);
                scene.text(small((x, bottom + 15.0), label, Anchor::Middle));
                free_from = x + half + 6.0;
            }
        }
        scene.rule((left, bottom), (right, bottom), MUTED, 0.8);
    }

    /// Writes the name of the horizontal axis.
    pub fn x_name(&self, scene: &mut Scene, name: &str) {
        let area = self.area();
        let name = font::fit(name, area.right - area.left + 40.0, TEXT, false);
        let middle = (area.left + area.right) / 2.0;
        let at = (middle, area.bottom + 32.0);
        scene.text(Text::new(at, name, Anchor::Middle));
    }

    /// Writes the panel's heading above it: its vertical quantity and unit.
    pub fn heading(&self, scene: &mut Scene, name: &str) {
        let area = self.area();
        let name = font::fit(name, area.right - area.left + 34.0, HEADING, true);
        let at = (area.left - 34.0, area.top - 10.0);
        let text = Text::new(at, name, Anchor::Start);
        scene.text(text.size(HEADING).bold().color(INK));
    }
}

/// Small grey text.
pub fn small(at: (f64, f64), text: impl Into<String>, anchor: Anchor) -> Text {
    Text::new(at, text, anchor).size(SMALL).color(MUTED)
}
