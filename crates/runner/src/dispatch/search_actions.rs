//! The search is told what happens, and its decisions are carried out.

use super::dispatcher::Dispatcher;
use super::search_adapter::SearchAdapter;
use super::worker_slot::RunningAttempt;
use crate::run_event::{JobResult, RunEvent};
use crate::schedule::{Consequence, NextStep};
use crate::search::{SearchAction, SearchInput};
use convsweep_spec::command::Command;
use convsweep_spec::event::Evaluation;
use convsweep_spec::log::{Decision, JobVerdict, Record};
use convsweep_spec::metric::Number;
use convsweep_spec::outcome::Outcome;
use std::collections::BTreeMap;

impl Dispatcher<'_> {
    /// Suspends the jobs of the search, and releases those that start first.
    pub(super) fn start_search(&mut self, input: SearchInput) {
        let (search, actions) = SearchAdapter::new(input, &self.jobs);
        self.scheduler.suspend(&search.controlled_jobs());
        self.search = Some(search);
        self.apply(actions);
    }

    /// The job on a slot completed an epoch.
    pub(super) fn epoch_completed(
        &mut self,
        slot: usize,
        epoch: u32,
        values: &BTreeMap<String, Number>,
    ) {
        if let Some(attempt) = &mut self.slots[slot].attempt {
            attempt.epoch = epoch;
        }
        let (Some(job), Some(search)) = (self.scheduler.job_of(slot), &mut self.search) else {
            return;
        };
        let actions = search.epoch_completed(job, epoch, values);
        let asks = search.asks_from(job).is_some_and(|first| epoch >= first);
        let is_pruned = search.is_pruned(job);
        if self.apply(actions) && asks && !is_pruned {
            self.slots[slot].send(Command::Continue { epoch });
        }
    }

    /// The job on a slot was evaluated after its training.
    pub(super) fn evaluated(&mut self, slot: usize, evaluation: &Evaluation) {
        if let (Some(job), Some(search)) = (self.scheduler.job_of(slot), &mut self.search) {
            search.evaluated(job, evaluation);
        }
    }

    /// The search is notified of the end of an attempt.
    pub(super) fn continue_search(
        &mut self,
        attempt: &RunningAttempt,
        consequence: &Consequence,
        outcome: &Outcome,
    ) {
        let job = consequence.job;
        if self
            .search
            .as_ref()
            .is_some_and(|search| search.is_pruned(job))
        {
            self.paused_jobs.remove(&job);
            return self.conclude_pruned(job, &consequence.next);
        }
        let is_cancelled = *outcome == Outcome::Cancelled;
        let is_stopping = self.is_stopping();
        let Some(search) = &mut self.search else {
            return;
        };
        let reached_pause = attempt
            .pause_epoch
            .is_some_and(|pause| attempt.epoch >= pause);
        let actions = match consequence.next {
            NextStep::Done => search.job_ended(job, *outcome == Outcome::Finished),
            NextStep::Postponed if is_cancelled && reached_pause && !is_stopping => {
                self.scheduler.suspend_after_pause(job);
                search.job_paused(job)
            }
            NextStep::Postponed | NextStep::Paused | NextStep::Retry(_) => vec![],
        };
        self.apply(actions);
    }

    /// The attempt of a job ended that a rule has stopped, perhaps otherwise than it was told: the
    /// job is done, whatever follows for others.
    fn conclude_pruned(&mut self, job: usize, next: &NextStep) {
        if *next == NextStep::Postponed && !self.is_stopping() {
            self.scheduler.suspend_after_pause(job);
        }
        self.prune(job, "a rule stopped it".to_string());
    }

    /// Carries out the actions of the search, after the experiment's log holds its decisions.
    /// `false` if that cannot be written, and nothing is carried out.
    fn apply(&mut self, actions: Vec<SearchAction>) -> bool {
        if !self.record_decisions(&actions) {
            return false;
        }
        let mut released = Vec::new();
        for action in actions {
            let Some(search) = &self.search else {
                break;
            };
            match action {
                SearchAction::Release(in_search) => released.extend(search.run_number(in_search)),
                SearchAction::Decide {
                    job,
                    verdict: JobVerdict::Stop,
                    reason,
                    ..
                } => {
                    if let Some(job) = search.run_number(job) {
                        self.prune(job, reason);
                    }
                }
                SearchAction::Judge(_) | SearchAction::Decide { .. } => {}
            }
        }
        // Released jobs start in the order of the run, not of the plan.
        released.sort_unstable();
        for job in released {
            self.scheduler.resume_job(job);
        }
        true
    }

    /// Writes the decisions to the experiment's log. If that fails, the run stops: what is not
    /// written is not carried out. Waits for the disk unless the decisions only note what arrived.
    fn record_decisions(&mut self, actions: &[SearchAction]) -> bool {
        let Some(search) = &self.search else {
            return true;
        };
        let newest_attempt = |job: usize| {
            let next = self.jobs[job].execution.attempt + self.scheduler.attempts(job);
            next.checked_sub(1)
        };
        let records = search.records(actions, newest_attempt);
        if records.is_empty() {
            return true;
        }
        let decides = records
            .iter()
            .any(|record| matches!(record, Record::Decision(_)));
        let written = self.log.borrow_mut().append_all(records, decides);
        let entries = match written {
            Ok(entries) => entries,
            Err(error) => {
                self.fail(error);
                return false;
            }
        };
        for entry in entries {
            if let Record::Decision(decision) = &entry.record {
                let Decision {
                    job, epoch, rule, ..
                } = decision;
                let (reason, verdict) = (&decision.reason, decision.verdict.name());
                tracing::info!(%job, epoch, rule, reason, "decision: {verdict}");
                self.report(RunEvent::Decided(decision.clone()));
            }
            self.report(RunEvent::Logged(Box::new(entry)));
        }
        true
    }

    /// Ends a job early, or keeps it from starting.
    fn prune(&mut self, job: usize, reason: String) {
        let outcome = Outcome::Stopped { reason };
        if self.scheduler.skip(job) {
            let attempts = self.scheduler.attempts(job);
            let job = self.jobs[job].id.clone();
            self.job_done(JobResult {
                job,
                attempts,
                outcome,
            });
        } else if let Some(slot) = self.scheduler.slot_of(job) {
            self.slots[slot].send(Command::Stop { outcome });
        }
    }
}
