//! Learning curves: the mean over runs after each epoch, with a band of one standard deviation.

use super::{Chart, WIDTH, keys, note, runs_over_all};
use crate::draw::axis::{Panel, extent, labelled, padded, whole_ticks};
use crate::draw::color::{DOTTED, MUTED, SOLID, Style};
use crate::draw::legend::{self, Key};
use crate::draw::scene::{Item, Scene};
use crate::standing::{Entry, Measure, Run, Standing};
use crate::stats::Sample;
use convsweep_spec::metric::{self, Direction};

/// Curves over the same epochs, in one or more panels.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Panels side by side.
    pub panels: Vec<CurvePanel>,
    /// Completed epochs at which some configuration changes its phase.
    pub phase_changes: Vec<u32>,
    /// The legend.
    pub keys: Vec<Key>,
}

/// One quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePanel {
    /// The quantity with its unit.
    pub name: String,
    /// A line for each configuration, the best first.
    pub lines: Vec<Line>,
}

/// One configuration's course.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its look.
    pub style: Style,
    /// Completed epochs and the quantity's summary over the runs that reached them.
    pub points: Vec<(u32, Sample)>,
}

/// The charts of accuracy and of loss.
pub fn charts(standing: &Standing) -> Vec<Chart> {
    let n = runs_over_all(standing);
    let caption = format!(
        "After each epoch: mean over {n}, with a band of ± one standard deviation; dotted lines mark changes of phase."
    );
    let accuracy = Curves::new(standing, &[metric::VAL_ACCURACY]).map(|c| Chart {
        name: "curves-accuracy".into(),
        title: "Learning curves: accuracy on the validation images".into(),
        caption: caption.clone(),
        scene: c.scene("Validation accuracy by epoch"),
    });
    let loss = Curves::new(standing, &[metric::TRAIN_LOSS, metric::VAL_LOSS]).map(|c| Chart {
        name: "curves-loss".into(),
        title: "Learning curves: loss".into(),
        caption: format!("{caption} The training loss is the mean over an epoch's augmented batches while the weights change, so it may lie above the validation loss."),
        scene: c.scene("Training and validation loss by epoch"),
    });
    accuracy.into_iter().chain(loss).collect()
}

impl Curves {
    /// Curves of the named metrics; `None` where no epoch has been recorded.
    pub fn new(standing: &Standing, metrics: &[&str]) -> Option<Curves> {
        let panels: Vec<CurvePanel> = metrics
            .iter()
            .map(|name| {
                let measure = Measure {
                    name: (*name).to_string(),
                    direction: Direction::Max,
                };
                let lines = standing.entries.iter().map(|e| line(e, &measure)).collect();
                CurvePanel {
                    name: measure.label(),
                    lines,
                }
            })
            .collect();
        let drawn: Vec<usize> = (0..standing.entries.len())
            .filter(|i| panels.iter().any(|p| !p.lines[*i].points.is_empty()))
            .collect();
        if drawn.is_empty() {
            return None;
        }
        let mut changes: Vec<u32> = standing
            .entries
            .iter()
            .flat_map(|e| phase_changes(e))
            .collect();
        changes.sort_unstable();
        changes.dedup();
        Some(Curves {
            panels,
            phase_changes: changes,
            keys: keys(standing, &drawn, true),
        })
    }

    /// Draws the curves.
    pub fn scene(&self, description: &str) -> Scene {
        let columns = self.panels.len() as f64;
        let plot = if columns > 1.0 { 230.0 } else { 290.0 };
        let gap = 52.0;
        let width = (WIDTH - 44.0 - 16.0 - gap * (columns - 1.0)) / columns;
        let bottom = 34.0 + plot;
        let legend = if self.keys.len() > 1 {
            legend::height(&self.keys, WIDTH - 24.0) + 10.0
        } else {
            0.0
        };
        let mut scene = Scene::new(WIDTH, bottom + 42.0 + legend, description);
        for (i, panel) in self.panels.iter().enumerate() {
            let left = 44.0 + i as f64 * (width + gap);
            self.panel(&mut scene, panel, (left, 34.0, left + width, bottom));
        }
        if self.keys.len() > 1 {
            legend::draw(&mut scene, &self.keys, (12.0, bottom + 44.0), WIDTH - 24.0);
        }
        scene
    }

    fn panel(&self, scene: &mut Scene, panel: &CurvePanel, bounds: (f64, f64, f64, f64)) {
        let last = panel
            .lines
            .iter()
            .flat_map(|l| l.points.last())
            .map(|p| p.0)
            .max()
            .unwrap_or(1);
        let epochs = if last <= 1 {
            (0.5, 1.5)
        } else {
            (1.0, f64::from(last))
        };
        let range = padded(range(panel), 0.04);
        let frame = Panel::new(bounds, epochs, range);
        let ticks = crate::draw::axis::ticks(range, 6);
        frame.left_axis(scene, &labelled(ticks));
        let mut ticks = whole_ticks(epochs, 8);
        if last > 1 && !ticks.contains(&1.0) {
            ticks.retain(|t| *t > 1.0);
            ticks.insert(0, 1.0);
        }
        let labels = ticks
            .into_iter()
            .map(|t| (t, format!("{t:.0}")))
            .collect::<Vec<_>>();
        frame.bottom_axis(scene, &labels, false);
        frame.x_name(scene, "completed epochs");
        frame.heading(scene, &panel.name);
        for change in self.phase_changes.iter().filter(|c| **c < last) {
            let x = frame.x.at(f64::from(*change));
            scene.line(vec![(x, bounds.1), (x, bounds.3)], MUTED, 1.0, DOTTED);
        }
        if let [only] = self.phase_changes.as_slice()
            && *only < last
        {
            // At the end of the line that the curves leave free.
            let there = panel
                .lines
                .first()
                .and_then(|l| l.points.iter().find(|p| p.0 == *only));
            let high = there.is_some_and(|(_, s)| s.mean > (range.0 + range.1) / 2.0);
            let y = if high {
                bounds.3 - 6.0
            } else {
                bounds.1 + 10.0
            };
            note(scene, (frame.x.at(f64::from(*only)) + 4.0, y), "next phase");
        }
        for line in panel.lines.iter().rev().filter(|l| !l.style.highlighted) {
            draw(scene, &frame, line);
        }
        for line in panel.lines.iter().rev().filter(|l| l.style.highlighted) {
            draw(scene, &frame, line);
        }
    }
}

fn line(entry: &Entry, measure: &Measure) -> Line {
    // Runs that broke off would make the mean jump where they end, so they count only where no
    // other did better.
    let finished: Vec<&Run> = entry.finished().collect();
    let runs: Vec<&Run> = if finished.is_empty() {
        entry.runs.iter().collect()
    } else {
        finished
    };
    let last = runs
        .iter()
        .flat_map(|r| r.job.epochs.last())
        .map(|e| e.epoch)
        .max()
        .unwrap_or(0);
    let points = (1..=last).filter_map(|epoch| {
        let values: Vec<f64> = runs
            .iter()
            .filter_map(|r| {
                r.job
                    .epochs
                    .iter()
                    .find(|e| e.epoch == epoch)?
                    .values
                    .get(&measure.name)
                    .copied()
            })
            .filter(|v| v.is_finite())
            .map(|v| v * measure.scale())
            .collect();
        Sample::of(&values).map(|s| (epoch, s))
    });
    Line {
        style: entry.style,
        points: points.collect(),
    }
}

fn phase_changes(entry: &Entry) -> Vec<u32> {
    let mut ends = entry.row.member.resolved.train.phase_ends();
    ends.pop();
    ends
}

/// Range of the vertical axis. A run that explodes must not flatten all others: what lies far above
/// most is cut off.
fn range(panel: &CurvePanel) -> (f64, f64) {
    let highlighted = panel
        .lines
        .iter()
        .filter(|l| l.style.highlighted)
        .flat_map(|l| &l.points);
    let bands =
        highlighted.flat_map(|(_, s)| [s.mean - s.sd.unwrap_or(0.0), s.mean + s.sd.unwrap_or(0.0)]);
    let means = panel
        .lines
        .iter()
        .flat_map(|l| &l.points)
        .map(|(_, s)| s.mean);
    let mut values: Vec<f64> = means.chain(bands).filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let Some((low, high)) = extent(values.iter().copied()) else {
        return (0.0, 1.0);
    };
    let most = values[values.len() * 9 / 10];
    (
        low,
        if low >= 0.0 && most > 0.0 && high > 4.0 * most {
            2.0 * most
        } else {
            high
        },
    )
}

fn draw(scene: &mut Scene, frame: &Panel, line: &Line) {
    let Style {
        color,
        dash,
        marker,
        highlighted,
    } = line.style;
    let at = |epoch: u32, v: f64| frame.at(f64::from(epoch), v);
    let mean: Vec<(f64, f64)> = line.points.iter().map(|(e, s)| at(*e, s.mean)).collect();
    if !highlighted {
        scene.line(mean, color, 1.0, SOLID);
        return;
    }
    let edge = |sign: f64| {
        line.points
            .iter()
            .map(move |(e, s)| (*e, s.mean + sign * s.sd.unwrap_or(0.0)))
    };
    if line.points.len() > 1 && line.points.iter().any(|(_, s)| s.sd.is_some()) {
        let points = edge(1.0)
            .chain(edge(-1.0).collect::<Vec<_>>().into_iter().rev())
            .map(|(e, v)| at(e, v))
            .collect();
        scene.items.push(Item::Polygon {
            points,
            color,
            alpha: 0.14,
        });
    }
    let every = (mean.len() / 8).max(1);
    for point in mean.iter().rev().step_by(every) {
        scene.marker(*point, 2.8, marker, color);
    }
    scene.line(mean, color, 1.8, dash);
}
