//! A sweep without processes: what is on the disk, and a run that can be killed between any two
//! things that it writes.

use convsweep_runner::search::{
    Curve, JobStatus, SearchAction, SearchController, SearchHistory, SearchInput, SearchJob,
    SearchRules,
};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{JobVerdict, Judgement, Record};
use std::collections::{BTreeMap, VecDeque};

/// Epochs between two checkpoints.
const CHECKPOINT_EVERY: u32 = 2;

/// A job and how it goes.
#[derive(Clone, Debug)]
pub struct SimulatedJob {
    pub configuration: usize,
    pub seed: usize,
    /// The metric by epoch; their number is that of the job's epochs.
    pub values: Vec<f64>,
    pub keeps_best: bool,
    /// It fails after this many epochs whenever it is tried.
    pub fails_after: Option<u32>,
    /// Its early stopping ends it after this epoch.
    pub ends_after: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Sweep {
    pub rules: SearchRules,
    pub jobs: Vec<SimulatedJob>,
    pub slots: usize,
    /// Chooses in which order results of several slots arrive.
    pub arrival: usize,
}

/// What of a job is on the disk.
#[derive(Clone, Debug, Default)]
struct JobFiles {
    /// Epochs in its log.
    logged: u32,
    checkpoint: u32,
    /// Whether its newest attempt ended where it was to pause.
    is_paused: bool,
    /// Whether it has finished (`true`) or failed.
    ended: Option<bool>,
}

/// What is on the disk.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The decisions in the experiment's log.
    pub log: Vec<Record>,
    /// Number of records that a power cut cannot take.
    synced: usize,
    jobs: Vec<JobFiles>,
    configurations: Vec<usize>,
    /// Number of things that were written so far.
    pub events: usize,
    /// The program is killed when it has written this many.
    limit: Option<usize>,
    finals: BTreeMap<usize, f64>,
}

impl SimulatedJob {
    fn epochs(&self) -> u32 {
        self.values.len() as u32
    }

    fn last_epoch(&self) -> u32 {
        self.ends_after.unwrap_or(u32::MAX).min(self.epochs())
    }

    fn best_epoch(&self, epoch: u32) -> Option<f64> {
        let values = &self.values[..epoch as usize];
        let best = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b]));
        best.filter(|_| self.keeps_best)
            .map(|best| best as f64 + 1.0)
    }

    fn curve(&self, until: u32) -> Curve {
        let mut curve = Curve::default();
        for epoch in 1..=until {
            let value = self.values[epoch as usize - 1];
            curve.insert(epoch, value, self.best_epoch(epoch));
        }
        curve
    }
}

impl Sweep {
    fn ids(&self) -> Vec<JobId> {
        let jobs = self.jobs.iter();
        let name = |job: &SimulatedJob| JobId(format!("{}.{}", job.configuration, job.seed));
        jobs.map(name).collect()
    }
}

impl Disk {
    pub fn new(sweep: &Sweep) -> Disk {
        Disk {
            log: vec![],
            synced: 0,
            jobs: vec![JobFiles::default(); sweep.jobs.len()],
            configurations: sweep.jobs.iter().map(|job| job.configuration).collect(),
            events: 0,
            limit: None,
            finals: BTreeMap::new(),
        }
    }

    /// The file asks for the jobs of this sweep from now on, which include the earlier ones.
    pub fn add_jobs(&mut self, sweep: &Sweep) {
        let mut files = Disk::new(sweep).jobs;
        // The earlier ones are the first ones, or the first seeds.
        let first_seeds =
            self.jobs.len() < sweep.jobs.len() && sweep.jobs.len() == 2 * self.jobs.len();
        for (number, job) in self.jobs.iter().enumerate() {
            files[if first_seeds { 2 * number } else { number }] = job.clone();
        }
        self.jobs = files;
        self.configurations = sweep.jobs.iter().map(|job| job.configuration).collect();
    }

    /// Another experiment has trained these jobs to their ends.
    pub fn train_before(&mut self, sweep: &Sweep, jobs: impl IntoIterator<Item = usize>) {
        for job in jobs {
            let simulated = &sweep.jobs[job];
            self.jobs[job].logged = simulated.last_epoch();
            self.jobs[job].ended = Some(true);
        }
    }

    /// Runs the sweep to its end (`true`), or until the program is killed.
    pub fn run(&mut self, sweep: &Sweep, limit: Option<usize>) -> bool {
        self.limit = limit;
        let input = self.input(sweep);
        let past = input.past();
        let (search, actions) =
            SearchController::resume(input.rules.clone(), input.jobs.clone(), &past);
        let mut run = Run {
            disk: self,
            sweep,
            input,
            search,
            queue: VecDeque::new(),
            slots: vec![None; sweep.slots],
            turn: sweep.arrival,
        };
        run.train_all(actions).is_some()
    }

    fn input(&self, sweep: &Sweep) -> SearchInput {
        let mut history = SearchHistory::default();
        for record in &self.log {
            history.push(record);
        }
        let mut jobs = Vec::new();
        for (files, job) in self.jobs.iter().zip(&sweep.jobs) {
            let status = match files.ended {
                Some(true) => JobStatus::Trained,
                // Failed jobs are tried again.
                _ if files.logged >= job.last_epoch() => JobStatus::Ending,
                _ if files.is_paused => JobStatus::Active,
                _ => JobStatus::Unsettled,
            };
            jobs.push(SearchJob {
                configuration: job.configuration,
                seed: job.seed,
                epochs: job.epochs(),
                curve: job.curve(files.logged),
                status,
            });
        }
        SearchInput {
            rules: sweep.rules.clone(),
            metric: "val_accuracy".into(),
            jobs,
            ids: sweep.ids(),
            stage: None,
            history,
            order: (0..sweep.jobs.len()).collect(),
            early_stops: BTreeMap::new(),
        }
    }

    /// Something is written; `None` if the program is killed before.
    fn write(&mut self) -> Option<()> {
        if self.limit == Some(self.events) {
            return None;
        }
        self.events += 1;
        Some(())
    }

    /// A power cut takes what was not yet written to the disk.
    pub fn lose_unsynced(&mut self) {
        self.log.truncate(self.synced);
        for job in &mut self.jobs {
            if job.ended.is_none() {
                job.logged = job.checkpoint;
            }
        }
    }

    fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        self.log.iter().filter_map(|record| match record {
            Record::Judgement(judgement) => Some(judgement),
            _ => None,
        })
    }

    /// Configuration, rule and job, step, verdict and value of everything decided. What arrived
    /// without being stopped went on.
    pub fn verdicts(&self) -> Vec<(usize, String, u32, JobVerdict, String)> {
        let mut verdicts = Vec::new();
        for judgement in self.judgements() {
            let has_arrived = judgement.jobs.len() == 1;
            for judged in &judgement.jobs {
                let arrived = has_arrived.then_some(JobVerdict::GoOn);
                if let Some(verdict) = judged.verdict.or(arrived) {
                    let value = format!("{:?} {:?}", judged.value, judged.mean);
                    let (configuration, _) = judged.job.0.split_once('.').unwrap();
                    let configuration = configuration.parse().unwrap();
                    let rule = format!("{} {}", judgement.rule, judged.job);
                    verdicts.push((configuration, rule, judgement.step, verdict, value));
                }
            }
        }
        verdicts
    }

    /// The records about single jobs, without how far the jobs had come.
    pub fn reported(&self) -> Vec<(usize, String, u32, JobVerdict, String)> {
        let mut reported = Vec::new();
        for record in &self.log {
            if let Record::Decision(decision) = record {
                let (job, reason) = (decision.job.0.clone(), decision.reason.clone());
                let rule = format!("{} {job}", decision.rule);
                reported.push((0, rule, 0, decision.verdict, reason));
            }
        }
        reported.sort_by(|a, b| (&a.1, &a.4).cmp(&(&b.1, &b.4)));
        reported
    }

    /// Whether each job has finished, failed or neither.
    pub fn outcomes(&self) -> Vec<(usize, String, u32, JobVerdict, String)> {
        let mut outcomes = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            let outcome = format!("{:?}", job.ended);
            outcomes.push((number, outcome, 0, JobVerdict::Stop, String::new()));
        }
        outcomes
    }

    /// The configuration with the best finished job.
    pub fn winner(&self) -> Option<usize> {
        let finals = self.finals.iter();
        let best = finals.max_by(|a, b| a.1.total_cmp(b.1));
        best.map(|(job, _)| self.configurations[*job])
    }

    pub fn trained_epochs(&self, job: usize) -> u32 {
        self.jobs[job].logged
    }

    /// How the jobs stand for the rules of the sweep.
    pub fn statuses(&self, sweep: &Sweep) -> Vec<JobStatus> {
        let input = self.input(sweep);
        let past = input.past();
        let (search, _) = SearchController::resume(input.rules, input.jobs, &past);
        search.jobs().iter().map(|job| job.status).collect()
    }

    /// A run after the end only tries again what failed.
    pub fn check_nothing_is_decided_again(&self, sweep: &Sweep) {
        let input = self.input(sweep);
        let past = input.past();
        let (_, actions) = SearchController::resume(input.rules, input.jobs, &past);
        for action in actions {
            let SearchAction::Release(job) = action else {
                panic!("decided again: {action:?}");
            };
            assert_eq!(self.jobs[job].ended, Some(false), "job {job} has ended");
        }
    }
}

struct Run<'a> {
    disk: &'a mut Disk,
    sweep: &'a Sweep,
    input: SearchInput,
    search: SearchController,
    queue: VecDeque<usize>,
    /// Running jobs and their epochs.
    slots: Vec<Option<(usize, u32)>>,
    turn: usize,
}

impl Run<'_> {
    fn train_all(&mut self, actions: Vec<SearchAction>) -> Option<()> {
        self.apply(actions)?;
        loop {
            for slot in &mut self.slots {
                if slot.is_none() {
                    let job = self.queue.pop_front();
                    *slot = job.map(|job| (job, self.disk.jobs[job].checkpoint));
                }
            }
            let busy: Vec<usize> = (0..self.slots.len())
                .filter(|slot| self.slots[*slot].is_some())
                .collect();
            if busy.is_empty() {
                return Some(());
            }
            self.turn = self.turn.wrapping_mul(6_364_136_223_846_793_005) + 1_442_695_041;
            self.advance(busy[(self.turn >> 33) % busy.len()])?;
        }
    }

    /// The worker of a slot does the next thing.
    fn advance(&mut self, slot: usize) -> Option<()> {
        let (job, epoch) = self.slots[slot]?;
        let simulated = &self.sweep.jobs[job];
        if simulated.fails_after == Some(epoch) {
            return self.end(slot, job, false);
        }
        if epoch >= simulated.last_epoch() {
            return self.end(slot, job, true);
        }
        if self
            .search
            .pause_epoch(job)
            .is_some_and(|pause| pause <= epoch)
        {
            self.disk.write()?;
            self.disk.jobs[job].checkpoint = epoch;
            self.disk.jobs[job].is_paused = true;
            self.slots[slot] = None;
            let actions = self.search.job_paused(job);
            return self.apply(actions);
        }
        self.disk.write()?;
        let epoch = epoch + 1;
        self.slots[slot] = Some((job, epoch));
        self.complete_epoch(job, epoch)?;
        if epoch % CHECKPOINT_EVERY == 0 {
            self.disk.write()?;
            self.disk.jobs[job].checkpoint = epoch;
        }
        Some(())
    }

    fn complete_epoch(&mut self, job: usize, epoch: u32) -> Option<()> {
        let simulated = &self.sweep.jobs[job];
        let files = &mut self.disk.jobs[job];
        files.logged = files.logged.max(epoch);
        files.is_paused = false;
        if simulated.ends_after == Some(epoch) {
            self.search.job_ending(job);
        }
        let value = simulated.values[epoch as usize - 1];
        let best = simulated.best_epoch(epoch);
        let actions = self.search.epoch_completed(job, epoch, value, best);
        self.apply(actions)
    }

    fn end(&mut self, slot: usize, job: usize, is_finished: bool) -> Option<()> {
        self.disk.write()?;
        self.slots[slot] = None;
        self.disk.jobs[job].ended = Some(is_finished);
        if is_finished {
            let curve = self.sweep.jobs[job].curve(self.disk.jobs[job].logged);
            let value = curve.result().unwrap_or(f64::NAN);
            self.disk.finals.insert(job, value);
        }
        let actions = self.search.job_ended(job, is_finished);
        self.apply(actions)
    }

    /// Writes what was decided, one record after the other, and only then carries it out.
    fn apply(&mut self, actions: Vec<SearchAction>) -> Option<()> {
        let identity = self.input.identity();
        let records = identity.records(&actions, &self.input.ids, |_| Some(1));
        let decides = records.iter().any(|r| matches!(r, Record::Decision(_)));
        for record in records {
            self.disk.write()?;
            self.disk.log.push(record);
        }
        if decides {
            self.disk.synced = self.disk.log.len();
        }
        let mut released = Vec::new();
        for action in actions {
            match action {
                SearchAction::Release(job) => released.push(job),
                SearchAction::Decide {
                    job,
                    verdict: JobVerdict::Stop,
                    ..
                } => self.prune(job)?,
                SearchAction::Decide { .. } | SearchAction::Judge(_) => {}
            }
        }
        released.sort_unstable();
        self.queue.extend(released);
        Some(())
    }

    /// A running job ends, but may complete one more epoch before.
    fn prune(&mut self, job: usize) -> Option<()> {
        self.queue.retain(|queued| *queued != job);
        for slot in 0..self.slots.len() {
            let Some((running, epoch)) = self.slots[slot].filter(|(other, _)| *other == job) else {
                continue;
            };
            self.slots[slot] = None;
            let trains_on = (job + self.turn).is_multiple_of(2);
            if trains_on && epoch < self.sweep.jobs[running].last_epoch() {
                self.disk.write()?;
                self.complete_epoch(running, epoch + 1)?;
            }
        }
        Some(())
    }
}
