//! The search is told what happens, and its decisions are carried out.

use super::dispatcher::Dispatcher;
use super::search_adapter::SearchAdapter;
use super::worker_slot::RunningAttempt;
use crate::run_event::{JobResult, RunEvent};
use crate::schedule::{Consequence, NextStep};
use crate::search::{SearchAction, SearchInput};
use convsweep_spec::command::Command;
use convsweep_spec::log::{Decision, Verdict};
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
        self.apply(actions);
    }

    /// The search is notified of the end of an attempt.
    pub(super) fn continue_search(
        &mut self,
        attempt: &RunningAttempt,
        consequence: &Consequence,
        outcome: &Outcome,
    ) {
        let job = consequence.job;
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

    /// Carries out the actions of the search.
    fn apply(&mut self, actions: Vec<SearchAction>) {
        let mut released = Vec::new();
        for action in actions {
            let Some(search) = &self.search else { return };
            match action {
                SearchAction::Release(in_search) => released.extend(search.run_number(in_search)),
                SearchAction::Decide {
                    job: in_search,
                    epoch,
                    verdict,
                    rule,
                    reason,
                } => {
                    if let Some(job) = search.run_number(in_search) {
                        self.report_decision(job, epoch, verdict, rule, &reason);
                        if verdict == Verdict::Stop {
                            self.prune(job, reason);
                        }
                    }
                }
            }
        }
        // Released jobs start in the order of the run, not of the plan.
        released.sort_unstable();
        for job in released {
            self.scheduler.resume_job(job);
        }
    }

    fn report_decision(&self, job: usize, epoch: u32, verdict: Verdict, rule: &str, reason: &str) {
        let id = &self.jobs[job].id;
        tracing::info!(job = %id, epoch, rule, reason, "decision: {}", verdict.name());
        let next_attempt = self.jobs[job].execution.attempt + self.scheduler.attempts(job);
        self.report(RunEvent::Decided(Decision {
            job: id.clone(),
            attempt: next_attempt.checked_sub(1),
            epoch,
            verdict,
            rule: rule.to_string(),
            reason: reason.to_string(),
        }));
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
