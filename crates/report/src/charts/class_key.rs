//! The numbers of classes with their names, in columns, for charts that have no room for names.

use super::chart::WIDTH;
use crate::draw::font;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, Text};

/// More classes than this are not listed.
pub(super) const MAX_KEY: usize = 250;
const COLUMNS: usize = 5;
const ROW: f64 = 13.5;
const LEFT: f64 = 12.0;
const COLUMN_WIDTH: f64 = (WIDTH - 2.0 * LEFT) / COLUMNS as f64;
/// Width of the numbers.
const NUMBER: f64 = 24.0;

/// The names of numbered classes.
pub(super) struct ClassKey<'a> {
    classes: &'a [String],
}

impl ClassKey<'_> {
    /// The names, or nothing if they are named in the chart itself or too many.
    pub(super) fn new(classes: &[String], are_named: bool) -> ClassKey<'_> {
        let is_shown = !are_named && classes.len() <= MAX_KEY;
        ClassKey {
            classes: if is_shown { classes } else { &[] },
        }
    }

    /// Height of the list, 0 for an empty one.
    pub(super) fn height(&self) -> f64 {
        if self.classes.is_empty() {
            return 0.0;
        }
        self.rows() as f64 * ROW + 14.0
    }

    fn rows(&self) -> usize {
        self.classes.len().div_ceil(COLUMNS)
    }

    /// Draws the list, column by column.
    pub(super) fn draw(&self, scene: &mut Scene, top: f64) {
        for (i, class) in self.classes.iter().enumerate() {
            let left = LEFT + COLUMN_WIDTH * (i / self.rows()) as f64;
            let y = top + ROW * ((i % self.rows()) as f64 + 1.0);
            let number = Text::new((left + NUMBER - 6.0, y), i.to_string(), Anchor::End);
            scene.text(number.size(SMALL).bold());
            let name = font::fit(class, COLUMN_WIDTH - NUMBER - 8.0, SMALL, false);
            scene.text(small((left + NUMBER, y), name, Anchor::Start));
        }
    }
}
