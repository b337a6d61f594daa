//! Applies the rules while results come in: which jobs wait, go on, or are spared. A state machine
//! without processes.

use super::SearchRules;
use super::rules::{asha_goes_on, below_median, compare, halve, mean, mean_of, race};
use convsweep_spec::log::Verdict;
use convsweep_spec::search::StopRule;
use std::collections::{BTreeMap, BTreeSet};

/// A job as the director sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchJob {
    /// Number of its configuration.
    pub configuration: usize,
    /// Its place among the configuration's jobs.
    pub seed: usize,
    /// Epochs asked for.
    pub epochs: u32,
    /// Values of the metric so far, by completed epochs.
    pub curve: BTreeMap<u32, f64>,
    /// How it stands.
    pub standing: JobStatus,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// To be trained, or training.
    Open,
    /// Not to be trained yet: it waits for a decision.
    Waiting,
    /// All epochs are trained.
    Finished,
    /// It ended without an answer, or diverged.
    Bad,
    /// Spared.
    Spared,
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchAction {
    /// The job may train, up to [`SearchController::until`].
    Free(usize),
    /// Something was decided about the job, for the record; a job with [`Verdict::Stop`] is spared.
    Decide {
        /// The job.
        job: usize,
        /// Epochs that it had completed.
        epoch: u32,
        /// What.
        verdict: Verdict,
        /// Name of the rule.
        rule: &'static str,
        /// Why.
        reason: String,
    },
}

/// The state of a search.
#[derive(Clone, Debug)]
pub struct SearchController {
    search: SearchRules,
    entries: Vec<SearchJob>,
    /// Number of the next decision of successive halving.
    rung: u32,
    /// Job and rung that ASHA has judged.
    judged: BTreeSet<(usize, u32)>,
    /// Values of the judged jobs, by rung.
    rungs: BTreeMap<u32, Vec<f64>>,
    /// By epochs, each job's configuration and its mean value up to there: what the median rule
    /// looks at.
    means: BTreeMap<u32, Vec<(usize, f64)>>,
}

impl SearchController {
    /// A search over these jobs, and what follows at once. Jobs that are [`JobStatus::Open`] wait
    /// until they are freed.
    pub fn new(
        search: SearchRules,
        mut entries: Vec<SearchJob>,
    ) -> (SearchController, Vec<SearchAction>) {
        let start = search.start_seeds();
        let (judged, rungs, means) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let mut director = SearchController {
            search,
            entries: vec![],
            rung: 0,
            judged,
            rungs,
            means,
        };
        let open: Vec<usize> = (0..entries.len())
            .filter(|&i| entries[i].standing == JobStatus::Open)
            .collect();
        open.iter()
            .for_each(|&i| entries[i].standing = JobStatus::Waiting);
        director.entries = entries;
        for job in 0..director.entries.len() {
            let epochs: Vec<u32> = director.entries[job].curve.keys().copied().collect();
            epochs
                .into_iter()
                .for_each(|epoch| director.note_mean(job, epoch));
        }
        let mut actions = Vec::new();
        for job in open {
            let entry = &director.entries[job];
            if entry.seed < start && !director.has_arrived(entry) {
                director.free(job, &mut actions);
            }
        }
        director.settle(&mut actions);
        (director, actions)
    }

    /// Epochs after which the job is to pause; `None`: it trains to its end.
    pub fn until(&self, job: usize) -> Option<u32> {
        let entry = &self.entries[job];
        let raced = entry.seed >= self.search.start_seeds();
        self.halving_rung()
            .filter(|&rung| rung < entry.epochs && !raced)
    }

    /// A job reached the end of an epoch with this value of the metric.
    pub fn metric(&mut self, job: usize, epoch: u32, value: f64) -> Vec<SearchAction> {
        if self.entries[job].curve.insert(epoch, value).is_none() {
            self.note_mean(job, epoch);
        }
        let mut actions = Vec::new();
        let entry = &self.entries[job];
        let protected = self.search.baseline == Some(entry.configuration) || epoch >= entry.epochs;
        if entry.standing == JobStatus::Open && !protected {
            let reason = match self.search.settings.stop {
                Some(rule @ StopRule::Asha { eta, .. }) => self.asha(rule, eta, job, epoch, value),
                Some(StopRule::Median { first }) if epoch >= first => self.median(job, epoch),
                _ => None,
            };
            if let Some(reason) = reason {
                self.spare(job, reason, &mut actions);
            }
        }
        // Nothing else can have become decidable: a look at all jobs after each epoch of each would
        // be long.
        if !actions.is_empty() || self.halving_rung().is_some_and(|rung| epoch >= rung) {
            self.settle(&mut actions);
        }
        actions
    }

    fn note_mean(&mut self, job: usize, epoch: u32) {
        if matches!(self.search.settings.stop, Some(StopRule::Median { .. })) {
            let entry = &self.entries[job];
            let values: Vec<f64> = entry.curve.range(..=epoch).map(|(_, v)| *v).collect();
            self.means
                .entry(epoch)
                .or_default()
                .push((entry.configuration, mean(&values)));
        }
    }

    /// A job's attempt ended after [`SearchController::until`] epochs.
    pub fn paused(&mut self, job: usize) -> Vec<SearchAction> {
        let mut actions = self.end(job, JobStatus::Waiting);
        // The decision may have come while the job was on its way to its pause.
        if self.entries[job].standing == JobStatus::Waiting && !self.has_arrived(&self.entries[job])
        {
            self.free(job, &mut actions);
        }
        actions
    }

    /// A job is done with: `finished` all its epochs, or not.
    pub fn ended(&mut self, job: usize, finished: bool) -> Vec<SearchAction> {
        self.end(
            job,
            if finished {
                JobStatus::Finished
            } else {
                JobStatus::Bad
            },
        )
    }

    /// The jobs, as they stand.
    pub fn entries(&self) -> &[SearchJob] {
        &self.entries
    }

    fn end(&mut self, job: usize, standing: JobStatus) -> Vec<SearchAction> {
        let mut actions = Vec::new();
        if matches!(
            self.entries[job].standing,
            JobStatus::Open | JobStatus::Waiting
        ) {
            self.entries[job].standing = standing;
            self.settle(&mut actions);
        }
        actions
    }

    /// Decides what can be decided.
    fn settle(&mut self, actions: &mut Vec<SearchAction>) {
        while self.halve(actions) {}
        while self.race(actions) {}
    }

    fn free(&mut self, job: usize, actions: &mut Vec<SearchAction>) {
        self.entries[job].standing = JobStatus::Open;
        actions.push(SearchAction::Free(job));
    }

    fn spare(&mut self, job: usize, reason: String, actions: &mut Vec<SearchAction>) {
        self.entries[job].standing = JobStatus::Spared;
        self.record(job, Verdict::Stop, self.rule(), reason, actions);
    }

    fn record(
        &self,
        job: usize,
        verdict: Verdict,
        rule: &'static str,
        reason: String,
        actions: &mut Vec<SearchAction>,
    ) {
        let epoch = self.entries[job]
            .curve
            .keys()
            .next_back()
            .copied()
            .unwrap_or(0);
        actions.push(SearchAction::Decide {
            job,
            epoch,
            verdict,
            rule,
            reason,
        });
    }

    fn rule(&self) -> &'static str {
        self.search.settings.stop.map_or("race", |rule| rule.name())
    }

    fn halving_rung(&self) -> Option<u32> {
        self.search
            .settings
            .stop
            .filter(|rule| !rule.depends_on_arrival())
            .and_then(|rule| rule.rung(self.rung))
    }

    /// Whether nothing more is awaited of the job at the present rung.
    fn has_arrived(&self, entry: &SearchJob) -> bool {
        self.halving_rung()
            .is_some_and(|rung| rung < entry.epochs && entry.curve.contains_key(&rung))
    }

    /// One decision of successive halving, if all have arrived; whether there was one.
    fn halve(&mut self, actions: &mut Vec<SearchAction>) -> bool {
        let (Some(StopRule::SuccessiveHalving { eta, .. }), Some(rung)) =
            (self.search.settings.stop, self.halving_rung())
        else {
            return false;
        };
        let start = self.search.start_seeds();
        let competes =
            |e: &SearchJob| e.seed < start && e.epochs > rung && e.standing != JobStatus::Spared;
        let is_open = |e: &SearchJob| matches!(e.standing, JobStatus::Open | JobStatus::Waiting);
        if self
            .entries
            .iter()
            .any(|e| competes(e) && is_open(e) && !self.has_arrived(e))
        {
            return false;
        }
        let members: Vec<usize> = (0..self.entries.len())
            .filter(|&i| competes(&self.entries[i]))
            .collect();
        let open = |&i: &usize| is_open(&self.entries[i]);
        if !members.iter().any(open) {
            return false;
        }
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for &i in &members {
            let entry = &self.entries[i];
            // A job that stopped early by its own rule has its last value for good.
            let last = entry
                .curve
                .values()
                .next_back()
                .filter(|_| entry.standing == JobStatus::Finished);
            values
                .entry(entry.configuration)
                .or_default()
                .push(entry.curve.get(&rung).or(last).copied());
        }
        let means: Vec<(usize, Option<f64>)> =
            values.iter().map(|(c, v)| (*c, mean_of(v))).collect();
        let kept = halve(self.search.direction, &means, eta);
        let mut order = means.clone();
        order.sort_by(|a, b| compare(self.search.direction, a.1, b.1));
        let worst = kept
            .last()
            .and_then(|last| means.iter().find(|(c, _)| c == last))
            .and_then(|(_, v)| *v);
        let waiting: Vec<usize> = members.into_iter().filter(open).collect();
        self.rung += 1;
        for i in waiting {
            let configuration = self.entries[i].configuration;
            let place = order
                .iter()
                .position(|(c, _)| *c == configuration)
                .unwrap_or(0);
            let says = format!(
                "{} after {rung} epochs is place {} of {}; the best {} go on (down to {})",
                shown(order[place].1),
                place + 1,
                order.len(),
                kept.len(),
                shown(worst)
            );
            if kept.contains(&configuration) {
                self.record(i, Verdict::GoOn, self.rule(), says, actions);
                self.go_on(i, actions);
            } else if self.search.baseline == Some(configuration) {
                self.record(
                    i,
                    Verdict::GoOn,
                    self.rule(),
                    format!("{says}; it is the baseline"),
                    actions,
                );
                self.go_on(i, actions);
            } else {
                self.spare(i, says, actions);
            }
        }
        true
    }

    /// After a decision: a job that is already beyond the next rung waits there, all others train.
    fn go_on(&mut self, job: usize, actions: &mut Vec<SearchAction>) {
        if self.has_arrived(&self.entries[job]) {
            self.entries[job].standing = JobStatus::Waiting;
        } else if self.entries[job].standing == JobStatus::Waiting {
            self.free(job, actions);
        }
    }

    fn asha(
        &mut self,
        rule: StopRule,
        eta: u32,
        job: usize,
        epoch: u32,
        value: f64,
    ) -> Option<String> {
        let number = (0..32).find(|&k| rule.rung(k).is_none_or(|rung| rung >= epoch))?;
        if rule.rung(number) != Some(epoch) || !self.judged.insert((job, epoch)) {
            return None;
        }
        let so_far = self.rungs.entry(epoch).or_default();
        let goes_on = asha_goes_on(self.search.direction, so_far, value, eta);
        so_far.push(value);
        (!goes_on).then(|| {
            format!(
                "{} after {epoch} epochs is not among the best of every {eta} of {}",
                shown(Some(value)),
                so_far.len()
            )
        })
    }

    fn median(&self, job: usize, epoch: u32) -> Option<String> {
        let own: Vec<f64> = self.entries[job]
            .curve
            .range(..=epoch)
            .map(|(_, v)| *v)
            .collect();
        let configuration = self.entries[job].configuration;
        let means = self.means.get(&epoch).into_iter().flatten();
        let others: Vec<f64> = means
            .filter(|(c, _)| *c != configuration)
            .map(|(_, mean)| *mean)
            .collect();
        let count = others.len();
        let (best, median) = below_median(self.search.direction, &own, others)?;
        let (best, median) = (shown(Some(best)), shown(Some(median)));
        Some(format!(
            "its best until epoch {epoch}, {best}, is worse than {median}, the median of {count} other jobs"
        ))
    }

    /// One round of the race over seeds, if all that run are done; whether there was one.
    fn race(&mut self, actions: &mut Vec<SearchAction>) -> bool {
        let start = self.search.start_seeds();
        let held: Vec<usize> = (0..self.entries.len())
            .filter(|&i| {
                self.entries[i].seed >= start && self.entries[i].standing == JobStatus::Waiting
            })
            .collect();
        let busy = |e: &SearchJob| {
            e.standing == JobStatus::Open || (e.seed < start && e.standing == JobStatus::Waiting)
        };
        if held.is_empty() || self.entries.iter().any(busy) {
            return false;
        }
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for entry in &self.entries {
            let row = values.entry(entry.configuration).or_default();
            row.resize(row.len().max(entry.seed + 1), None);
            row[entry.seed] = entry
                .curve
                .values()
                .next_back()
                .copied()
                .filter(|_| entry.standing == JobStatus::Finished);
        }
        let numbers: Vec<usize> = values.keys().copied().collect();
        let rows: Vec<Vec<Option<f64>>> = values.into_values().collect();
        let stays = race(self.search.direction, &rows);
        let rivals = stays.iter().filter(|s| **s).count();
        let mut freed: BTreeSet<usize> = BTreeSet::new();
        for job in held {
            let configuration = self.entries[job].configuration;
            let place = numbers
                .iter()
                .position(|n| *n == configuration)
                .unwrap_or(0);
            let (mean, seeds) = (
                shown(mean_of(&rows[place])),
                rows[place].iter().flatten().count(),
            );
            if stays[place] && rivals > 1 {
                if freed.insert(configuration) {
                    let reason = format!(
                        "{mean} over {seeds} seeds may still be the best, as {rivals} may: one more seed"
                    );
                    self.record(job, Verdict::GoOn, "race", reason, actions);
                    self.free(job, actions);
                }
                continue;
            }
            let reason = match stays[place] {
                true => format!(
                    "{mean} over {seeds} seeds is the best beyond chance: no more seeds are needed"
                ),
                false => format!("{mean} over {seeds} seeds is worse than the best beyond chance"),
            };
            self.entries[job].standing = JobStatus::Spared;
            self.record(job, Verdict::Stop, "race", reason, actions);
        }
        freed.is_empty()
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or("no value".to_string(), |v| format!("{v:.4}"))
}
