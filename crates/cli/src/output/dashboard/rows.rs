//! The rows that each pane shows, in the order and by the filter that a person asks for.

use super::pane::WatchPane;
use super::state::{WatchedFailure, WatchedJob, WatchedStanding, WatchedState};
use super::view::WatchView;
use std::cmp::Ordering;

/// Jobs that are shown: in the overview those that are being trained or are paused.
pub fn jobs<'a>(state: &'a WatchedState, view: &WatchView) -> Vec<&'a WatchedJob> {
    let is_overview = view.pane == WatchPane::Overview;
    let is_active = |job: &&WatchedJob| !job.device.is_empty() || job.standing == "paused";
    let jobs = state.jobs.iter();
    let mut jobs: Vec<&WatchedJob> = jobs.filter(|job| !is_overview || is_active(job)).collect();
    if !view.filter.is_empty() {
        jobs.retain(|job| view.shows(&format!("{} {} {}", job.name, job.standing, job.device)));
    }
    match view.order() {
        "standing" => jobs.sort_by_key(|job| &job.standing),
        "progress" => jobs.sort_by(|a, b| progress(b).total_cmp(&progress(a))),
        "value" => jobs.sort_by(|a, b| by_value(b, a)),
        "name" => jobs.sort_by_key(|job| &job.name),
        _ => {}
    }
    turned(jobs, view)
}

/// Share of its epochs that a job has completed.
fn progress(job: &WatchedJob) -> f64 {
    f64::from(job.epoch) / f64::from(job.epochs.max(1))
}

/// By the newest values; without one a job comes first.
fn by_value(a: &WatchedJob, b: &WatchedJob) -> Ordering {
    match (a.curve.last(), b.curve.last()) {
        (Some(a), Some(b)) => a.total_cmp(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Configurations that are shown.
pub fn standings<'a>(state: &'a WatchedState, view: &WatchView) -> Vec<&'a WatchedStanding> {
    let mut rows: Vec<&WatchedStanding> = state.standings.iter().collect();
    if !view.filter.is_empty() {
        rows.retain(|row| view.shows(&row.label));
    }
    if view.pane != WatchPane::Leaderboard {
        return rows;
    }
    match view.order() {
        "name" => rows.sort_by_key(|row| &row.label),
        "runs" => rows.sort_by_key(|row| std::cmp::Reverse(row.runs.0)),
        _ => {}
    }
    turned(rows, view)
}

/// Failures that are shown.
pub fn failures<'a>(state: &'a WatchedState, view: &WatchView) -> Vec<&'a WatchedFailure> {
    let mut rows: Vec<&WatchedFailure> = state.failures.iter().collect();
    if !view.filter.is_empty() {
        rows.retain(|row| view.shows(&format!("{} {} {}", row.name, row.outcome, row.detail)));
    }
    if view.pane != WatchPane::Failures {
        return rows;
    }
    match view.order() {
        "name" => rows.sort_by_key(|row| &row.name),
        "outcome" => rows.sort_by_key(|row| &row.outcome),
        _ => {}
    }
    turned(rows, view)
}

fn turned<T>(mut rows: Vec<T>, view: &WatchView) -> Vec<T> {
    if view.is_reversed() {
        rows.reverse();
    }
    rows
}
