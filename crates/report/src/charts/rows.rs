//! Layout of charts that have a row for each configuration: a label at the left, marks in a panel,
//! and a figure at the right.

use super::chart::WIDTH;
use crate::draw::font;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text, centred};

/// Maximum number of rows that a chart draws; the table and the CSV have all.
pub const MAX_ROWS: usize = 40;
/// More rows than this are drawn closer together.
const MANY_ROWS: usize = 12;
/// Distance that is saved by each row if there are many.
const CLOSER: f64 = 6.0;
const MAX_LABEL_WIDTH: f64 = 290.0;
const LEAST_FIGURE_WIDTH: f64 = 60.0;
const TOP: f64 = 26.0;

/// Where rows, their labels and figures go.
pub struct Rows {
    /// The area of the marks.
    pub area: Area,
    /// Height of a row.
    pub height: f64,
    label_width: f64,
}

impl Rows {
    /// Makes room for the labels and figures, a row each, `height` pixels high if there are few.
    pub fn new<'a>(
        labels: impl ExactSizeIterator<Item = &'a str>,
        figures: &[String],
        height: f64,
    ) -> Rows {
        let count = labels.len();
        let height = if count > MANY_ROWS {
            height - CLOSER
        } else {
            height
        };
        let label_width = font::widest(labels, TEXT).min(MAX_LABEL_WIDTH);
        let figure_width = font::widest(figures.iter().map(String::as_str), SMALL);
        let area = Area {
            left: label_width + 22.0,
            top: TOP,
            right: WIDTH - figure_width.max(LEAST_FIGURE_WIDTH) - 24.0,
            bottom: TOP + height * count as f64 + 6.0,
        };
        Rows {
            area,
            height,
            label_width,
        }
    }

    /// An empty scene of the right size.
    pub fn scene(&self, description: impl Into<String>) -> Scene {
        Scene::new(WIDTH, self.area.bottom + 42.0, description)
    }

    /// A panel over the area of the marks.
    pub fn panel(&self, range: (f64, f64)) -> Panel {
        Panel::rows(self.area, range)
    }

    /// Middle of row `i`.
    pub fn middle(&self, i: usize) -> f64 {
        self.area.top + self.height * (i as f64 + 0.5) + 3.0
    }

    /// Writes the heading above the figures.
    pub fn figure_heading(&self, scene: &mut Scene, text: &str) {
        scene.text(small((self.area.right + 14.0, 16.0), text, Anchor::Start));
    }

    /// Writes the label and the figure of row `i`.
    pub fn words(&self, scene: &mut Scene, i: usize, label: &str, figure: &str) {
        let y = self.middle(i);
        let label = font::fit(label, self.label_width, TEXT, false);
        let at = (self.area.left - 10.0, y + centred(TEXT));
        scene.text(Text::new(at, label, Anchor::End));
        let at = (self.area.right + 14.0, y + centred(SMALL));
        scene.text(small(at, figure, Anchor::Start));
    }
}

/// `71.40 ± 0.93`, or `71.40` without a spread.
pub fn mean_and_sd(mean: f64, sd: Option<f64>, places: usize) -> String {
    match sd {
        Some(sd) => format!("{mean:.places$} ± {sd:.places$}"),
        None => format!("{mean:.places$}"),
    }
}
