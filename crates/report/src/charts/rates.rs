//! The learning rate's course, once for each course that some configuration has.

use super::{Chart, WIDTH};
use crate::draw::axis::{self, Panel, extent, labelled, padded, ticks, whole_ticks};
use crate::draw::color::{Style, styles};
use crate::draw::legend::{self, Key};
use crate::draw::scene::Scene;
use crate::standing::{Entry, Standing};
use convsweep_spec::log::AxisValue;
use convsweep_spec::metric::LEARNING_RATE;

/// Courses of the learning rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// The courses, that of the best configuration first.
    pub courses: Vec<Course>,
}

/// One course.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What the configurations with this course have in common.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Learning rate of each epoch, from the first.
    pub rates: Vec<f64>,
}

/// The chart; `None` where no rate has been recorded.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let rates = Rates::new(standing)?;
    Some(Chart {
        name: "learning-rate".into(),
        title: "Learning rate".into(),
        caption: "As recorded while training; configurations with the same course share a line."
            .into(),
        scene: rates.scene(),
    })
}

impl Rates {
    /// Groups the configurations by the course that was recorded.
    pub fn new(standing: &Standing) -> Option<Rates> {
        let mut groups: Vec<(Vec<f64>, Vec<&Entry>)> = Vec::new();
        for entry in &standing.entries {
            let course = course(entry);
            if course.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|(c, _)| *c == course) {
                Some((_, members)) => members.push(entry),
                None => groups.push((course, vec![entry])),
            }
        }
        let styles = styles(groups.len(), None);
        let courses = groups.into_iter().zip(styles);
        let courses: Vec<Course> = courses
            .map(|((rates, members), style)| Course {
                name: name(standing, &members),
                style,
                rates,
            })
            .collect();
        (!courses.is_empty()).then_some(Rates { courses })
    }

    /// Draws the courses as steps.
    pub fn scene(&self) -> Scene {
        let mut keys: Vec<Key> = self
            .courses
            .iter()
            .filter(|c| c.style.highlighted)
            .map(|c| Key {
                name: c.name.clone(),
                style: c.style,
                line: true,
            })
            .collect();
        if let Some(other) = self.courses.iter().find(|c| !c.style.highlighted) {
            let others = self.courses.len() - keys.len();
            keys.push(Key {
                name: format!("{others} others"),
                style: other.style,
                line: true,
            });
        }
        let legend = if self.courses.len() > 1 {
            legend::height(&keys, WIDTH - 24.0) + 10.0
        } else {
            0.0
        };
        let bounds = (62.0, 34.0, WIDTH - 16.0, 214.0);
        let mut scene = Scene::new(WIDTH, bounds.3 + 42.0 + legend, "Learning rate by epoch");
        let (low, high) =
            extent(self.courses.iter().flat_map(|c| c.rates.iter().copied())).unwrap_or((0.0, 1.0));
        let log = low > 0.0 && high / low > 8.0;
        let range = if log {
            (low / 1.5, high * 1.5)
        } else {
            padded((low.min(high * 0.5).max(0.0), high), 0.08)
        };
        let last = self
            .courses
            .iter()
            .map(|c| c.rates.len())
            .max()
            .unwrap_or(1) as f64;
        let mut frame = Panel::new(bounds, (0.0, last), range);
        frame.y.log = log;
        let labels = if log {
            axis::log_ticks(range)
                .into_iter()
                .map(|v| (v, axis::short(v)))
                .collect()
        } else {
            labelled(ticks(range, 5))
        };
        frame.left_axis(&mut scene, &labels);
        let epochs: Vec<_> = whole_ticks((0.0, last), 10)
            .into_iter()
            .map(|t| (t, format!("{t:.0}")))
            .collect();
        frame.bottom_axis(&mut scene, &epochs, false);
        frame.x_name(&mut scene, "completed epochs");
        frame.heading(
            &mut scene,
            if log {
                "learning rate (logarithmic)"
            } else {
                "learning rate"
            },
        );
        for course in self.courses.iter().rev() {
            let points = course
                .rates
                .iter()
                .enumerate()
                .flat_map(|(e, r)| [(e as f64, *r), (e as f64 + 1.0, *r)]);
            let width = if course.style.highlighted { 1.8 } else { 1.0 };
            let points: Vec<_> = points.map(|(e, r)| frame.at(e, r)).collect();
            if course.style.highlighted && course.rates.len() > 1 {
                for i in (1..points.len()).step_by((points.len() / 12).max(1) * 2) {
                    scene.marker(points[i], 2.8, course.style.marker, course.style.color);
                }
            }
            scene.line(points, course.style.color, width, course.style.dash);
        }
        if self.courses.len() > 1 {
            legend::draw(&mut scene, &keys, (12.0, bounds.3 + 44.0), WIDTH - 24.0);
        }
        scene
    }
}

/// Rates of the longest run.
fn course(entry: &Entry) -> Vec<f64> {
    let longest = entry.runs.iter().max_by_key(|r| r.job.epochs.len());
    longest.map_or(Vec::new(), |r| {
        r.job
            .epochs
            .iter()
            .filter_map(|e| e.values.get(LEARNING_RATE).copied())
            .collect()
    })
}

/// The axis values that all members share and others do not; else the first member's label and how
/// many more.
fn name(standing: &Standing, members: &[&Entry]) -> String {
    let has = |e: &Entry, v: &AxisValue| {
        e.row
            .member
            .values
            .iter()
            .any(|o| o.path == v.path && o.label == v.label)
    };
    let first = members[0];
    let shared: Vec<String> = first
        .row
        .member
        .values
        .iter()
        .filter(|v| {
            members.iter().all(|e| has(e, v)) && !standing.entries.iter().all(|e| has(e, v))
        })
        .map(|v| {
            let axis = standing.revision.axes.iter().find(|a| a.path == v.path);
            format!(
                "{}={}",
                axis.map_or(v.path.as_str(), |a| a.name.as_str()),
                v.label
            )
        })
        .collect();
    match (shared.is_empty(), members.len()) {
        (false, n) if n > 1 => shared.join(" "),
        (_, 1) => first.label().to_string(),
        (_, n) => format!("{} and {} more", first.label(), n - 1),
    }
}
