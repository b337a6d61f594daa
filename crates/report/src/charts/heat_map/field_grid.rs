//! Where the fields of a heat map and their labels go.

use super::means::HeatMap;
use crate::charts::chart::WIDTH;
use crate::draw::font;
use crate::draw::text::TEXT;

/// Top edge of the fields.
pub(super) const TOP: f64 = 14.0;
/// Maximum length of a rotated label.
pub(super) const MAX_TURNED_LABEL: f64 = 150.0;
/// Maximum width of a label on the left.
const MAX_LABEL: f64 = 240.0;
/// More rows than this are drawn closer together.
const MANY_ROWS: f64 = 20.0;
/// Height of a field if there are many rows.
const CLOSE_HEIGHT: f64 = 18.0;
/// Width of the colour scale with its labels.
const SCALE_WIDTH: f64 = 92.0;

/// Where the fields and their labels go.
pub(super) struct FieldGrid {
    /// Width of the labels at the left.
    pub(super) label_width: f64,
    /// Left edge of the fields.
    pub(super) left: f64,
    /// Right edge of the fields.
    pub(super) right: f64,
    /// Bottom edge of the fields.
    pub(super) bottom: f64,
    /// Height of the labels below the fields.
    pub(super) below: f64,
    /// Width of a field.
    pub(super) cell: f64,
    /// Height of a field.
    pub(super) height: f64,
    /// Whether the labels below are turned.
    pub(super) turned: bool,
}

impl FieldGrid {
    pub(super) fn new(map: &HeatMap) -> FieldGrid {
        let (rows, columns) = (map.down.1.len() as f64, map.across.1.len() as f64);
        let label_width = widest(&map.down.1).min(MAX_LABEL);
        let left = label_width + 40.0;
        let cell = ((WIDTH - left - SCALE_WIDTH) / columns).min(96.0);
        let height = if rows > MANY_ROWS {
            CLOSE_HEIGHT
        } else {
            (cell * 0.62).clamp(26.0, 52.0)
        };
        let longest = widest(&map.across.1);
        let turned = longest + 8.0 > cell;
        let below = if turned {
            longest.min(MAX_TURNED_LABEL) + 12.0
        } else {
            20.0
        };
        FieldGrid {
            label_width,
            left,
            right: left + cell * columns,
            bottom: TOP + height * rows,
            below,
            cell,
            height,
            turned,
        }
    }

    /// Top left corner of a field.
    pub(super) fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        let x = self.left + self.cell * column as f64;
        (x, TOP + self.height * row as f64)
    }

    /// Size of a field without a margin.
    pub(super) fn size(&self, margin: f64) -> (f64, f64) {
        (self.cell - margin, self.height - margin)
    }
}

fn widest(labels: &[String]) -> f64 {
    font::widest(labels.iter().map(String::as_str), TEXT)
}
