//! The effect of each axis: the metric for each of its values, averaged over the other axes.

use super::{Chart, WIDTH, note};
use crate::draw::axis::{Panel, extent, labelled, padded, ticks};
use crate::draw::color::{FAINT, INK, MUTED, SERIES, SOLID};
use crate::draw::scene::{Anchor, HEADING, SMALL, Scene, TEXT, Text};
use crate::draw::text;
use crate::standing::Standing;
use crate::stats::Sample;
use std::collections::BTreeMap;

/// Effects of all axes on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// The metric with its unit.
    pub name: String,
    /// Decimals of the numbers at the right.
    pub places: usize,
    /// One for each axis with at least two values.
    pub axes: Vec<Effect>,
}

/// Effect of one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Short name of the axis.
    pub axis: String,
    /// Its values in the file's order, with the summary over the configurations that have them
    /// (over the runs, where there is one axis only).
    pub values: Vec<(String, Sample)>,
    /// Configurations that differ in this axis alone, as (place of the value, mean of the
    /// configuration).
    pub traces: Vec<Vec<(usize, f64)>>,
}

/// The chart; `None` where no axis has two values with results.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let effects = Effects::new(standing)?;
    let several = effects.axes.len() > 1;
    Some(Chart {
        name: "effects".into(),
        title: if several {
            "Effect of each axis".into()
        } else {
            format!("Effect of {}", effects.axes[0].axis)
        },
        caption: if several {
            format!(
                "For each value of an axis: the mean {} over all configurations that have it (mark), ± one standard deviation over them (line). Grey lines join configurations that differ in this axis alone: where they run alike, the effect does not depend on the other axes.",
                standing.measure.words()
            )
        } else {
            format!(
                "Mean {} for each value, ± one standard deviation over {} (line).",
                standing.measure.words(),
                super::runs_over_all(standing)
            )
        },
        scene: effects.scene(),
    })
}

impl Effects {
    /// Averages the configurations' means; every configuration weighs the same however many runs it
    /// has.
    pub fn new(standing: &Standing) -> Option<Effects> {
        let axes: Vec<Effect> = standing
            .revision
            .axes
            .iter()
            .filter_map(|axis| effect(standing, &axis.path, &axis.name, &axis.labels))
            .collect();
        let measure = &standing.measure;
        (!axes.is_empty()).then(|| Effects {
            name: measure.label(),
            places: measure.places(),
            axes,
        })
    }

    /// Draws the axes below each other, values as rows.
    pub fn scene(&self) -> Scene {
        let all = || {
            self.axes
                .iter()
                .flat_map(|a| &a.traces)
                .flatten()
                .map(|(_, v)| *v)
        };
        let means = self
            .axes
            .iter()
            .flat_map(|a| &a.values)
            .map(|(_, s)| s.mean);
        let range = padded(extent(all().chain(means)).unwrap_or((0.0, 1.0)), 0.08);
        let names = self
            .axes
            .iter()
            .flat_map(|a| &a.values)
            .map(|(l, _)| text::width(l, TEXT, false));
        let names = names.fold(60.0f64, f64::max).min(220.0);
        let (left, right) = (names + 24.0, WIDTH - 110.0);
        let rows = self.axes.iter().map(|a| a.values.len()).sum::<usize>() as f64;
        let head = 30.0;
        let height = 8.0 + head * self.axes.len() as f64 + ROW * rows + 46.0;
        let mut scene = Scene::new(
            WIDTH,
            height,
            format!("Effect of each axis on {}", self.name),
        );
        let mut top = 8.0;
        for (i, axis) in self.axes.iter().enumerate() {
            let bottom = top + head + ROW * axis.values.len() as f64;
            let frame = Panel::new((left, top + head - 4.0, right, bottom), range, (0.0, 1.0));
            let ticks = labelled(ticks(range, 7));
            let last = i + 1 == self.axes.len();
            let blank: Vec<_> = ticks.iter().map(|(v, _)| (*v, String::new())).collect();
            frame.bottom_axis(&mut scene, if last { &ticks } else { &blank }, true);
            if last {
                frame.x_name(&mut scene, &self.name);
            }
            let title = text::fit(&axis.axis, right - 12.0, HEADING, true);
            scene.text(
                Text::new((12.0, top + head - 12.0), title, Anchor::Start)
                    .size(HEADING)
                    .bold(),
            );
            if i == 0 {
                let spread = self
                    .axes
                    .iter()
                    .flat_map(|a| &a.values)
                    .any(|(_, s)| s.sd.is_some());
                note(
                    &mut scene,
                    (right + 12.0, top + head - 12.0),
                    if spread { "mean ± sd" } else { "mean" },
                );
            }
            self.axis(&mut scene, &frame, axis, (names, top + head));
            top = bottom;
        }
        scene
    }

    fn axis(&self, scene: &mut Scene, frame: &Panel, axis: &Effect, (names, top): (f64, f64)) {
        let y = |row: usize| top + ROW * (row as f64 + 0.5) - 2.0;
        for trace in axis.traces.iter().filter(|_| self.axes.len() > 1) {
            scene.line(
                trace
                    .iter()
                    .map(|(row, v)| (frame.x.at(*v), y(*row)))
                    .collect(),
                FAINT,
                0.9,
                SOLID,
            );
        }
        let color = SERIES[0];
        let marks: Vec<(f64, f64)> = axis
            .values
            .iter()
            .enumerate()
            .map(|(row, (_, s))| (frame.x.at(s.mean), y(row)))
            .collect();
        scene.line(marks.clone(), color, 1.6, SOLID);
        for (row, (label, sample)) in axis.values.iter().enumerate() {
            let place = y(row);
            let fitted = text::fit(label, names, TEXT, false);
            scene.text(
                Text::new((names + 14.0, place + TEXT * 0.36), fitted, Anchor::End).color(INK),
            );
            let number = match sample.sd {
                Some(sd) => format!("{:.*} ± {sd:.*}", self.places, sample.mean, self.places),
                None => format!("{:.*}", self.places, sample.mean),
            };
            let at = (frame.x.pixels.1 + 12.0, place + SMALL * 0.36);
            scene.text(
                Text::new(at, number, Anchor::Start)
                    .size(SMALL)
                    .color(MUTED),
            );
            if let Some(sd) = sample.sd {
                let (a, b) = (frame.x.at(sample.mean - sd), frame.x.at(sample.mean + sd));
                scene.rule((a, place), (b, place), color, 1.6);
            }
            scene.disc(marks[row], 4.4, color, 1.0);
        }
    }
}

/// Places of values with the mean of a configuration, all else equal.
type Trace = Vec<(usize, f64)>;

const ROW: f64 = 25.0;

fn effect(standing: &Standing, path: &str, name: &str, labels: &[String]) -> Option<Effect> {
    let alone = standing.revision.axes.len() == 1;
    let scale = standing.measure.scale();
    let mut by_value: Vec<Vec<f64>> = vec![Vec::new(); labels.len()];
    let mut single: Vec<Vec<f64>> = vec![Vec::new(); labels.len()];
    let mut traces: BTreeMap<Vec<(&str, &str)>, Trace> = BTreeMap::new();
    for entry in standing.ranking() {
        let values = &entry.row.member.values;
        let Some(own) = values.iter().find(|v| v.path == path) else {
            continue;
        };
        let Some(place) = labels.iter().position(|l| *l == own.label) else {
            continue;
        };
        let Some(score) = entry.score else { continue };
        by_value[place].push(score.mean * scale);
        single[place].extend(entry.runs.iter().filter_map(|r| r.value).map(|v| v * scale));
        let others = values
            .iter()
            .filter(|v| v.path != path)
            .map(|v| (v.path.as_str(), v.label.as_str()))
            .collect();
        traces
            .entry(others)
            .or_default()
            .push((place, score.mean * scale));
    }
    // Without another axis to spread over, the spread is that over the runs.
    let samples = if alone { single } else { by_value };
    let mut places = vec![None; labels.len()];
    let mut values = Vec::new();
    for (i, (label, means)) in labels.iter().zip(&samples).enumerate() {
        if let Some(sample) = Sample::of(means) {
            places[i] = Some(values.len());
            values.push((label.clone(), sample));
        }
    }
    let traces = traces.into_values().map(|mut trace| {
        trace.sort_by_key(|(place, _)| *place);
        trace
            .into_iter()
            .filter_map(|(place, v)| Some((places[place]?, v)))
            .collect::<Vec<_>>()
    });
    (values.len() > 1).then(|| Effect {
        axis: name.to_string(),
        values,
        traces: traces.filter(|t| t.len() > 1).collect(),
    })
}
