//! Precision and recall of each class, for the chosen configuration.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::{FAINT, SERIES};
use crate::draw::font;
use crate::draw::legend::{self, LegendEntry};
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{Marker, SOLID, SeriesStyle};
use crate::draw::text::{Anchor, SMALL, Text, centred};
use crate::draw::ticks::{labelled, ticks};
use crate::ranking::ConfusionMatrix;
use crate::statistics::{ClassScore, class_scores, macro_f1};

/// Rows that fit into a column.
const ROWS_PER_COLUMN: usize = 34;
const MAX_COLUMNS: usize = 3;
/// More classes than this are drawn closer together.
const MANY_CLASSES: usize = 20;
const TOP: f64 = 32.0;

const PRECISION: SeriesStyle = SeriesStyle {
    color: SERIES[1],
    dash: SOLID,
    marker: Marker::Diamond,
    highlighted: true,
};
const RECALL: SeriesStyle = SeriesStyle {
    color: SERIES[0],
    dash: SOLID,
    marker: Marker::Circle,
    highlighted: true,
};

/// Scores of all classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassTable {
    /// Class names with their scores, the best F1 first.
    pub rows: Vec<(String, ClassScore)>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let ranking = data.ranking;
    let (Some(best), Some(matrix)) = (ranking.best(), &data.confusion) else {
        return Vec::new();
    };
    let classes = ClassTable::new(matrix);
    let caption = format!(
        "On the {} images, over {}, ordered by F1 (mean over classes: {:.1} %). Precision: share \
         of the images predicted as the class that belong to it. Recall: share of the class's \
         images that were predicted as it.",
        matrix.part.name(),
        ranking.unit.count(matrix.runs),
        classes.macro_f1() * 100.0
    );
    let title = format!("Which classes does {} recognise?", best.label());
    let chart = Chart::new("classes", title, caption, classes.scene());
    vec![chart.saying(classes.figures())]
}

impl ClassTable {
    /// Scores from the counts.
    pub fn new(matrix: &ConfusionMatrix) -> ClassTable {
        let names = matrix.classes.iter().cloned();
        let mut rows: Vec<_> = names.zip(class_scores(&matrix.counts)).collect();
        rows.sort_by(|a, b| b.1.f1.total_cmp(&a.1.f1));
        ClassTable { rows }
    }

    /// F1, averaged over the classes, 0 to 1.
    pub fn macro_f1(&self) -> f64 {
        macro_f1(self.rows.iter().map(|(_, score)| score))
    }

    /// The classes with the highest and the lowest F1 in words.
    fn figures(&self) -> String {
        let named = |(name, score): &(String, ClassScore)| {
            format!("{name} with an F1 of {:.1} %", score.f1 * 100.0)
        };
        match self.rows.as_slice() {
            [] => String::new(),
            [only] => format!("{}.", named(only)),
            [first, .., last] => format!(
                "{} classes; best {}, worst {}.",
                self.rows.len(),
                named(first),
                named(last)
            ),
        }
    }

    /// Draws the classes as rows, in several columns if they are many.
    pub fn scene(&self) -> Scene {
        let layout = Layout::new(&self.rows);
        let mut scene = Scene::new(WIDTH, layout.bottom + 44.0, "Precision and recall by class");
        let entries = [
            LegendEntry::point("precision", PRECISION),
            LegendEntry::point("recall", RECALL),
        ];
        legend::draw(&mut scene, &entries, (12.0, 6.0), WIDTH - 24.0);
        let range = self.range();
        let ticks = labelled(ticks(range, if layout.columns > 1 { 3 } else { 8 }));
        for (column, rows) in self.rows.chunks(layout.in_column.max(1)).enumerate() {
            let panel = Panel::rows(layout.area(column), range);
            panel.bottom_axis(&mut scene, &ticks, true);
            if column == layout.columns / 2 {
                panel.x_name(&mut scene, "precision, recall (%)");
            }
            for (i, (name, score)) in rows.iter().enumerate() {
                let y = TOP + layout.row * (i as f64 + 0.5) + 3.0;
                let name = font::fit(name, layout.label_width, SMALL, false);
                let at = (panel.area().left - 8.0, y + centred(SMALL));
                scene.text(Text::new(at, name, Anchor::End).size(SMALL));
                draw_score(&mut scene, &panel, score, y);
            }
        }
        scene
    }

    /// Range of the axis in per cent.
    fn range(&self) -> (f64, f64) {
        let mut per_cent = Vec::new();
        for (_, score) in &self.rows {
            for share in [score.precision, score.recall].into_iter().flatten() {
                per_cent.push(share * 100.0);
            }
        }
        let (low, high) = padded(extent(per_cent).unwrap_or((0.0, 100.0)), 0.08);
        (low.max(0.0), high.min(100.0))
    }
}

/// Where columns and rows go.
struct Layout {
    columns: usize,
    /// Rows in a column.
    in_column: usize,
    /// Height of a row.
    row: f64,
    /// Width of a column.
    width: f64,
    label_width: f64,
    bottom: f64,
}

impl Layout {
    fn new(rows: &[(String, ClassScore)]) -> Layout {
        let columns = rows.len().div_ceil(ROWS_PER_COLUMN).clamp(1, MAX_COLUMNS);
        let in_column = rows.len().div_ceil(columns);
        let row = if rows.len() > MANY_CLASSES {
            13.5
        } else {
            20.0
        };
        let width = (WIDTH - 24.0) / columns as f64;
        let names = rows.iter().map(|(name, _)| name.as_str());
        Layout {
            columns,
            in_column,
            row,
            width,
            label_width: font::widest(names, SMALL).min(width * 0.4),
            bottom: TOP + row * in_column as f64 + 6.0,
        }
    }

    fn area(&self, column: usize) -> Area {
        Area {
            left: 12.0 + self.width * column as f64 + self.label_width + 10.0,
            top: TOP,
            right: 12.0 + self.width * (column as f64 + 1.0) - 16.0,
            bottom: self.bottom,
        }
    }
}

fn draw_score(scene: &mut Scene, panel: &Panel, score: &ClassScore, y: f64) {
    let point = |share: f64| (panel.x.at(share * 100.0), y);
    if let (Some(precision), Some(recall)) = (score.precision, score.recall) {
        scene.rule(point(precision), point(recall), FAINT, 1.6);
    }
    for (share, style) in [(score.precision, PRECISION), (score.recall, RECALL)] {
        if let Some(share) = share {
            scene.marker(point(share), 3.4, style.marker, style.color);
        }
    }
}
