//! The decisions that an experiment's log holds, and which of them bind a search.
//!
//! A decision binds as long as the file asks for the same rule with the same figures and the same
//! metric. Decisions of people bind always.

use super::action::SearchAction;
use super::job::SearchJob;
use super::step::{Judge, PastStep, SearchStep};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, JobVerdict, JudgedJob, Judgement, PERSON, Record};
use convsweep_spec::metric::{Metric, Number};
use convsweep_spec::search::{RACE, SearchSettings, StopRule};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The decisions in an experiment's log, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchHistory(Vec<Record>);

/// What decisions are recorded under.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleIdentity {
    stop: Option<StopRule>,
    race: Option<String>,
    metric: Metric,
    stage: Option<String>,
}

/// The decisions that bind a search, and those that do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BindingHistory {
    decisions: Vec<PastDecision>,
    stop: Option<StopRule>,
    /// Jobs that are stopped.
    pub stopped: BTreeSet<JobId>,
    /// Jobs that a person has trained to their end although a rule had stopped them.
    pub exempt: BTreeSet<JobId>,
    /// Jobs that decisions stopped which do not bind, by the rule.
    pub unbound: BTreeMap<String, BTreeSet<JobId>>,
}

/// A decision of an earlier run.
#[derive(Clone, Debug, PartialEq)]
struct PastDecision {
    judge: Judge,
    judgement: Judgement,
    /// Jobs about which it decided and whose records have not been found.
    unreported: BTreeSet<JobId>,
    is_of_this_stage: bool,
    /// Whether only the record about a job is known, as in logs of older programs.
    lacks_values: bool,
}

impl RuleIdentity {
    /// The identity of the rules of `settings`, which compare jobs by `metric`.
    pub fn new(settings: &SearchSettings, metric: Metric, stage: Option<String>) -> RuleIdentity {
        RuleIdentity {
            stop: settings.stop,
            race: settings.race_text(),
            metric,
            stage,
        }
    }

    /// A decision to be recorded.
    pub fn judgement(&self, step: &SearchStep, ids: &[JobId]) -> Judgement {
        let rule = match step.judge {
            Judge::StopRule => self.stop.map(|rule| rule.text()),
            Judge::Race => self.race.clone(),
        };
        let mut jobs = Vec::with_capacity(step.jobs.len());
        for judged in &step.jobs {
            jobs.push(JudgedJob {
                job: ids[judged.job].clone(),
                value: judged.value,
                mean: judged.mean,
                verdict: judged.verdict,
            });
        }
        Judgement {
            rule: rule.unwrap_or_default(),
            metric: self.metric.clone(),
            stage: self.stage.clone(),
            step: step.step,
            jobs,
        }
    }

    /// What the experiment's log must hold before these actions are carried out. `ids` are those of
    /// the jobs of the search, and `newest_attempt` gives the number of a job's newest attempt.
    pub fn records(
        &self,
        actions: &[SearchAction],
        ids: &[JobId],
        newest_attempt: impl Fn(usize) -> Option<u32>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        for action in actions {
            match action {
                SearchAction::Release(_) => {}
                SearchAction::Judge(step) => {
                    records.push(Record::Judgement(self.judgement(step, ids)));
                }
                SearchAction::Decide {
                    job,
                    epoch,
                    verdict,
                    rule,
                    reason,
                } => records.push(Record::Decision(Decision {
                    job: ids[*job].clone(),
                    attempt: newest_attempt(*job),
                    epoch: *epoch,
                    verdict: *verdict,
                    rule: (*rule).to_string(),
                    reason: reason.clone(),
                })),
            }
        }
        records
    }

    /// Who made a decision recorded under `rule`, if it binds.
    fn judge(&self, rule: &str, metric: &Metric) -> Option<Judge> {
        if *metric != self.metric {
            return None;
        }
        if self.race.as_deref() == Some(rule) {
            return Some(Judge::Race);
        }
        let is_stop = self.stop.is_some_and(|stop| stop.text() == rule);
        is_stop.then_some(Judge::StopRule)
    }

    /// Who made a decision of which only the rule's name is known.
    fn judge_by_name(&self, name: &str) -> Option<Judge> {
        if name == RACE {
            return self.race.is_some().then_some(Judge::Race);
        }
        let is_stop = self.stop.is_some_and(|stop| stop.name() == name);
        is_stop.then_some(Judge::StopRule)
    }
}

impl SearchHistory {
    /// Adds a record of the experiment's log, if it is a decision.
    pub fn push(&mut self, record: &Record) {
        if matches!(record, Record::Judgement(_) | Record::Decision(_)) {
            self.0.push(record.clone());
        }
    }

    /// The decisions about single jobs, oldest first.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.0.iter().filter_map(|record| match record {
            Record::Decision(decision) => Some(decision),
            _ => None,
        })
    }

    /// Jobs about which a decision was made whose own records have not followed.
    pub fn announced(&self) -> BTreeSet<&JobId> {
        let mut announced = BTreeSet::new();
        for record in &self.0 {
            match record {
                Record::Judgement(judgement) => {
                    let decided = judgement.jobs.iter().filter(|job| job.verdict.is_some());
                    announced.extend(decided.map(|judged| &judged.job));
                }
                Record::Decision(decision) => _ = announced.remove(&decision.job),
                Record::Revision(_) | Record::Member(_) | Record::AttemptEnded { .. } => {}
            }
        }
        announced
    }

    /// The decisions that bind a search of this identity.
    pub fn binding(&self, identity: &RuleIdentity) -> BindingHistory {
        let mut binding = BindingHistory {
            stop: identity.stop,
            ..BindingHistory::default()
        };
        // For each job the rule that has decided about it, with the place of the decision if it
        // binds: the record about the job follows.
        let mut announced: HashMap<&JobId, (&str, Option<usize>)> = HashMap::new();
        for record in &self.0 {
            match record {
                Record::Judgement(judgement) => {
                    let place = binding.add(judgement, identity);
                    let decided = judgement.jobs.iter().filter(|job| job.verdict.is_some());
                    for judged in decided {
                        announced.insert(&judged.job, (&judgement.rule, place));
                    }
                }
                Record::Decision(decision) => {
                    let judgement = announced.remove(&decision.job);
                    let judgement = judgement.filter(|(rule, _)| is_of(decision, rule));
                    binding.report(decision, judgement, identity);
                }
                Record::Revision(_) | Record::Member(_) | Record::AttemptEnded { .. } => {}
            }
        }
        binding
    }
}

/// Whether the decision about a job belongs to a decision recorded under `rule`.
fn is_of(decision: &Decision, rule: &str) -> bool {
    let name = rule.split(':').next();
    name == Some(decision.rule.as_str())
}

impl BindingHistory {
    /// The decisions as the search takes them; jobs that are no longer planned are left out.
    pub fn steps(&self, ids: &[JobId], jobs: &[SearchJob]) -> Vec<PastStep> {
        let numbers: HashMap<&JobId, usize> = ids.iter().zip(0..).collect();
        let mut steps = Vec::new();
        for past in &self.decisions {
            let step = self.step(past, &numbers, jobs);
            let unreported = past.unreported.iter().filter_map(|job| numbers.get(job));
            if !step.jobs.is_empty() {
                steps.push(PastStep {
                    step,
                    unreported: unreported.copied().collect(),
                    is_of_this_stage: past.is_of_this_stage,
                });
            }
        }
        steps
    }

    fn step(
        &self,
        past: &PastDecision,
        numbers: &HashMap<&JobId, usize>,
        jobs: &[SearchJob],
    ) -> SearchStep {
        let mut step = past.judgement.step;
        if past.lacks_values && past.judge == Judge::StopRule {
            let rung = self.stop.and_then(|rule| rule.last_rung(step));
            step = rung.unwrap_or(step);
        }
        let mut judged_jobs = Vec::new();
        for judged in &past.judgement.jobs {
            let Some(&job) = numbers.get(&judged.job) else {
                continue;
            };
            let value = match past.lacks_values {
                true => jobs[job].curve.kept_value(step).map(Number),
                false => judged.value,
            };
            judged_jobs.push(JudgedJob {
                job,
                value,
                mean: judged.mean,
                verdict: judged.verdict,
            });
        }
        SearchStep {
            judge: past.judge,
            step,
            jobs: judged_jobs,
        }
    }

    /// Adds a decision; its place if it binds.
    fn add(&mut self, judgement: &Judgement, identity: &RuleIdentity) -> Option<usize> {
        let judge = identity.judge(&judgement.rule, &judgement.metric)?;
        let waits_for_all = match judge {
            Judge::Race => true,
            Judge::StopRule => self.stop.is_none_or(|rule| !rule.depends_on_arrival()),
        };
        let decided = judgement.jobs.iter().filter(|judged| {
            judged.verdict == Some(JobVerdict::Stop) || (judged.verdict.is_some() && waits_for_all)
        });
        self.decisions.push(PastDecision {
            judge,
            unreported: decided.map(|judged| judged.job.clone()).collect(),
            // What arrives is compared with everything that arrived, in any stage.
            is_of_this_stage: !waits_for_all || judgement.stage == identity.stage,
            lacks_values: false,
            judgement: judgement.clone(),
        });
        Some(self.decisions.len() - 1)
    }

    /// Adds the record about a job. `judgement` is the rule of the decision that it belongs to, and
    /// the place of that if it binds.
    fn report(
        &mut self,
        decision: &Decision,
        judgement: Option<(&str, Option<usize>)>,
        identity: &RuleIdentity,
    ) {
        let job = &decision.job;
        if decision.rule == PERSON {
            return self.report_person(job, decision.verdict);
        }
        let judge = identity.judge_by_name(&decision.rule);
        match (judgement, judge) {
            (Some((_, Some(place))), _) => {
                self.decisions[place].unreported.remove(job);
            }
            (Some((rule, None)), _) => return self.report_unbound(rule, decision),
            (None, Some(judge)) => self
                .decisions
                .push(lone_decision(decision, judge, identity)),
            (None, None) => return self.report_unbound(&decision.rule, decision),
        }
        if decision.verdict == JobVerdict::Stop && !self.exempt.contains(job) {
            self.stopped.insert(job.clone());
        }
    }

    fn report_person(&mut self, job: &JobId, verdict: JobVerdict) {
        match verdict {
            JobVerdict::GoOn => {
                self.stopped.remove(job);
                self.exempt.insert(job.clone());
            }
            JobVerdict::Stop => {
                self.exempt.remove(job);
                self.stopped.insert(job.clone());
            }
        }
    }

    fn report_unbound(&mut self, rule: &str, decision: &Decision) {
        if decision.verdict == JobVerdict::Stop {
            let jobs = self.unbound.entry(rule.to_string()).or_default();
            jobs.insert(decision.job.clone());
        }
    }
}

/// A decision of which only the record about a job is there.
fn lone_decision(decision: &Decision, judge: Judge, identity: &RuleIdentity) -> PastDecision {
    let judged = JudgedJob {
        job: decision.job.clone(),
        value: None,
        mean: None,
        verdict: Some(decision.verdict),
    };
    PastDecision {
        judge,
        judgement: Judgement {
            rule: decision.rule.clone(),
            metric: identity.metric.clone(),
            stage: identity.stage.clone(),
            step: match judge {
                Judge::StopRule => decision.epoch,
                Judge::Race => 0,
            },
            jobs: vec![judged],
        },
        unreported: BTreeSet::new(),
        is_of_this_stage: identity.stage.is_none(),
        lacks_values: true,
    }
}
