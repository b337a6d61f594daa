//! The learning rate by epoch, one line for all configurations with the same schedule.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::legend;
use crate::draw::numbers::short;
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{SeriesStyle, series_styles};
use crate::draw::ticks::{Tick, labelled, log_ticks, ticks, whole_labelled};
use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::log::AxisValue;
use convsweep_spec::metric::LEARNING_RATE;

const AREA: Area = Area {
    left: 62.0,
    top: 34.0,
    right: WIDTH - 16.0,
    bottom: 214.0,
};
/// Rates whose largest is more than this many times the smallest are on a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 8.0;

/// Learning rates over the epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningRates {
    /// The distinct schedules, that of the best configuration first.
    pub schedules: Vec<RecordedSchedule>,
}

/// The learning rates that configurations with the same schedule recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedSchedule {
    /// What these configurations have in common.
    pub name: String,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// Learning rate of each epoch, from the first.
    pub rates: Vec<f64>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(rates) = LearningRates::new(data.ranking) else {
        return Vec::new();
    };
    vec![Chart::new(
        "learning-rate",
        "Learning rate",
        "As recorded during training; configurations with the same schedule share a line.",
        rates.scene(),
    )]
}

impl LearningRates {
    /// Groups the configurations by the rates that were recorded; `None` if none were.
    pub fn new(ranking: &Ranking) -> Option<LearningRates> {
        let mut groups: Vec<(Vec<f64>, Vec<&RankedConfiguration>)> = Vec::new();
        for configuration in &ranking.configurations {
            let rates = recorded_rates(configuration);
            if rates.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|(group, _)| *group == rates) {
                Some((_, members)) => members.push(configuration),
                None => groups.push((rates, vec![configuration])),
            }
        }
        let styles = series_styles(groups.len(), None);
        let mut schedules = Vec::new();
        for ((rates, members), style) in groups.into_iter().zip(styles) {
            schedules.push(RecordedSchedule {
                name: common_name(ranking, &members),
                style,
                rates,
            });
        }
        (!schedules.is_empty()).then_some(LearningRates { schedules })
    }

    /// Draws the schedules as steps.
    pub fn scene(&self) -> Scene {
        let series = self.schedules.iter();
        let series = series.map(|schedule| (schedule.name.clone(), schedule.style));
        let legend = legend::entries(series, true);
        let legend_height = legend::height_below(&legend, WIDTH - 24.0);
        let height = AREA.bottom + 42.0 + legend_height;
        let mut scene = Scene::new(WIDTH, height, "Learning rate by epoch");
        let panel = self.panel();
        panel.left_axis(&mut scene, &rate_ticks(&panel));
        panel.bottom_axis(&mut scene, &whole_labelled(panel.x.values, 10), false);
        panel.x_name(&mut scene, "completed epochs");
        let heading = if panel.y.log {
            "learning rate (logarithmic)"
        } else {
            "learning rate"
        };
        panel.heading(&mut scene, heading);
        for schedule in self.schedules.iter().rev() {
            schedule.draw(&mut scene, &panel);
        }
        legend::draw_below(&mut scene, &legend, AREA.bottom, WIDTH - 24.0);
        scene
    }

    fn panel(&self) -> Panel {
        let rates = self.schedules.iter().flat_map(|s| s.rates.iter().copied());
        let (low, high) = extent(rates).unwrap_or((0.0, 1.0));
        let log = low > 0.0 && high / low > LOGARITHMIC_FROM;
        let range = if log {
            (low / 1.5, high * 1.5)
        } else {
            padded((low.min(high * 0.5).max(0.0), high), 0.08)
        };
        let epochs = self.schedules.iter().map(|s| s.rates.len()).max();
        let mut panel = Panel::new(AREA, (0.0, epochs.unwrap_or(1) as f64), range);
        panel.y.log = log;
        panel
    }
}

fn rate_ticks(panel: &Panel) -> Vec<Tick> {
    let range = panel.y.values;
    if !panel.y.log {
        return labelled(ticks(range, 5));
    }
    let values = log_ticks(range);
    values.into_iter().map(|rate| (rate, short(rate))).collect()
}

impl RecordedSchedule {
    fn draw(&self, scene: &mut Scene, panel: &Panel) {
        let mut points = Vec::with_capacity(self.rates.len() * 2);
        for (epoch, rate) in self.rates.iter().enumerate() {
            points.push(panel.at(epoch as f64, *rate));
            points.push(panel.at(epoch as f64 + 1.0, *rate));
        }
        let SeriesStyle {
            color,
            dash,
            marker,
            highlighted,
        } = self.style;
        if highlighted && self.rates.len() > 1 {
            // At the ends of epochs, about six along the line.
            let every = (points.len() / 12).max(1) * 2;
            for point in points.iter().skip(1).step_by(every) {
                scene.marker(*point, 2.8, marker, color);
            }
        }
        let width = if highlighted { 1.8 } else { 1.0 };
        scene.line(points, color, width, dash);
    }
}

/// Rates of the longest run.
fn recorded_rates(configuration: &RankedConfiguration) -> Vec<f64> {
    let runs = configuration.runs.iter();
    let Some(longest) = runs.max_by_key(|run| run.job.epochs.len()) else {
        return Vec::new();
    };
    let epochs = longest.job.epochs.iter();
    epochs
        .filter_map(|epoch| epoch.values.get(LEARNING_RATE).copied())
        .collect()
}

/// The axis values that all members share and some other configuration lacks; if there are none,
/// the first member's label and how many more there are.
fn common_name(ranking: &Ranking, members: &[&RankedConfiguration]) -> String {
    let [first, others @ ..] = members else {
        return String::new();
    };
    if others.is_empty() {
        return first.label().to_string();
    }
    let mut shared = Vec::new();
    for value in &first.row.member.values {
        let of_members = others.iter().all(|member| has_value(member, value));
        let of_all = ranking.configurations.iter().all(|c| has_value(c, value));
        if of_members && !of_all {
            let axes = &ranking.revision.axes;
            let axis = axes.iter().find(|axis| axis.path == value.path);
            let name = axis.map_or(&value.path, |axis| &axis.name);
            shared.push(format!("{name}={}", value.label));
        }
    }
    if shared.is_empty() {
        format!("{} and {} more", first.label(), others.len())
    } else {
        shared.join(" ")
    }
}

fn has_value(configuration: &RankedConfiguration, value: &AxisValue) -> bool {
    configuration.axis_label(&value.path) == Some(&value.label)
}
