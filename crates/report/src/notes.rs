//! What a reader must know before trusting the comparison: missing and failed jobs, differing
//! machines.

use crate::standing::{Entry, Standing};
use std::collections::{BTreeMap, BTreeSet};

/// Warnings, the gravest first.
pub fn warnings(standing: &Standing) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(unfinished(standing));
    if let Some(baseline) = standing
        .baseline
        .filter(|b| *b >= standing.ranked && standing.ranked > 0)
    {
        let label = standing.entries[baseline].label();
        notes.push(format!(
            "The baseline, {label}, has no result; all pairs are compared instead."
        ));
    }
    notes.extend(uneven(standing));
    notes.extend(numerics(standing));
    notes.extend(without_number(standing));
    notes
}

/// Jobs that failed or are missing, by outcome.
fn unfinished(standing: &Standing) -> Option<String> {
    let jobs: usize = standing.entries.iter().map(|e| e.runs.len()).sum();
    let mut by_outcome: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in &standing.entries {
        for run in entry.runs.iter().filter(|r| !r.finished()) {
            let outcome = run.job.outcome.as_deref().unwrap_or("not finished yet");
            by_outcome.entry(outcome).or_default().push(entry.label());
        }
    }
    let missing: usize = by_outcome.values().map(Vec::len).sum();
    if missing == 0 {
        return None;
    }
    let parts: Vec<String> = by_outcome
        .iter()
        .map(|(outcome, labels)| {
            let places: Vec<&str> = labels
                .iter()
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            format!("{} {outcome} ({})", labels.len(), few(&places))
        })
        .collect();
    Some(format!(
        "{missing} of {jobs} jobs have no result: {}. They are left out of every mean.",
        parts.join("; ")
    ))
}

/// Configurations that are compared over differing numbers of runs.
fn uneven(standing: &Standing) -> Option<String> {
    let counts: Vec<usize> = standing
        .ranking()
        .iter()
        .filter_map(|e| e.score.map(|s| s.n))
        .collect();
    let (least, most) = (counts.iter().min()?, counts.iter().max()?);
    let below: Vec<&str> = standing
        .ranking()
        .iter()
        .filter(|e| e.score.is_some_and(|s| s.n < *most))
        .map(Entry::label)
        .collect();
    (least < most).then(|| {
        format!("Configurations have {least} to {most} runs; those with fewer: {}. Tests pair only the runs that both have.", few(&below))
    })
}

/// Differing fingerprints, and whether they go with the configurations.
fn numerics(standing: &Standing) -> Option<String> {
    let mut seen: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut mixed = false;
    for (rank, entry) in standing.ranking().iter().enumerate() {
        let own: BTreeSet<String> = entry
            .finished()
            .filter_map(|r| r.job.fingerprint.as_ref())
            .map(|f| {
                format!(
                    "{} on {} ({}), version {} {}",
                    f.backend, f.device, f.instructions, f.version, f.revision
                )
            })
            .collect();
        mixed |= own.len() > 1;
        for print in own {
            seen.entry(print).or_default().insert(rank);
        }
    }
    if seen.len() < 2 {
        return None;
    }
    let list = seen.keys().cloned().collect::<Vec<_>>().join("; ");
    let confounded = !mixed && standing.ranked > 1;
    let end = if confounded {
        " Each configuration ran on one of them only, so part of a difference between configurations may come from the machine or program."
    } else {
        " Differences in the last bits between them are part of the spread."
    };
    Some(format!(
        "Jobs ran under {} different numerics: {list}.{end}",
        seen.len()
    ))
}

/// Finished jobs without a finite value.
fn without_number(standing: &Standing) -> Option<String> {
    if standing
        .entries
        .iter()
        .all(|e| e.row.member.resolved.task.range_test().is_some())
    {
        return None;
    }
    let labels: BTreeSet<&str> = standing
        .entries
        .iter()
        .filter(|e| e.finished().any(|r| r.value.is_none()))
        .map(Entry::label)
        .collect();
    let labels: Vec<&str> = labels.into_iter().collect();
    (!labels.is_empty()).then(|| {
        format!(
            "Some finished jobs have no finite {}: {}.",
            standing.measure.words(),
            few(&labels)
        )
    })
}

/// The first few names of a list.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        format!("{shown} and {} more", names.len() - SHOWN)
    } else {
        shown
    }
}
