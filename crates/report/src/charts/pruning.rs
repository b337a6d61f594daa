//! What stopping rules saved: the epochs that each configuration trained, out of those planned.

use super::chart::{Chart, ChartData};
use super::rows::{MAX_ROWS, Rows};
use crate::draw::color::{Color, FAINT, MUTED};
use crate::draw::scene::Scene;
use crate::draw::ticks::{labelled, whole_ticks};
use std::cmp::Reverse;

/// Rows that are put in words.
const SPOKEN_ROWS: usize = 6;

/// Bars of epochs by configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Pruning {
    /// Configurations: those with a result, the best first, then the others by what they trained.
    pub rows: Vec<PruningRow>,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct PruningRow {
    /// Its name.
    pub label: String,
    /// Colour of its bar; `None` if no job of it finished.
    pub color: Option<Color>,
    /// Epochs that its jobs trained.
    pub trained: usize,
    /// Epochs that were planned.
    pub planned: usize,
    /// Jobs that a rule pruned.
    pub pruned_jobs: usize,
    /// Jobs in all.
    pub jobs: usize,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let mut rows = Vec::new();
    for rank in 0..data.ranking.configurations.len() {
        rows.push(PruningRow::new(data, rank));
    }
    if rows.iter().all(|row| row.pruned_jobs == 0) {
        return Vec::new();
    }
    let caption = caption(&rows);
    rows[data.ranking.ranked..].sort_by_key(|row| Reverse(row.trained));
    rows.truncate(MAX_ROWS);
    let title = "How many epochs did pruning save?";
    let figures = rows[..rows.len().min(SPOKEN_ROWS)]
        .iter()
        .map(PruningRow::figures);
    let figures: Vec<String> = figures.collect();
    let chart = Chart::new("sparing", title, caption, Pruning { rows }.scene());
    vec![chart.saying(format!("Epochs trained: {}.", figures.join("; ")))]
}

fn caption(rows: &[PruningRow]) -> String {
    let (mut trained, mut planned, mut pruned, mut jobs) = (0, 0, 0, 0);
    for row in rows {
        trained += row.trained;
        planned += row.planned;
        pruned += row.pruned_jobs;
        jobs += row.jobs;
    }
    let saved = 100.0 * (1.0 - trained as f64 / planned.max(1) as f64);
    let more = match rows.len().saturating_sub(MAX_ROWS) {
        0 => String::new(),
        1 => " 1 more configuration is not shown.".to_string(),
        left_out => format!(" {left_out} more configurations are not shown."),
    };
    format!(
        "Epochs that the jobs of each configuration trained, out of those planned (outline): \
         {trained} of {planned} in all, {saved:.0} % were saved; {pruned} of {jobs} jobs were \
         pruned. Coloured: configurations with a finished job, the best first; grey: those \
         without.{more}"
    )
}

impl PruningRow {
    fn figures(&self) -> String {
        format!("{}: {} of {}", self.label, self.trained, self.planned)
    }

    fn new(data: &ChartData, rank: usize) -> PruningRow {
        let configuration = &data.ranking.configurations[rank];
        let runs = &configuration.runs;
        let (mut trained, mut pruned_jobs, mut is_finished) = (0, 0, false);
        for run in runs {
            trained += run.job.epochs.len();
            pruned_jobs += usize::from(run.job.outcome.as_deref() == Some("stopped"));
            is_finished |= run.is_finished();
        }
        PruningRow {
            label: data.ranking.name(rank),
            color: is_finished.then_some(data.styles[rank].color),
            trained,
            planned: configuration.row.member.resolved.train.epochs() as usize * runs.len(),
            pruned_jobs,
            jobs: runs.len(),
        }
    }
}

impl Pruning {
    /// Draws the rows.
    pub fn scene(&self) -> Scene {
        let (mut figures, mut longest) = (Vec::new(), 1);
        for row in &self.rows {
            figures.push(format!("{} of {}", row.trained, row.planned));
            longest = longest.max(row.trained).max(row.planned);
        }
        let labels = self.rows.iter().map(|row| row.label.as_str());
        let layout = Rows::new(labels, &figures, 23.0);
        let range = (0.0, longest as f64);
        let mut scene = layout.scene("Epochs trained by configuration");
        let panel = layout.panel(range);
        panel.bottom_axis(&mut scene, &labelled(whole_ticks(range, 7)), true);
        panel.x_name(&mut scene, "epochs over all jobs of the configuration");
        layout.figure_heading(&mut scene, "epochs");
        let left = layout.area.left;
        for (i, (row, figure)) in self.rows.iter().zip(&figures).enumerate() {
            layout.words(&mut scene, i, &row.label, figure);
            let corner = (left, layout.middle(i) - layout.height * 0.28);
            let size = |epochs: usize| (panel.x.at(epochs as f64) - left, layout.height * 0.56);
            let (color, alpha) = match row.color {
                Some(color) => (color, 1.0),
                None => (MUTED, 0.55),
            };
            scene.rect(corner, size(row.trained), color, alpha);
            scene.outline(corner, size(row.planned), FAINT, 1.0);
        }
        scene
    }
}
