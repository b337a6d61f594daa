//! A legend whose entries flow into lines, so that it fits however long or many the names are.

use super::font;
use super::scene::Scene;
use super::style::{SOLID, SeriesStyle};
use super::text::{Anchor, TEXT, Text, centred};

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct LegendEntry {
    /// Name of the series.
    pub name: String,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// Whether its line is drawn next to the point.
    pub line: bool,
}

impl LegendEntry {
    /// An entry with a point only.
    pub fn point(name: impl Into<String>, style: SeriesStyle) -> LegendEntry {
        LegendEntry {
            name: name.into(),
            style,
            line: false,
        }
    }

    /// An entry with a line and a point.
    pub fn line(name: impl Into<String>, style: SeriesStyle) -> LegendEntry {
        LegendEntry {
            name: name.into(),
            style,
            line: true,
        }
    }
}

/// Entries for series with their names, with a line next to the point where `line` asks for it:
/// those that stand out, then the number of others.
pub fn entries(
    series: impl IntoIterator<Item = (String, SeriesStyle)>,
    line: bool,
) -> Vec<LegendEntry> {
    let mut entries = Vec::new();
    let mut others = 0;
    for (name, style) in series {
        if style.highlighted {
            entries.push(LegendEntry { name, style, line });
        } else {
            others += 1;
        }
    }
    let name = match others {
        0 => return entries,
        1 => "1 other".to_string(),
        _ => format!("{others} others"),
    };
    let style = SeriesStyle::BACKGROUND;
    entries.push(LegendEntry { name, style, line });
    entries
}

const LINE_HEIGHT: f64 = 18.0;
/// Width of the sample line before a name.
const SAMPLE_WIDTH: f64 = 26.0;
const GAP: f64 = 18.0;

/// Where an entry goes.
struct Placed {
    line: usize,
    left: f64,
    /// The name, shortened if it does not fit.
    name: String,
}

fn layout(entries: &[LegendEntry], room: f64) -> Vec<Placed> {
    let (mut line, mut left) = (0, 0.0);
    let mut placed = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = font::fit(&entry.name, room - SAMPLE_WIDTH - 8.0, TEXT, false);
        let width = SAMPLE_WIDTH + 6.0 + font::width(&name, TEXT, false);
        if left > 0.0 && left + width > room {
            (line, left) = (line + 1, 0.0);
        }
        placed.push(Placed { line, left, name });
        left += width + GAP;
    }
    placed
}

/// Height in pixels that the legend takes within `room` pixels of width.
pub fn height(entries: &[LegendEntry], room: f64) -> f64 {
    match layout(entries, room).last() {
        Some(last) => (last.line + 1) as f64 * LINE_HEIGHT,
        None => 0.0,
    }
}

/// Draws the legend with its top left corner at `at`.
pub fn draw(scene: &mut Scene, entries: &[LegendEntry], at: (f64, f64), room: f64) {
    for (entry, place) in entries.iter().zip(layout(entries, room)) {
        let x = at.0 + place.left;
        let y = at.1 + place.line as f64 * LINE_HEIGHT + LINE_HEIGHT / 2.0;
        let style = entry.style;
        if entry.line {
            let (dash, width) = if style.highlighted {
                (style.dash, 1.8)
            } else {
                (SOLID, 1.0)
            };
            let points = vec![(x, y), (x + SAMPLE_WIDTH, y)];
            scene.line(points, style.color, width, dash);
        }
        if style.highlighted || !entry.line {
            let middle = (x + SAMPLE_WIDTH / 2.0, y);
            scene.marker(middle, 3.2, style.marker, style.color);
        }
        let name_at = (x + SAMPLE_WIDTH + 6.0, y + centred(TEXT));
        scene.text(Text::new(name_at, place.name, Anchor::Start));
    }
}

/// Height of a legend below a panel; 0 for a single entry, which needs no legend.
pub fn height_below(entries: &[LegendEntry], room: f64) -> f64 {
    if entries.len() > 1 {
        height(entries, room) + 10.0
    } else {
        0.0
    }
}

/// Draws a legend of several entries below a panel that ends at `bottom`.
pub fn draw_below(scene: &mut Scene, entries: &[LegendEntry], bottom: f64, room: f64) {
    if entries.len() > 1 {
        draw(scene, entries, (12.0, bottom + 44.0), room);
    }
}
