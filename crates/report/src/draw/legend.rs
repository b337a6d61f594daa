//! A legend below the panels: entries flow into lines, so that it fits however long or many the
//! names are.

use super::color::{SOLID, Style};
use super::scene::{Anchor, Scene, TEXT, Text};
use super::text;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Name of the series.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Whether its line is drawn beside the point.
    pub line: bool,
}

const LINE_HEIGHT: f64 = 18.0;
const SAMPLE: f64 = 26.0;
const GAP: f64 = 18.0;

/// Where each key goes: line number, left edge, and its name as it fits.
fn layout(keys: &[Key], room: f64) -> Vec<(usize, f64, String)> {
    let (mut line, mut x) = (0, 0.0);
    keys.iter()
        .map(|key| {
            let name = text::fit(&key.name, room - SAMPLE - 8.0, TEXT, false);
            let w = SAMPLE + 6.0 + text::width(&name, TEXT, false);
            if x > 0.0 && x + w > room {
                (line, x) = (line + 1, 0.0);
            }
            let place = (line, x, name);
            x += w + GAP;
            place
        })
        .collect()
}

/// Height in pixels that the legend takes within `room` pixels of width.
pub fn height(keys: &[Key], room: f64) -> f64 {
    layout(keys, room)
        .last()
        .map_or(0.0, |(line, _, _)| (line + 1) as f64 * LINE_HEIGHT)
}

/// Draws the legend with its top left corner at `at`.
pub fn draw(scene: &mut Scene, keys: &[Key], at: (f64, f64), room: f64) {
    for (key, (line, x, name)) in keys.iter().zip(layout(keys, room)) {
        let (x, y) = (
            at.0 + x,
            at.1 + line as f64 * LINE_HEIGHT + LINE_HEIGHT / 2.0,
        );
        let Style {
            color,
            dash,
            marker,
            highlighted,
        } = key.style;
        if key.line {
            let (dash, width) = if highlighted {
                (dash, 1.8)
            } else {
                (SOLID, 1.0)
            };
            scene.line(vec![(x, y), (x + SAMPLE, y)], color, width, dash);
        }
        if highlighted || !key.line {
            scene.marker((x + SAMPLE / 2.0, y), 3.2, marker, color);
        }
        scene.text(Text::new(
            (x + SAMPLE + 6.0, y + TEXT * 0.36),
            name,
            Anchor::Start,
        ));
    }
}
