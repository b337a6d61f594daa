//! The jobs of a run: which are pending, running and finished, and when all of them will be done.

use convsweep_runner::estimate::{RunningJob, Workload};
use convsweep_spec::id::JobId;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// In runs of more jobs than this, the time left is not estimated again within [`FRESH`].
const MANY: usize = 100;
/// How long an estimate of the time left may be used.
const FRESH: Duration = Duration::from_millis(250);

/// What is known of a job before the run.
#[derive(Clone, Debug)]
pub struct JobInfo {
    /// Configuration and seed, as shown to the user.
    pub label: String,
    /// Its work, in a unit common to all jobs.
    pub work: f64,
    /// Its epochs.
    pub epochs: u32,
}

/// A job that is being trained.
pub struct RunningEntry {
    pub job: JobId,
    pub since: Instant,
    /// Share of the job that was done when the attempt started.
    pub from: f64,
    /// Share of the job that is done.
    pub done: f64,
    /// When a line about it was shown last.
    pub last_line: Instant,
    /// Its newest metrics.
    pub metrics: BTreeMap<String, f64>,
}

/// The jobs of a run.
pub struct JobTable {
    /// Each job's place in the order, and what is known of it.
    jobs: HashMap<JobId, (usize, JobInfo)>,
    /// Work of the pending jobs, in the order in which they will start.
    pending: BTreeMap<usize, f64>,
    /// Running jobs by slot.
    running: BTreeMap<usize, RunningEntry>,
    finished: usize,
    /// Work of all finished jobs, and the seconds they took.
    spent: (f64, f64),
    slots: usize,
    /// When the time left was estimated last, and the estimate.
    estimate: Cell<Option<(Instant, Option<f64>)>>,
}

impl JobTable {
    /// Jobs in the order in which they will start.
    pub fn new(jobs: Vec<(JobId, JobInfo)>, slots: usize) -> JobTable {
        let mut table = JobTable {
            jobs: HashMap::with_capacity(jobs.len()),
            pending: BTreeMap::new(),
            running: BTreeMap::new(),
            finished: 0,
            spent: (0.0, 0.0),
            slots,
            estimate: Cell::new(None),
        };
        for (place, (id, info)) in jobs.into_iter().enumerate() {
            table.pending.insert(place, info.work);
            table.jobs.insert(id, (place, info));
        }
        table
    }

    /// Number of jobs.
    pub fn total(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there are too many to report each of them.
    pub fn has_many(&self) -> bool {
        self.total() > MANY
    }

    /// Number of jobs that have finished in this run.
    pub fn finished(&self) -> usize {
        self.finished
    }

    /// How messages refer to the job.
    pub fn label(&self, job: &JobId) -> String {
        match self.jobs.get(job) {
            Some((_, info)) => info.label.clone(),
            None => job.to_string(),
        }
    }

    /// The job will start again.
    pub fn is_pending(&mut self, job: &JobId) {
        if let Some((place, info)) = self.jobs.get(job) {
            self.pending.insert(*place, info.work);
        }
    }

    /// The job will not start again.
    pub fn is_not_pending(&mut self, job: &JobId) {
        if let Some((place, _)) = self.jobs.get(job) {
            self.pending.remove(place);
        }
    }

    /// The job has started on a slot.
    pub fn started(&mut self, slot: usize, job: &JobId) {
        self.is_not_pending(job);
        let now = Instant::now();
        let entry = RunningEntry {
            job: job.clone(),
            since: now,
            from: 0.0,
            done: 0.0,
            last_line: now,
            metrics: BTreeMap::new(),
        };
        self.running.insert(slot, entry);
    }

    /// The slot and entry of a running job.
    pub fn running(&mut self, job: &JobId) -> Option<(usize, &mut RunningEntry)> {
        let mut all = self.running.iter_mut();
        let (slot, entry) = all.find(|(_, entry)| entry.job == *job)?;
        Some((*slot, entry))
    }

    /// The attempt on a slot has ended.
    pub fn ended(&mut self, slot: usize) -> Option<RunningEntry> {
        self.running.remove(&slot)
    }

    /// The attempt has finished the job. The answer is how many seconds it took.
    pub fn job_finished(&mut self, entry: &RunningEntry) -> f64 {
        let seconds = entry.since.elapsed().as_secs_f64();
        self.spent.0 += self.work(&entry.job) * (1.0 - entry.from);
        self.spent.1 += seconds;
        self.finished += 1;
        seconds
    }

    /// Estimated seconds until the last job ends; `None` while nothing is known about the speed.
    pub fn seconds_left(&self) -> Option<f64> {
        if let Some((at, left)) = self.estimate.get()
            && self.has_many()
            && at.elapsed() < FRESH
        {
            return left.map(|left| (left - at.elapsed().as_secs_f64()).max(0.0));
        }
        let running = self.running.values().map(|entry| RunningJob {
            work: self.work(&entry.job),
            seconds: entry.since.elapsed().as_secs_f64(),
            initial: entry.from,
            done: entry.done,
        });
        let workload = Workload {
            finished_work: self.spent.0,
            finished_seconds: self.spent.1,
            running: running.collect(),
            waiting: self.pending.values().copied().collect(),
            slots: self.slots,
        };
        let left = workload.seconds_left();
        self.estimate.set(Some((Instant::now(), left)));
        left
    }

    /// Epochs of a job.
    pub fn epochs(&self, job: &JobId) -> u32 {
        self.jobs.get(job).map_or(0, |(_, info)| info.epochs)
    }

    fn work(&self, job: &JobId) -> f64 {
        self.jobs.get(job).map_or(0.0, |(_, info)| info.work)
    }
}
