//! The experiments of the results folder.

use super::layout::{PageContent, PageSection};
use crate::address::experiment_path;
use crate::feed::FeedError;
use convsweep_progress::RunningProgram;
use convsweep_spec::words::{counted, duration};
use convsweep_store::{Database, ExperimentSummary, JobMark};
use maud::{Markup, html};
use std::time::{SystemTime, UNIX_EPOCH};

/// The experiments called `names`, or all if none is.
///
/// # Errors
/// If the database cannot be read.
pub fn overview_page(
    database: &Database,
    program: &RunningProgram,
    names: &[String],
) -> Result<PageContent, FeedError> {
    let mut experiments = database.experiments()?;
    experiments.retain(|experiment| names.is_empty() || names.contains(&experiment.name));
    experiments.sort_by(|a, b| b.updated.total_cmp(&a.updated));
    let mut rows = Vec::with_capacity(experiments.len());
    for experiment in experiments {
        let marks = database.job_marks(&experiment.name)?;
        let best = database.leaderboard(&experiment.name, 1)?;
        let best = best.into_iter().next().map(|best| best.label);
        let marks: Vec<JobMark> = marks.into_iter().map(|(_, mark)| mark).collect();
        rows.push(row(&experiment, &marks, best, program.holder.is_some()));
    }
    let content = html! {
        header {
            h1 { "Experiments" }
            p class="question" {
                @match &program.holder {
                    Some(holder) => { "Running: " (holder) @if holder.is_paused { ", paused" } },
                    None => { "Nothing is running." },
                }
            }
        }
        section {
            @if rows.is_empty() {
                p { "There are no experiments here yet. " code { "convsweep run FILE" } " makes one." }
            } @else {
                div class="wide" tabindex="0" role="group" aria-label="experiments" {
                    table class="experiments" {
                        thead { tr {
                            th scope="col" { "experiment" }
                            th scope="col" { "question" }
                            th scope="col" { "jobs" }
                            th scope="col" { "best so far" }
                            th scope="col" { "last changed" }
                        } }
                        tbody { @for row in &rows { (row) } }
                    }
                }
            }
        }
    };
    Ok(PageContent {
        title: "Experiments".into(),
        path: vec![],
        sections: vec![PageSection::live("experiments", content)],
    })
}

fn row(
    experiment: &ExperimentSummary,
    marks: &[JobMark],
    best: Option<String>,
    is_running: bool,
) -> Markup {
    let finished = marks.iter().filter(|mark| mark.is_finished()).count();
    let failed = marks.iter().filter(|mark| mark.has_failed()).count();
    let begun = marks.iter().filter(|mark| mark.is_open()).count();
    let mut words = vec![format!("{finished} of {} finished", marks.len())];
    if failed > 0 {
        words.push(format!("{failed} not"));
    }
    if begun > 0 {
        let state = if is_running { "running" } else { "begun" };
        words.push(format!("{begun} {state}"));
    }
    let configurations = counted(experiment.configurations.into(), "configuration");
    html! {
        tr {
            td { a href=(experiment_path(&experiment.name)) { (experiment.name) } }
            td { (experiment.question.as_deref().unwrap_or("–")) }
            td {
                progress value=(finished) max=(marks.len().max(1)) aria-label="finished jobs" {}
                br;
                (words.join(", ")) br; span class="muted" { (configurations) }
            }
            td { (best.as_deref().unwrap_or("–")) }
            td { (duration(seconds_since(experiment.updated))) " ago" }
        }
    }
}

/// Seconds since a time in seconds since 1970-01-01 UTC; 0 where a clock was set back.
fn seconds_since(time: f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    (now.unwrap_or_default().as_secs_f64() - time).max(0.0)
}
