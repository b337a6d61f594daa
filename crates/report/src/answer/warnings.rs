//! What a reader must know before trusting the comparison: missing and failed jobs, uneven numbers
//! of runs, and different machines.

use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::event::STATE_REFUSED;
use convsweep_spec::words::{bytes, counted};
use std::collections::{BTreeMap, BTreeSet};

/// Labels that a warning lists before it counts the rest.
const LISTED: usize = 4;

/// Warnings, the most serious first.
pub fn warnings(ranking: &Ranking) -> Vec<String> {
    let warnings = [
        jobs_without_result(ranking),
        baseline_without_result(ranking),
        uneven_runs(ranking),
        different_machines(ranking),
        results_without_metric(ranking),
        stopped_with_result(ranking),
        refused_states(ranking),
    ];
    warnings.into_iter().flatten().collect()
}

/// Warnings while jobs still run: those that further results cannot mend.
pub fn warnings_so_far(ranking: &Ranking) -> Vec<String> {
    let warnings = [
        different_machines(ranking),
        results_without_metric(ranking),
        stopped_with_result(ranking),
        refused_states(ranking),
    ];
    warnings.into_iter().flatten().collect()
}

/// That the predictions for all images are more than a report has, which is this number of bytes.
pub fn predictions_warning(ranking: &Ranking, most: u64) -> String {
    format!(
        "The predictions for all images take more than {}, so that this report has no \
        predictions.csv: `convsweep predictions {} > predictions.csv` writes them.",
        bytes(most as f64),
        ranking.revision.experiment
    )
}

/// Runs that the search stopped and that another experiment trained to their end.
fn stopped_with_result(ranking: &Ranking) -> Option<String> {
    let mut labels = Vec::new();
    for configuration in &ranking.configurations {
        let mut runs = configuration.runs.iter();
        if runs.any(|run| run.is_finished() && run.job.was_stopped) {
            labels.push(configuration.label());
        }
    }
    if labels.is_empty() {
        return None;
    }
    Some(format!(
        "A rule of this experiment stopped jobs of {} ({}) that have a result all the same, because \
        another experiment trained them to their end: the ranking counts these results, the search \
        did not.",
        counted(labels.len() as u64, "configuration"),
        list(labels)
    ))
}

/// Runs whose workers refused a training state.
fn refused_states(ranking: &Ranking) -> Option<String> {
    let has_refused = |warning: &String| warning.starts_with(STATE_REFUSED);
    let runs = ranking.runs();
    let refused = runs.filter(|run| run.job.warnings.iter().any(has_refused));
    let jobs: Vec<&str> = refused.map(|run| run.job.job.0.as_str()).collect();
    if jobs.is_empty() {
        return None;
    }
    Some(format!(
        "A training state was damaged or belonged elsewhere and was not used by {} ({}): training \
        went on from an earlier one, which leads to the same result. `convsweep why JOB` names \
        the file.",
        counted(jobs.len() as u64, "job"),
        list(jobs)
    ))
}

/// Jobs that failed or are missing, by outcome.
fn jobs_without_result(ranking: &Ranking) -> Option<String> {
    let mut labels_by_outcome: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for configuration in &ranking.configurations {
        for run in configuration.runs.iter().filter(|r| !r.is_finished()) {
            let outcome = run.job.outcome.as_deref().unwrap_or("not finished yet");
            let labels = labels_by_outcome.entry(outcome).or_default();
            labels.push(configuration.label());
        }
    }
    let missing: usize = labels_by_outcome.values().map(Vec::len).sum();
    if missing == 0 {
        return None;
    }
    let mut parts = Vec::new();
    for (outcome, labels) in labels_by_outcome {
        let count = labels.len();
        parts.push(format!("{count} {outcome} ({})", list(labels)));
    }
    let (verb, left_out) = if missing == 1 {
        ("has", "It is")
    } else {
        ("have", "They are")
    };
    Some(format!(
        "{missing} of {} {verb} no result: {}. {left_out} left out of every mean.",
        counted(ranking.runs().count() as u64, "job"),
        parts.join("; ")
    ))
}

fn baseline_without_result(ranking: &Ranking) -> Option<String> {
    let rank = ranking.baseline?;
    if ranking.ranked == 0 || rank < ranking.ranked {
        return None;
    }
    let label = ranking.configurations[rank].label();
    Some(format!(
        "The baseline, {label}, has no result; all pairs are compared instead."
    ))
}

/// Configurations that are compared over different numbers of runs.
fn uneven_runs(ranking: &Ranking) -> Option<String> {
    let (least, most) = ranking.run_counts()?;
    if least == most {
        return None;
    }
    // In the order of the ranking, not of the alphabet.
    let mut labels = Vec::new();
    for configuration in ranking.with_result() {
        if configuration.score.is_some_and(|score| score.n < most) {
            labels.push(configuration.label());
        }
    }
    Some(format!(
        "Configurations have {least} to {most} runs; those with fewer: {}. Tests pair only the \
         runs that both have.",
        first_few(&labels)
    ))
}

/// Fingerprints that differ between jobs, and whether the difference coincides with the
/// configurations.
fn different_machines(ranking: &Ranking) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut is_confounded = ranking.ranked > 1;
    for configuration in ranking.with_result() {
        let own = fingerprints(configuration);
        is_confounded &= own.len() <= 1;
        seen.extend(own);
    }
    if seen.len() < 2 {
        return None;
    }
    let consequence = if is_confounded {
        "Each configuration ran with one of them only, so part of a difference between \
         configurations may come from the machine or program."
    } else {
        "Differences in the last bits between them are part of the spread."
    };
    Some(format!(
        "Jobs ran with {} different combinations of machine and program: {}. {consequence}",
        seen.len(),
        Vec::from_iter(seen).join("; ")
    ))
}

/// What determined the last bits of a configuration's finished runs.
fn fingerprints(configuration: &RankedConfiguration) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in configuration.finished() {
        if let Some(f) = &run.job.fingerprint {
            found.insert(format!(
                "{} on {} ({}), version {} {}",
                f.backend, f.device, f.instructions, f.version, f.revision
            ));
        }
    }
    found
}

/// Configurations with finished jobs that have no finite value of the metric. Range tests never
/// have one.
fn results_without_metric(ranking: &Ranking) -> Option<String> {
    let mut labels = Vec::new();
    for configuration in &ranking.configurations {
        let lacks_metric = configuration.finished().any(|run| run.value.is_none());
        if lacks_metric && !configuration.is_range_test() {
            labels.push(configuration.label());
        }
    }
    if labels.is_empty() {
        return None;
    }
    Some(format!(
        "Some finished jobs have no finite {}: {}.",
        ranking.metric.words(),
        list(labels)
    ))
}

/// Labels in alphabetical order, each once.
fn list(labels: Vec<&str>) -> String {
    let distinct: BTreeSet<&str> = labels.into_iter().collect();
    first_few(&Vec::from_iter(distinct))
}

/// The first few labels, and how many more there are.
fn first_few(labels: &[&str]) -> String {
    let listed = &labels[..labels.len().min(LISTED)];
    let text = listed.join(", ");
    match labels.len() - listed.len() {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
