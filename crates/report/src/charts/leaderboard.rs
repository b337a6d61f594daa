//! The leaderboard as a dot plot: mean, 95 % interval, and every single run.

use super::chart::{Chart, ChartData, capitalised};
use super::rows::{MAX_ROWS, Rows, mean_and_sd};
use crate::draw::color::SERIES;
use crate::draw::panel::Panel;
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::SeriesStyle;
use crate::draw::ticks::{labelled, ticks};
use crate::ranking::Ranking;
use convsweep_statistics::sample::Sample;

/// Intervals may extend the axis by this share of the range of the runs.
const MAX_EXTENSION: f64 = 0.6;

/// Rows that are put in words, besides the last.
const SPOKEN_ROWS: usize = 5;

/// How the configurations that may be the best are marked.
const BAR: &str = "Blue bar at the left";
/// What is meant by that.
const SURELY: &str = "(with a probability of at least 95 %, the truly best one is among those)";

/// A dot plot of configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaderboard {
    /// The metric with its unit.
    pub metric: String,
    /// Decimals of the numbers at the right.
    pub places: usize,
    /// Configurations, the best first.
    pub rows: Vec<LeaderboardBar>,
    /// Number of ranked configurations that are not shown.
    pub left_out: usize,
    /// Values that the metric can take.
    pub limits: (f64, f64),
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderboardBar {
    /// Its name.
    pub label: String,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// Mean and spread over its runs, in the unit of the axis.
    pub score: Sample,
    /// 95 % interval of its expected result, in the unit of the axis.
    pub interval: Option<(f64, f64)>,
    /// Whether it may be the best.
    pub may_be_best: bool,
    /// The result of each finished run, in the unit of the axis.
    pub runs: Vec<f64>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(board) = Leaderboard::new(data) else {
        return Vec::new();
    };
    let more = if board.left_out > 0 {
        format!(" {} more are in the table.", board.left_out)
    } else {
        String::new()
    };
    let marked = match board.rows.iter().filter(|row| row.may_be_best).count() {
        0 => String::new(),
        1 => format!(" {BAR}: the only one that may be the best {SURELY}."),
        may => format!(" {BAR}: the {may} that may be the best {SURELY}."),
    };
    let caption = format!(
        "{} of each configuration over {}: mean (large mark), 95 % interval of the expected \
         result, with the spread that all configurations teach (line, with an arrow where it \
         leaves the chart), and below it every single run (small points).{marked}{more}",
        capitalised(&data.ranking.metric.words()),
        data.ranking.runs_in_words()
    );
    let title = "Which configuration is best, and how far apart are its runs?";
    let chart = Chart::new("leaderboard", title, caption, board.scene());
    vec![chart.saying(board.figures())]
}

impl Leaderboard {
    /// The configurations with results; `None` without any.
    pub fn new(data: &ChartData) -> Option<Leaderboard> {
        let ranking = data.ranking;
        let metric = &ranking.metric;
        let mut rows = Vec::new();
        for rank in shown_ranks(ranking) {
            let configuration = &ranking.configurations[rank];
            let scale = metric.scale();
            if let Some(score) = configuration.score {
                rows.push(LeaderboardBar {
                    label: ranking.name(rank),
                    style: data.styles[rank],
                    score: Sample {
                        mean: score.mean * scale,
                        sd: score.sd.map(|sd| sd * scale),
                        ..score
                    },
                    may_be_best: ranking.answers.standings[rank].may_be_best,
                    interval: configuration
                        .interval
                        .map(|(low, high)| (low * scale, high * scale)),
                    runs: configuration.values(scale).collect(),
                });
            }
        }
        if rows.is_empty() {
            return None;
        }
        let limits = if metric.is_share() {
            (0.0, 100.0)
        } else {
            (f64::NEG_INFINITY, f64::INFINITY)
        };
        Some(Leaderboard {
            metric: metric.label(),
            places: metric.places(),
            left_out: ranking.ranked - rows.len(),
            rows,
            limits,
        })
    }

    /// Range of the axis: all runs, and the intervals as far as they do not make the runs
    /// indistinguishable.
    pub fn range(&self) -> (f64, f64) {
        let runs = self.rows.iter().flat_map(|row| row.runs.iter().copied());
        let (low, high) = padded(extent(runs).unwrap_or((0.0, 1.0)), 0.06);
        let room = (high - low) * MAX_EXTENSION;
        let (mut least, mut most) = (low, high);
        for (start, end) in self.rows.iter().filter_map(|row| row.interval) {
            least = least.min(start);
            most = most.max(end);
        }
        (
            least.max(low - room).max(self.limits.0),
            most.min(high + room).min(self.limits.1),
        )
    }

    /// The first few rows and the last one in words.
    fn figures(&self) -> String {
        let mut parts = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            if i < SPOKEN_ROWS || i + 1 == self.rows.len() {
                let score = mean_and_sd(row.score.mean, row.score.sd, self.places);
                parts.push(format!("{}: {score}, n = {}", row.label, row.score.n));
            } else if i == SPOKEN_ROWS {
                parts.push(format!("{} more", self.rows.len() - SPOKEN_ROWS - 1));
            }
        }
        format!("{}, the best first: {}.", self.metric, parts.join("; "))
    }

    /// Draws the rows.
    pub fn scene(&self) -> Scene {
        let mut figures = Vec::with_capacity(self.rows.len());
        for LeaderboardBar { score, .. } in &self.rows {
            figures.push(mean_and_sd(score.mean, score.sd, self.places));
        }
        let labels = self.rows.iter().map(|row| row.label.as_str());
        let layout = Rows::new(labels, &figures, 25.0);
        let mut scene = layout.scene(format!("Leaderboard by {}", self.metric));
        let panel = layout.panel(self.range());
        panel.bottom_axis(&mut scene, &labelled(ticks(self.range(), 7)), true);
        panel.x_name(&mut scene, &self.metric);
        let has_spread = self.rows.iter().any(|row| row.score.sd.is_some());
        let heading = if has_spread { "mean ± sd" } else { "result" };
        layout.figure_heading(&mut scene, heading);
        for (i, (row, figure)) in self.rows.iter().zip(&figures).enumerate() {
            layout.words(&mut scene, i, &row.label, figure);
            if row.may_be_best {
                draw_bar(&mut scene, &layout, i);
            }
            row.draw(&mut scene, &panel, layout.middle(i));
        }
        scene
    }
}

/// Marks a row at the left edge and behind its marks.
fn draw_bar(scene: &mut Scene, layout: &Rows, i: usize) {
    let (left, right) = (layout.area.left, layout.area.right);
    let top = layout.middle(i) - layout.height / 2.0;
    let size = (right - left, layout.height);
    scene.rect((left, top), size, SERIES[0], 0.07);
    scene.rect((left - 4.0, top), (3.5, layout.height), SERIES[0], 0.99);
}

/// The best configurations, and the baseline in the last place if it would be missing.
fn shown_ranks(ranking: &Ranking) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..ranking.ranked.min(MAX_ROWS)).collect();
    if let Some(baseline) = ranking.ranked_baseline()
        && baseline >= MAX_ROWS
    {
        ranks.pop();
        ranks.push(baseline);
    }
    ranks
}

impl LeaderboardBar {
    fn draw(&self, scene: &mut Scene, panel: &Panel, y: f64) {
        let color = self.style.color;
        if let Some(interval) = self.interval {
            self.draw_interval(scene, panel, interval, y);
        }
        if self.runs.len() > 1 {
            for run in &self.runs {
                scene.disc((panel.x.at(*run), y + 6.0), 1.7, color, 0.75);
            }
        }
        let mean = (panel.x.at(self.score.mean), y);
        scene.marker(mean, 4.6, self.style.marker, color);
    }

    /// A line with a bar at each end, or with an arrow if the interval leaves the panel.
    fn draw_interval(&self, scene: &mut Scene, panel: &Panel, (low, high): (f64, f64), y: f64) {
        let color = self.style.color;
        let (left, right) = (panel.x.at(low), panel.x.at(high));
        scene.rule((left, y), (right, y), color, 1.6);
        let (least, most) = panel.x.values;
        for (is_cut, x, tip) in [(low < least, left, -5.0), (high > most, right, 5.0)] {
            let (above, below) = ((x, y - 3.5), (x, y + 3.5));
            if is_cut {
                scene.polygon(vec![(x + tip, y), above, below], color, 1.0);
            } else {
                scene.rule(above, below, color, 1.6);
            }
        }
    }
}
