//! Which configurations share a schedule.

use super::courses::RateCourse;
use crate::draw::style::{SeriesStyle, series_styles};
use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::log::AxisValue;

/// Learning rates over the epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningRates {
    /// The distinct schedules, that of the best configuration first.
    pub schedules: Vec<SharedSchedule>,
}

/// The learning rates of configurations with the same schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedSchedule {
    /// What these configurations have in common.
    pub name: String,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// The rates.
    pub course: RateCourse,
}

impl LearningRates {
    /// Groups the configurations by their rates; `None` if none were recorded.
    pub fn new(ranking: &Ranking) -> Option<LearningRates> {
        let mut groups: Vec<(RateCourse, Vec<&RankedConfiguration>)> = Vec::new();
        for configuration in &ranking.configurations {
            let Some(course) = RateCourse::of(configuration) else {
                continue;
            };
            match groups.iter_mut().find(|(group, _)| *group == course) {
                Some((_, members)) => members.push(configuration),
                None => groups.push((course, vec![configuration])),
            }
        }
        let styles = series_styles(groups.len(), None);
        let mut schedules = Vec::new();
        for ((course, members), style) in groups.into_iter().zip(styles) {
            schedules.push(SharedSchedule {
                name: common_name(ranking, &members),
                style,
                course,
            });
        }
        (!schedules.is_empty()).then_some(LearningRates { schedules })
    }

    /// Whether every rate is that of a single step.
    pub fn is_by_step(&self) -> bool {
        self.schedules
            .iter()
            .all(|schedule| schedule.course.by_step)
    }
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
