//! The leaderboard as a dot plot: mean, 95 % interval, and every single run.

use super::{Chart, WIDTH, named, note};
use crate::draw::axis::{Panel, extent, labelled, padded, ticks};
use crate::draw::color::{MUTED, Style};
use crate::draw::scene::{Anchor, SMALL, Scene, TEXT, Text};
use crate::draw::text;
use crate::standing::Standing;
use crate::stats::Sample;

/// Most rows that are drawn; the table and the CSV have all.
pub const MOST: usize = 40;

/// A dot plot of configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaderboard {
    /// The metric with its unit.
    pub name: String,
    /// Decimals of the numbers at the right.
    pub places: usize,
    /// Configurations, the best first.
    pub rows: Vec<Row>,
    /// Configurations that found no room.
    pub left_out: usize,
    /// Values that the metric can take.
    pub limits: (f64, f64),
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// Its look.
    pub style: Style,
    /// Summary over its runs, in the axis' unit.
    pub score: Sample,
    /// Each run.
    pub runs: Vec<f64>,
}

/// The chart; `None` without results.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let board = Leaderboard::new(standing)?;
    Some(Chart {
        name: "leaderboard".into(),
        title: "Every run".into(),
        caption: format!(
            "{} of each configuration: mean (large mark), 95 % interval of the mean by Student's t (line; an arrow where it goes on), and below it every single run (small points).{}",
            capitalised(&standing.measure.words()),
            if board.left_out > 0 {
                format!(" {} more are in the table.", board.left_out)
            } else {
                String::new()
            }
        ),
        scene: board.scene(),
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

impl Leaderboard {
    /// The ranking's rows; `None` without results.
    pub fn new(standing: &Standing) -> Option<Leaderboard> {
        let measure = &standing.measure;
        let scale = measure.scale();
        let row = |rank: usize| {
            let entry = &standing.entries[rank];
            let runs: Vec<f64> = entry
                .runs
                .iter()
                .filter_map(|r| r.value)
                .map(|v| v * scale)
                .collect();
            Sample::of(&runs).map(|score| Row {
                label: named(standing, entry.label()),
                style: entry.style,
                score,
                runs,
            })
        };
        let mut ranks: Vec<usize> = (0..standing.ranked.min(MOST)).collect();
        if let Some(baseline) = standing
            .baseline
            .filter(|b| (MOST..standing.ranked).contains(b))
        {
            ranks.pop();
            ranks.push(baseline);
        }
        let rows: Vec<Row> = ranks.into_iter().filter_map(row).collect();
        if rows.is_empty() {
            return None;
        }
        let limits = if measure.is_share() {
            (0.0, 100.0)
        } else {
            (f64::NEG_INFINITY, f64::INFINITY)
        };
        let left_out = standing.ranked - rows.len();
        Some(Leaderboard {
            name: measure.label(),
            places: measure.places(),
            rows,
            left_out,
            limits,
        })
    }

    /// Range of the axis: all runs, and of the intervals no more than a span's length beyond them.
    pub fn range(&self) -> (f64, f64) {
        let runs =
            extent(self.rows.iter().flat_map(|r| r.runs.iter().copied())).unwrap_or((0.0, 1.0));
        let (low, high) = padded(runs, 0.06);
        let room = high - low;
        let ends = self.rows.iter().filter_map(|r| r.score.interval);
        let (least, most) = ends.fold((low, high), |(l, h), (a, b)| (l.min(a), h.max(b)));
        (
            least.max(low - room * 0.6).max(self.limits.0),
            most.min(high + room * 0.6).min(self.limits.1),
        )
    }

    /// Draws the rows.
    pub fn scene(&self) -> Scene {
        let height = if self.rows.len() > 12 { 19.0 } else { 25.0 };
        let numbers: Vec<String> = self.rows.iter().map(|r| self.number(&r.score)).collect();
        let widest = |texts: &mut dyn Iterator<Item = &str>, size| {
            texts
                .map(|t| text::width(t, size, false))
                .fold(0.0f64, f64::max)
        };
        let names = widest(&mut self.rows.iter().map(|r| r.label.as_str()), TEXT).min(290.0);
        let figures = widest(&mut numbers.iter().map(String::as_str), SMALL).max(60.0);
        let bounds = (
            names + 22.0,
            26.0,
            WIDTH - figures - 24.0,
            26.0 + height * self.rows.len() as f64 + 6.0,
        );
        let mut scene = Scene::new(
            WIDTH,
            bounds.3 + 42.0,
            format!("Leaderboard by {}", self.name),
        );
        let frame = Panel::new(bounds, self.range(), (0.0, 1.0));
        frame.bottom_axis(&mut scene, &labelled(ticks(self.range(), 7)), true);
        frame.x_name(&mut scene, &self.name);
        note(
            &mut scene,
            (bounds.2 + 14.0, 16.0),
            if self.rows.iter().any(|r| r.score.sd.is_some()) {
                "mean ± sd"
            } else {
                "result"
            },
        );
        for (i, (row, number)) in self.rows.iter().zip(&numbers).enumerate() {
            let y = bounds.1 + height * (i as f64 + 0.5) + 3.0;
            let label = text::fit(&row.label, names, TEXT, false);
            scene.text(Text::new(
                (bounds.0 - 10.0, y + TEXT * 0.36),
                label,
                Anchor::End,
            ));
            scene.text(
                Text::new((bounds.2 + 14.0, y + SMALL * 0.36), number, Anchor::Start)
                    .size(SMALL)
                    .color(MUTED),
            );
            draw(&mut scene, &frame, row, y);
        }
        scene
    }

    fn number(&self, score: &Sample) -> String {
        let places = self.places;
        match score.sd {
            Some(sd) => format!("{:.places$} ± {sd:.places$}", score.mean),
            None => format!("{:.places$}", score.mean),
        }
    }
}

fn draw(scene: &mut Scene, frame: &Panel, row: &Row, y: f64) {
    let color = row.style.color;
    if let Some((low, high)) = row.score.interval {
        let (a, b) = (frame.x.at(low), frame.x.at(high));
        scene.rule((a, y), (b, y), color, 1.6);
        for (cut, x, tip) in [
            (low < frame.x.values.0, a, -5.0),
            (high > frame.x.values.1, b, 5.0),
        ] {
            if cut {
                let points = vec![(x + tip, y), (x, y - 3.5), (x, y + 3.5)];
                scene.items.push(crate::draw::scene::Item::Polygon {
                    points,
                    color,
                    alpha: 1.0,
                });
            } else {
                scene.rule((x, y - 3.5), (x, y + 3.5), color, 1.6);
            }
        }
    }
    if row.runs.len() > 1 {
        for run in &row.runs {
            scene.disc((frame.x.at(*run), y + 6.0), 1.7, color, 0.75);
        }
    }
    scene.marker(
        (frame.x.at(row.score.mean), y),
        4.6,
        row.style.marker,
        color,
    );
}
