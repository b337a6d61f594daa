//! The learning rate of every step, one line for all configurations with the same schedule.

mod courses;
mod drawing;
mod schedules;

pub use courses::{RateCourse, RatePoint};
pub use schedules::{LearningRates, SharedSchedule};

use super::chart::{Chart, ChartData};
use crate::draw::numbers::short;

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(rates) = LearningRates::new(data.ranking) else {
        return Vec::new();
    };
    let origin = if rates.is_by_step() {
        "The rate that the optimizer used at every step, by the schedules and phases of the \
         experiment file."
    } else {
        "The rate at the end of each epoch, as recorded; where the recorded rates are not those of \
         the file's schedule, those within an epoch are unknown."
    };
    let caption = format!("{origin} Configurations with the same rates share a line.");
    let title = "Which learning rate did each step use?";
    let chart = Chart::new("learning-rate", title, caption, drawing::scene(&rates));
    vec![chart.saying(figures(&rates))]
}

/// First, highest and last rate of each schedule in words.
fn figures(rates: &LearningRates) -> String {
    let mut parts = Vec::with_capacity(rates.schedules.len());
    for schedule in &rates.schedules {
        let points = &schedule.course.points;
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            parts.push(format!(
                "{}: first {}, highest {}, last {} after {} epochs",
                schedule.name,
                short(first.rate),
                short(schedule.course.highest()),
                short(last.rate),
                short(last.epochs)
            ));
        }
    }
    format!("{}.", parts.join("; "))
}
