//! What was compared: the configurations, their seeds and folds, and the programs that trained
//! them.

use super::prose::{count, range};
use crate::ranking::{RankedRun, Ranking};
use crate::tables::escaped;
use convsweep_spec::words::{listed_with, thousands};
use std::collections::{BTreeMap, BTreeSet};

/// More seeds, or values of an axis, than this are not listed.
const MOST_LISTED: usize = 12;

/// The configurations and what they differ by.
pub(super) fn sentences(ranking: &Ranking) -> Vec<String> {
    let configurations = ranking.configurations.len() as u64;
    let axes = ranking.revision.axes.iter().map(|axis| {
        let labels = match axis.labels.len() > MOST_LISTED {
            true => count(axis.labels.len() as u64, "value"),
            false => escaped(&axis.labels.join("; ")),
        };
        format!("{} ({labels})", escaped(&axis.name))
    });
    let axes = Vec::from_iter(axes);
    let mut sentences = vec![match axes.is_empty() {
        true => format!(
            "The experiment has {}.",
            count(configurations, "configuration")
        ),
        false => format!(
            "The experiment compares {} that differ in {}.",
            count(configurations, "configuration"),
            listed_with(&axes, "and")
        ),
    }];
    for choice in &ranking.revision.decisions {
        let (stage, label) = (escaped(&choice.stage), escaped(&choice.label));
        sentences.push(format!(
            "An earlier stage, {stage}, chose {label} by its validation results, from which the \
             next one goes on."
        ));
    }
    sentences.extend(runs(ranking));
    sentences.extend(not_finished(ranking));
    sentences
}

/// How often each configuration was trained.
fn runs(ranking: &Ranking) -> Option<String> {
    let planned = range(ranking.configurations.iter().map(|c| c.runs.len() as u64))?;
    let seeds: BTreeSet<u64> = ranking.runs().map(|run| run.job.seed).collect();
    let listed: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let listed = match (listed.as_slice(), listed.len() > MOST_LISTED) {
        ([], _) => return None,
        ([one], _) => format!("seed {one}"),
        ([first, .., last], true) => {
            format!(
                "{} seeds from {first} to {last}",
                thousands(seeds.len() as u64)
            )
        }
        (all, false) => format!("seeds {}", listed_with(all, "and")),
    };
    let times = if planned == "1" { "time" } else { "times" };
    let folds = match ranking.unit.has_folds() {
        true => ", once for each fold and seed",
        false => "",
    };
    Some(format!(
        "Each was planned to be trained {planned} {times}{folds} ({listed}); the seed decides all \
         random numbers of a training."
    ))
}

/// Jobs without a result, and why.
fn not_finished(ranking: &Ranking) -> Option<String> {
    let jobs = ranking.runs().count();
    let finished = ranking.finished_jobs();
    if jobs == finished {
        return None;
    }
    let mut others: BTreeMap<&str, u64> = BTreeMap::new();
    for run in ranking.runs().filter(|run| !run.is_finished()) {
        *others.entry(reason(run)).or_default() += 1;
    }
    let others = others
        .iter()
        .map(|(reason, n)| format!("{} {reason}", thousands(*n)));
    Some(format!(
        "Of {} jobs {} finished ({}).",
        thousands(jobs as u64),
        thousands(finished as u64),
        listed_with(&Vec::from_iter(others), "and")
    ))
}

fn reason(run: &RankedRun) -> &'static str {
    match run.job.outcome.as_deref() {
        Some("diverged") => "diverged",
        Some("stopped") => "stopped by a rule of the experiment",
        None | Some("cancelled") => "not trained to the end",
        Some(_) => "failed",
    }
}

/// The programs and devices that trained.
pub(super) fn programs(ranking: &Ranking) -> Option<String> {
    let mut programs = BTreeSet::new();
    for run in ranking.runs().filter(|run| run.is_finished()) {
        let Some(print) = &run.job.fingerprint else {
            continue;
        };
        programs.insert(escaped(&format!(
            "Convsweep {} (revision {}) with the backend {} on {} ({})",
            print.version, print.revision, print.backend, print.device, print.instructions
        )));
    }
    let programs = Vec::from_iter(programs);
    (!programs.is_empty()).then(|| {
        format!(
            "The networks were trained by {}.",
            listed_with(&programs, "and")
        )
    })
}
