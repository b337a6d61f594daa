//! Precision and recall of each class, for the chosen configuration.

use super::confusion::Confusion;
use super::{Chart, WIDTH, runs};
use crate::draw::axis::{Panel, extent, labelled, padded, ticks};
use crate::draw::color::{FAINT, Marker, SERIES, SOLID, Style};
use crate::draw::legend::{self, Key};
use crate::draw::scene::{Anchor, SMALL, Scene, Text};
use crate::draw::text;
use crate::standing::Standing;
use crate::stats::{ClassScore, class_scores};

/// Scores of all classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// Class names with their scores, the best F1 first.
    pub rows: Vec<(String, ClassScore)>,
}

const PRECISION: Style = Style {
    color: SERIES[1],
    dash: SOLID,
    marker: Marker::Diamond,
    highlighted: true,
};
const RECALL: Style = Style {
    color: SERIES[0],
    dash: SOLID,
    marker: Marker::Circle,
    highlighted: true,
};

/// The chart; `None` where the chosen configuration has no evaluation.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let confusion = Confusion::of_best(standing)?;
    let classes = Classes::new(&confusion);
    Some(Chart {
        name: "classes".into(),
        title: format!(
            "Precision and recall by class of {}",
            standing.best()?.label()
        ),
        caption: format!(
            "On the {} images, over {}, ordered by F1 (mean over classes: {:.1} %). Precision: how many of the images predicted as the class are of it. Recall: how many of the class's images were found.",
            confusion.part.name(),
            runs(standing, confusion.runs),
            classes.macro_f1() * 100.0
        ),
        scene: classes.scene(),
    })
}

impl Classes {
    /// Scores from the counts.
    pub fn new(confusion: &Confusion) -> Classes {
        let mut rows: Vec<_> = confusion
            .classes
            .iter()
            .cloned()
            .zip(class_scores(&confusion.counts))
            .collect();
        rows.sort_by(|a, b| b.1.f1.total_cmp(&a.1.f1));
        Classes { rows }
    }

    /// F1, averaged over the classes, 0 to 1.
    pub fn macro_f1(&self) -> f64 {
        self.rows.iter().map(|(_, s)| s.f1).sum::<f64>() / self.rows.len().max(1) as f64
    }

    /// Draws the classes as rows, in columns where they are many.
    pub fn scene(&self) -> Scene {
        let columns = self.rows.len().div_ceil(34).clamp(1, 3);
        let in_column = self.rows.len().div_ceil(columns);
        let row = if self.rows.len() > 20 { 13.5 } else { 20.0 };
        let all = self
            .rows
            .iter()
            .flat_map(|(_, s)| [s.precision, s.recall])
            .flatten()
            .map(|v| v * 100.0);
        let (low, high) = padded(extent(all).unwrap_or((0.0, 100.0)), 0.08);
        let (low, high) = (low.max(0.0), high.min(100.0));
        let width = (WIDTH - 24.0) / columns as f64;
        let names = self
            .rows
            .iter()
            .map(|(l, _)| text::width(l, SMALL, false))
            .fold(0.0f64, f64::max)
            .min(width * 0.4);
        let keys = [("precision", PRECISION), ("recall", RECALL)].map(|(name, style)| Key {
            name: name.into(),
            style,
            line: false,
        });
        let (top, bottom) = (32.0, 32.0 + row * in_column as f64 + 6.0);
        let mut scene = Scene::new(WIDTH, bottom + 44.0, "Precision and recall by class");
        legend::draw(&mut scene, &keys, (12.0, 6.0), WIDTH - 24.0);
        for (column, rows) in self.rows.chunks(in_column).enumerate() {
            let left = 12.0 + width * column as f64 + names + 10.0;
            let right = 12.0 + width * (column as f64 + 1.0) - 16.0;
            let frame = Panel::new((left, top, right, bottom), (low, high), (0.0, 1.0));
            frame.bottom_axis(
                &mut scene,
                &labelled(ticks((low, high), if columns > 1 { 3 } else { 8 })),
                true,
            );
            if columns == 1 || column == columns / 2 {
                frame.x_name(&mut scene, "precision, recall (%)");
            }
            for (i, (name, score)) in rows.iter().enumerate() {
                let y = top + row * (i as f64 + 0.5) + 3.0;
                let name = text::fit(name, names, SMALL, false);
                scene
                    .text(Text::new((left - 8.0, y + SMALL * 0.36), name, Anchor::End).size(SMALL));
                draw(&mut scene, &frame, score, y);
            }
        }
        scene
    }
}

fn draw(scene: &mut Scene, frame: &Panel, score: &ClassScore, y: f64) {
    let place = |v: f64| frame.x.at(v * 100.0);
    if let (Some(p), Some(r)) = (score.precision, score.recall) {
        scene.rule((place(p), y), (place(r), y), FAINT, 1.6);
    }
    for (value, style) in [(score.precision, PRECISION), (score.recall, RECALL)] {
        if let Some(value) = value {
            scene.marker((place(value), y), 3.4, style.marker, style.color);
        }
    }
}
