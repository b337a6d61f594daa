//! What changing one value does: the best value of each axis compared with each other one.

use super::chart::{Chart, ChartData};
use super::rows::{MAX_ROWS, Rows};
use crate::draw::color::{FAINT, MUTED, PAPER, SERIES};
use crate::draw::panel::Panel;
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{Marker, SOLID};
use crate::draw::ticks::{labelled, ticks};
use crate::ranking::{MetricFormat, Ranking};
use convsweep_answers::{AxisAnswer, AxisBasis, AxisContrast, Verdict};

/// Intervals may extend the axis by this share of the range of the differences.
const MAX_EXTENSION: f64 = 1.5;
const SPOKEN: usize = 4;

/// The contrasts of all axes, on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrasts {
    /// The metric.
    metric: MetricFormat,
    /// A row for each pair of values.
    pub rows: Vec<ContrastRow>,
}

/// The best value of an axis compared with another.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastRow {
    /// Axis and values.
    pub label: String,
    /// What is said of the best value: better, or not known yet, ….
    pub verdict: Verdict,
    /// Best minus other, in the unit of the axis.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Number of combinations of the other axes' values.
    pub combinations: usize,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let ranking = data.ranking;
    let Some(contrasts) = Contrasts::new(ranking) else {
        return Vec::new();
    };
    let assumed = ranking.answers.axes.iter().map(|axis| axis.basis);
    let assumed = if assumed
        .clone()
        .any(|basis| basis == AxisBasis::AdditiveModel)
    {
        " With one run of each configuration, the spread is what a model without interactions \
         leaves over."
    } else {
        ""
    };
    let caption = format!(
        "Difference of {} between the best value of each axis and another, over the combinations \
         of the other axes' values that both were trained with (n at the right), {} each; 95 % \
         interval of each difference alone (line). Filled: surely different, corrected for all \
         comparisons of axes; hollow: not known yet, or practically equal.{assumed}",
        ranking.metric.words(),
        ranking.runs_in_words()
    );
    let title = "Which values matter, and how surely?";
    let chart = Chart::new("contrasts", title, caption, contrasts.scene());
    vec![chart.saying(contrasts.figures())]
}

impl Contrasts {
    /// The contrasts; `None` if no axis has two values that can be compared.
    pub fn new(ranking: &Ranking) -> Option<Contrasts> {
        let metric = ranking.metric.clone();
        let mut rows = Vec::new();
        for axis in &ranking.answers.axes {
            if let Some(best) = best_level(axis, &metric) {
                let of_best = axis.contrasts.iter();
                rows.extend(of_best.filter_map(|c| row(axis, best, c, metric.scale())));
            }
        }
        (!rows.is_empty()).then_some(Contrasts { metric, rows })
    }

    fn figures(&self) -> String {
        let mut parts = Vec::new();
        for row in self.rows.iter().take(SPOKEN) {
            let places = self.metric.places();
            let interval = match row.interval {
                Some((low, high)) => format!(" ({low:.places$} to {high:.places$})"),
                None => String::new(),
            };
            parts.push(format!(
                "{}: {:.places$}{interval}, {}",
                row.label,
                row.difference,
                said(row)
            ));
        }
        let more = self.rows.len().saturating_sub(SPOKEN);
        let more = if more > 0 {
            format!("; {more} more")
        } else {
            String::new()
        };
        format!("{}{more}.", parts.join("; "))
    }

    /// Range of the axis: zero, all differences, and the intervals as far as they do not hide them.
    fn range(&self) -> (f64, f64) {
        let rows = self.rows.iter().take(MAX_ROWS);
        let differences = rows.clone().map(|row| row.difference).chain([0.0]);
        let (low, high) = padded(extent(differences).unwrap_or((0.0, 1.0)), 0.08);
        let room = (high - low) * MAX_EXTENSION;
        let (mut least, mut most) = (low, high);
        for (start, end) in rows.filter_map(|row| row.interval) {
            least = least.min(start);
            most = most.max(end);
        }
        (least.max(low - room), most.min(high + room))
    }

    /// Draws the rows.
    pub fn scene(&self) -> Scene {
        let shown = &self.rows[..self.rows.len().min(MAX_ROWS)];
        let figures: Vec<String> = shown.iter().map(|row| self.figure(row)).collect();
        let labels = shown.iter().map(|row| row.label.as_str());
        let layout = Rows::new(labels, &figures, 23.0);
        let mut scene = layout.scene("Differences between values of the axes");
        let panel = layout.panel(self.range());
        panel.bottom_axis(&mut scene, &labelled(ticks(self.range(), 7)), true);
        let unit = if self.metric.is_share() {
            " (percentage points)"
        } else {
            ""
        };
        let name = format!("difference of {}{unit}", self.metric.words());
        panel.x_name(&mut scene, &name);
        let zero = panel.x.at(0.0);
        let area = panel.area();
        scene.rule((zero, area.top), (zero, area.bottom), MUTED, 1.2);
        layout.figure_heading(&mut scene, "difference");
        for (i, (row, figure)) in shown.iter().zip(&figures).enumerate() {
            layout.words(&mut scene, i, &row.label, figure);
            draw(&mut scene, &panel, row, layout.middle(i));
        }
        scene
    }

    fn figure(&self, row: &ContrastRow) -> String {
        let places = self.metric.places();
        let number = format!("{:.places$}", row.difference).replace('-', "−");
        format!("{number}, n = {}", row.combinations)
    }
}

/// Label of the value with the best mean.
fn best_level<'a>(axis: &'a AxisAnswer, metric: &MetricFormat) -> Option<&'a str> {
    let levels = axis.levels.iter();
    let best = levels.max_by(|a, b| metric.gain(a.mean).total_cmp(&metric.gain(b.mean)))?;
    Some(&best.label)
}

/// A contrast of the best value, with the best first; `None` for a contrast of two others.
fn row(axis: &AxisAnswer, best: &str, contrast: &AxisContrast, scale: f64) -> Option<ContrastRow> {
    let (other, sign) = if contrast.first == best {
        (&contrast.second, 1.0)
    } else if contrast.second == best {
        (&contrast.first, -1.0)
    } else {
        return None;
    };
    let ends = contrast.interval.map(|(low, high)| {
        let (a, b) = (low * sign * scale, high * sign * scale);
        (a.min(b), a.max(b))
    });
    Some(ContrastRow {
        label: format!("{}: {best} − {other}", axis.name),
        verdict: match contrast.verdict {
            Verdict::Better if sign < 0.0 => Verdict::Worse,
            Verdict::Worse if sign < 0.0 => Verdict::Better,
            verdict => verdict,
        },
        difference: contrast.difference * sign * scale,
        interval: ends,
        combinations: contrast.combinations,
    })
}

fn said(row: &ContrastRow) -> &'static str {
    match row.verdict {
        Verdict::Better => "surely better",
        Verdict::Worse => "surely worse",
        Verdict::Equal => "practically equal",
        Verdict::Unknown => "not known yet",
    }
}

fn draw(scene: &mut Scene, panel: &Panel, row: &ContrastRow, y: f64) {
    let is_sure = matches!(row.verdict, Verdict::Better | Verdict::Worse);
    let color = if is_sure { SERIES[0] } else { FAINT };
    if let Some((low, high)) = row.interval {
        let points = vec![(panel.x.at(low), y), (panel.x.at(high), y)];
        scene.line(points, color, 1.6, SOLID);
    }
    let at = (panel.x.at(row.difference), y);
    scene.marker(at, 4.4, Marker::Circle, color);
    if !is_sure {
        scene.marker(at, 2.6, Marker::Circle, PAPER);
    }
}
