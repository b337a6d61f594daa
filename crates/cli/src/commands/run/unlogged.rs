//! What only the database still knows of an experiment, because its log was cut or replaced.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_runner::ExperimentLog;
use convsweep_spec::words::counted;
use convsweep_store::Database;
use std::collections::HashMap;

/// What the experiment's log held when the database last read it, and no longer holds.
#[derive(Debug, Default)]
pub struct Unlogged {
    /// Number of decisions about jobs.
    decisions: u64,
    /// Number of those that repeat a decision which the log still holds: the search writes them
    /// again.
    repeated: u64,
    /// Whether a stage had chosen.
    pub choices: bool,
    /// The newest revision that the database has.
    pub revision: u32,
}

impl Unlogged {
    /// Compares the database with the log of the experiment `name`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn of(database: Option<&Database>, log: &ExperimentLog, name: &str) -> Result<Unlogged> {
        let mut unlogged = Unlogged::default();
        let Some(database) = database else {
            return Ok(unlogged);
        };
        if let Some(read) = database.revision(name).code(Exit::Results)? {
            let newest = log.revision();
            let held = newest.map_or(&[][..], |newest| &newest.decisions);
            unlogged.revision = read.revision;
            unlogged.choices = newest.is_none_or(|newest| newest.revision < read.revision)
                && read.decisions.iter().any(|choice| !held.contains(choice));
        }
        let mut held: HashMap<(&str, &str, &str, u32), u64> = HashMap::new();
        for decision in log.history().decisions() {
            let verdict = decision.verdict.name();
            let key = (&*decision.job.0, &*decision.rule, verdict, decision.epoch);
            *held.entry(key).or_default() += 1;
        }
        let announced = log.history().announced();
        let read = database.experiment_decisions(name).code(Exit::Results)?;
        for (job, read) in &read {
            let key = (&*job.0, &*read.rule, &*read.verdict, read.epoch);
            match held.get_mut(&key) {
                Some(count) if *count > 0 => *count -= 1,
                Some(_) | None => {
                    unlogged.decisions += 1;
                    unlogged.repeated += u64::from(announced.contains(job));
                }
            }
        }
        Ok(unlogged)
    }

    /// Whether decisions are lost that the search would not write again by itself.
    pub fn lacks_decisions(&self) -> bool {
        self.decisions > self.repeated
    }

    /// Whether the log lacks any decision that the database has.
    pub fn has_decisions(&self) -> bool {
        self.decisions > 0
    }

    /// What is lost, in words.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if self.lacks_decisions() {
            words.push(counted(self.decisions - self.repeated, "decision"));
        }
        if self.choices {
            words.push("the choice of a stage".to_string());
        }
        words.join(" and ")
    }
}
