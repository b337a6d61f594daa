//! An experiment: the question and its answer, what is running, curves, the leaderboard, the charts,
//! what failed; and, once everything has ended, the rest of the report.

use super::compared::compared;
use super::curve_panel::curve_panel;
use super::failures::failures;
use super::layout::{PageContent, PageSection};
use super::leaderboard::leaderboard;
use super::stored_report::{StoredReport, stored_report};
use crate::address::{experiment_path, job_path};
use crate::curves::{PageCurves, chosen_lines};
use crate::feed::{Feed, FeedError, Sweep};
use crate::view::View;
use convsweep_progress::JobInTraining;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::metric;
use convsweep_spec::words::{counted, duration};
use maud::{Markup, PreEscaped, html};

/// The page of an experiment.
///
/// # Errors
/// If there is no such experiment, or the database cannot be read.
pub fn experiment_page(
    feed: &Feed,
    results: &ResultsFolder,
    name: &str,
    view: &View,
) -> Result<PageContent, FeedError> {
    let sweep = feed.sweep(name)?;
    let metrics = recorded_metrics(feed, &sweep)?;
    let report = match sweep.state.is_at_rest() && !sweep.is_report_behind {
        true => stored_report(
            results,
            name,
            feed.with(|database, _| Ok(database.newest_end(name)?))?,
        ),
        false => StoredReport::None,
    };
    let charts = match &report {
        StoredReport::Sections(_) => Markup::default(),
        StoredReport::None | StoredReport::TooLarge => charts(&sweep),
    };
    let sections = vec![
        PageSection::live("status", status(&sweep, &report)),
        PageSection::live("answer", answer(&sweep)),
        PageSection::live("running", running(&sweep.state.running)),
        PageSection::fixed("curves", curve_panel(&sweep, &metrics, view)),
        PageSection::live("leaderboard", leaderboard(&sweep, view)),
        PageSection::live("compared", compared(&sweep.report, view)),
        PageSection::live("failures", failures(&sweep.failures)),
        PageSection::live("charts", charts),
        PageSection::live("rest", rest(&report)),
    ];
    Ok(PageContent {
        title: name.to_string(),
        path: vec![(experiment_path(name), name.to_string())],
        sections,
    })
}

/// The curves of an experiment that a view shows.
///
/// # Errors
/// As [`experiment_page`].
pub fn experiment_curves(feed: &Feed, name: &str, view: &View) -> Result<PageCurves, FeedError> {
    let sweep = feed.sweep(name)?;
    let lines = chosen_lines(&sweep, view);
    let own = &sweep.report.metric.name;
    let metric = view.metric.as_ref().unwrap_or(own);
    feed.with(|database, cache| PageCurves::read((database, cache), &lines, metric, view))
}

/// The metrics that jobs of the sweep record.
fn recorded_metrics(feed: &Feed, sweep: &Sweep) -> Result<Vec<String>, FeedError> {
    let begun = sweep.state.jobs.iter().find(|job| job.state.epoch > 0);
    let mut names = match begun {
        Some(job) => feed.with(|database, _| Ok(database.metric_names(&job.job)?))?,
        None => metric::ALL.map(String::from).to_vec(),
    };
    let own = &sweep.report.metric.name;
    if !names.contains(own) {
        names.push(own.clone());
    }
    Ok(names)
}

fn status(sweep: &Sweep, report: &StoredReport) -> Markup {
    let state = &sweep.state;
    let counts = &state.counts;
    let ended = state.ended();
    let left = state.seconds_left().map(duration);
    html! {
        header {
            h1 { (state.name) }
            @if let Some(question) = &sweep.report.question { p class="question" { (question) } }
            p class="status" {
                progress value=(ended) max=(counts.jobs.max(1)) aria-label="ended jobs" {}
                " " (counts.words()) " of " (counted(counts.jobs as u64, "job"))
                @if let Some(left) = left { " · about " (left) " left" }
            }
            p class="muted" {
                @match &state.program.holder {
                    Some(holder) if holder.is_paused => { "Paused: " (holder) ". " code { "convsweep resume" } " lets it continue." },
                    Some(holder) => { "Running: " (holder) "." },
                    None => { "Nothing is running." },
                }
                @match report {
                    StoredReport::Sections(_) => { " " a href="report" { "The report as one file" } },
                    StoredReport::TooLarge => { " " a href="report" { "The report" } " is too large to be shown within this page." },
                    StoredReport::None => {},
                }
            }
        }
    }
}

fn answer(sweep: &Sweep) -> Markup {
    html! {
        (sweep.report.answer)
        @if sweep.is_report_behind {
            p class="muted behind" role="status" { "More jobs have ended; what they say is being computed." }
        }
    }
}

fn running(jobs: &[JobInTraining]) -> Markup {
    if jobs.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            h2 { "Running" }
            div class="wide" tabindex="0" role="group" aria-label="running jobs" {
                table class="running" {
                    thead { tr {
                        th scope="col" { "device" }
                        th scope="col" { "job" }
                        th scope="col" { "epochs" }
                        th scope="col" { "last value" }
                        th scope="col" { "curve" }
                    } }
                    tbody { @for job in jobs { (running_row(job)) } }
                }
            }
        }
    }
}

fn running_row(job: &JobInTraining) -> Markup {
    html! {
        tr {
            td { (job.device) }
            td { a href=(job_path(&JobId(job.job.clone()))) { (job.name()) } }
            td {
                progress value=(job.epoch) max=(job.epochs.max(1)) aria-label="completed epochs" {}
                " " (job.epoch) " of " (job.epochs)
            }
            td { @match job.curve.last() { Some(value) => { (format!("{value:.4}")) }, None => { "–" } } }
            td { (sparkline(&job.curve)) }
        }
    }
}

/// A small curve; what it shows is in the cell before it.
fn sparkline(values: &[f64]) -> Markup {
    const WIDTH: f64 = 120.0;
    const HEIGHT: f64 = 24.0;
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if finite.len() < 2 {
        return Markup::default();
    }
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut points = String::new();
    for (i, value) in finite.iter().enumerate() {
        let x = WIDTH * i as f64 / (finite.len() - 1) as f64;
        let y = HEIGHT - 2.0 - (HEIGHT - 4.0) * (value - low) / (high - low).max(1e-12);
        points += &format!("{x:.1},{y:.1} ");
    }
    html! {
        svg class="spark" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) aria-hidden="true" {
            polyline points=(points.trim_end()) fill="none" stroke="currentColor" stroke-width="1.5" {}
        }
    }
}

fn charts(sweep: &Sweep) -> Markup {
    html! {
        @for chart in &sweep.report.charts {
            section id=(chart.name) {
                h2 { (chart.title) }
                figure {
                    div class="picture" tabindex="0" role="group" aria-label=(chart.title) {
                        (PreEscaped(&chart.svg))
                    }
                    figcaption { (chart.caption) }
                }
            }
        }
        @if !sweep.report.charts.is_empty() {
            (sweep.report.comparisons) (sweep.report.details) (sweep.report.stages)
        }
    }
}

fn rest(report: &StoredReport) -> Markup {
    match report {
        StoredReport::Sections(sections) => PreEscaped(sections.clone()),
        StoredReport::None | StoredReport::TooLarge => Markup::default(),
    }
}
