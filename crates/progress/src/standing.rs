//! How a job stands, in a word, and numbers of jobs by it.

use convsweep_runner::{LockHolder, lock_holder};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::outcome::DAMAGED;
use convsweep_store::{JobProgress, JobState};

/// How a job stands, as far as the database and the running program tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStanding {
    /// It has finished.
    Finished,
    /// Its log is damaged, so that its results do not count.
    Damaged,
    /// A rule pruned it.
    Pruned,
    /// It is being trained.
    Running,
    /// Its run is paused, and will continue with it.
    Paused,
    /// It has not started, or will start again in the present run.
    Waiting,
    /// It was cancelled or interrupted.
    Cancelled,
    /// It has begun, and the program that trained it has ended.
    Begun,
    /// Its last attempt ended with this other outcome.
    Failed(String),
}

/// The program that runs in a results folder, as far as it matters to how jobs stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningProgram {
    /// The program, if there is one.
    pub holder: Option<LockHolder>,
}

/// Numbers of jobs by how they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of all jobs.
    pub jobs: usize,
    /// That have finished.
    pub finished: usize,
    /// Whose log is damaged.
    pub damaged: usize,
    /// That a rule pruned.
    pub pruned: usize,
    /// That are being trained.
    pub running: usize,
    /// That are paused.
    pub paused: usize,
    /// That wait, or have begun under a program that has ended.
    pub waiting: usize,
    /// That were cancelled or interrupted.
    pub cancelled: usize,
    /// That ended in any other way.
    pub failed: usize,
}

impl RunningProgram {
    /// The program that runs in this folder now; takes no lock.
    pub fn of(results: &ResultsFolder) -> RunningProgram {
        RunningProgram {
            holder: lock_holder(results),
        }
    }

    /// How a job stands.
    pub fn standing(&self, job: &JobId, state: &JobState) -> JobStanding {
        let holder = self.holder.as_ref();
        let is_queued = holder.is_some_and(|holder| holder.queued.contains(job));
        let is_paused = holder.is_some_and(|holder| holder.is_paused);
        match state.outcome.as_deref() {
            Some("finished") => JobStanding::Finished,
            Some(DAMAGED) => JobStanding::Damaged,
            // Another experiment may have stopped a job that this run trains.
            Some("stopped") if !is_queued => JobStanding::Pruned,
            Some("cancelled") if is_queued && is_paused => JobStanding::Paused,
            Some(_) if is_queued => JobStanding::Waiting,
            Some("cancelled") => JobStanding::Cancelled,
            Some(other) => JobStanding::Failed(other.to_string()),
            None if state.attempts == 0 => JobStanding::Waiting,
            None if holder.is_some() => JobStanding::Running,
            None => JobStanding::Begun,
        }
    }

    /// How many of the jobs stand how.
    pub fn counts(&self, jobs: &[JobProgress]) -> Counts {
        let mut counts = Counts {
            jobs: jobs.len(),
            ..Counts::default()
        };
        for job in jobs {
            *match self.standing(&job.job, &job.state) {
                JobStanding::Finished => &mut counts.finished,
                JobStanding::Damaged => &mut counts.damaged,
                JobStanding::Pruned => &mut counts.pruned,
                JobStanding::Running => &mut counts.running,
                JobStanding::Paused => &mut counts.paused,
                JobStanding::Waiting | JobStanding::Begun => &mut counts.waiting,
                JobStanding::Cancelled => &mut counts.cancelled,
                JobStanding::Failed(_) => &mut counts.failed,
            } += 1;
        }
        counts
    }
}

impl JobStanding {
    /// One word for tables and JSON.
    pub fn word(&self) -> &str {
        match self {
            JobStanding::Finished => "finished",
            JobStanding::Damaged => "damaged",
            JobStanding::Pruned => "stopped",
            JobStanding::Running => "running",
            JobStanding::Paused => "paused",
            JobStanding::Waiting => "waits",
            JobStanding::Cancelled => "cancelled",
            JobStanding::Begun => "began",
            JobStanding::Failed(outcome) => outcome,
        }
    }

    /// What to do about it, if anything.
    pub fn advice(&self) -> &'static str {
        match self {
            JobStanding::Finished => "nothing is left to do",
            JobStanding::Damaged => {
                "its log is damaged, so its results do not count; \
                `convsweep retry JOB --damaged` trains it again"
            }
            JobStanding::Pruned => {
                "a rule pruned it; `convsweep run FILE --only JOB` trains it to its end"
            }
            JobStanding::Running => "it is being trained; `convsweep watch` follows it",
            JobStanding::Paused => "the run is paused; `convsweep resume` lets it continue",
            JobStanding::Waiting => "the run, or the next run of the file, trains it",
            JobStanding::Cancelled => "the next run of the file continues from its checkpoint",
            JobStanding::Begun => {
                "its program has ended; the next run of the file continues with it"
            }
            JobStanding::Failed(outcome) => failure_advice(outcome),
        }
    }
}

fn failure_advice(outcome: &str) -> &'static str {
    match outcome {
        "diverged" => {
            "it would diverge again: a lower learning rate, or gradient clipping, is another job"
        }
        "out-of-memory" => {
            "the same job needs the same memory: use fewer slots (--slots), or a smaller batch"
        }
        "timed-out" => {
            "the next run of the file continues from its checkpoint; run.time_limit is its limit"
        }
        "disk-full" => {
            "its files could not be written: make room, or mend what its message says, then the next \
            run of the file continues"
        }
        "crashed" | "lost" | "failed" => {
            "the next run of the file tries it again; `convsweep show JOB` has the end of its log"
        }
        _ => "the next run of the file trains it",
    }
}

impl Counts {
    /// The counts that are not zero, such as `3 finished, 1 running, 2 waiting`.
    pub fn words(&self) -> String {
        let counts = [(self.finished, "finished"), (self.failed, "failed")];
        join(&[&counts[..], &self.others()].concat())
    }

    /// As [`Counts::words`], without those that finished or failed.
    pub fn other_words(&self) -> String {
        join(&self.others())
    }

    fn others(&self) -> [(usize, &'static str); 6] {
        [
            (self.damaged, "damaged"),
            (self.pruned, "pruned"),
            (self.running, "running"),
            (self.paused, "paused"),
            (self.cancelled, "cancelled"),
            (self.waiting, "waiting"),
        ]
    }
}

fn join(counts: &[(usize, &str)]) -> String {
    let mut words = Vec::new();
    for (count, word) in counts {
        if *count > 0 {
            words.push(format!("{count} {word}"));
        }
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_runner::ResultsLock;

    fn job(name: &str, outcome: Option<&str>, attempts: u32) -> JobProgress {
        JobProgress {
            job: JobId(name.into()),
            label: String::new(),
            seed: 0,
            fold: None,
            macs: 1_000_000,
            state: JobState {
                attempts,
                outcome: outcome.map(String::from),
                finished: outcome == Some("finished"),
                epoch: 0,
                epochs: 1,
                checkpoint: false,
                detail: String::new(),
            },
        }
    }

    fn jobs() -> Vec<JobProgress> {
        vec![
            job("a", Some("finished"), 1),
            job("b", Some("cancelled"), 1),
            job("c", Some("cancelled"), 1),
            job("d", Some("crashed"), 1),
            job("e", Some("crashed"), 2),
            job("f", None, 1),
            job("g", None, 0),
            job("h", Some("stopped"), 1),
            job("i", Some("damaged"), 1),
        ]
    }

    #[test]
    fn without_a_program_nothing_runs_or_is_paused() {
        let counts = RunningProgram::default().counts(&jobs());
        let words = "1 finished, 2 failed, 1 damaged, 1 pruned, 2 cancelled, 2 waiting";
        assert_eq!(counts.words(), words);
    }

    #[test]
    fn a_run_tells_paused_and_waiting_jobs_from_cancelled_and_failed_ones() {
        let folder = tempfile::tempdir().expect("made");
        let results = ResultsFolder(folder.path().into());
        let mut lock = ResultsLock::acquire(&results).expect("acquired");
        let queued = vec![JobId("b".into()), JobId("d".into())];
        lock.publish(true, queued.clone());
        let counts = RunningProgram::of(&results).counts(&jobs());
        let words = "1 finished, 1 failed, 1 damaged, 1 pruned, 1 running, 1 paused, 1 cancelled, 2 waiting";
        assert_eq!(counts.words(), words);
        lock.publish(false, queued);
        let counts = RunningProgram::of(&results).counts(&jobs());
        let words = "1 damaged, 1 pruned, 1 running, 1 cancelled, 3 waiting";
        assert_eq!(counts.other_words(), words, "it continues");
    }
}
