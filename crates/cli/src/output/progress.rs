//! What a run looks like: bars on a terminal, plain lines elsewhere. All of it goes to stderr.

use convsweep_runner::estimate::{RunningJob, Workload, fraction_done};
use convsweep_runner::launcher::Slot;
use convsweep_runner::local::describe_exit;
use convsweep_runner::{LimitReached, RunEvent, StopRequest};
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::log::Verdict;
use convsweep_spec::metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::words::duration;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Without a terminal a running job says a word at most this often.
const PATIENCE: Duration = Duration::from_secs(30);
/// Sweeps of more jobs tell of finished ones at most once a second, and of the last.
const MANY: usize = 100;
/// Jobs spared at once that are told one by one.
const SPARED: usize = 3;
/// How long an estimate of the time left is good.
const GOOD: Duration = Duration::from_millis(250);

/// What the display knows of a job.
#[derive(Clone, Debug)]
pub struct JobInfo {
    /// Configuration and seed, as a person calls it.
    pub label: String,
    /// Work in any unit common to all jobs.
    pub work: f64,
}

/// Follows a run.
pub struct Display {
    /// Each job's place in the order, and what is known of it.
    jobs: HashMap<JobId, (usize, JobInfo)>,
    /// Work of the jobs that wait, in the order in which they will start.
    waiting: BTreeMap<usize, f64>,
    running: BTreeMap<usize, Now>,
    finished: usize,
    /// Work of all finished jobs, and their seconds.
    spent: (f64, f64),
    /// When the time left was estimated last, and that.
    left: Cell<Option<(Instant, Option<f64>)>>,
    /// When a finished job was told of last.
    told: Option<Instant>,
    total: usize,
    failed: usize,
    /// An attempt that ended badly; it is told with what follows, which is the next thing that
    /// happens.
    ending: Option<Ending>,
    /// Jobs spared in succession.
    spared: usize,
    /// Whether a pause is by a person's wish or a limit; else it is for a decision of the search.
    drains: bool,
    /// Whether there is a search.
    searches: bool,
    slots: usize,
    /// The command that runs this experiment.
    command: String,
    screen: Screen,
}

struct Now {
    job: JobId,
    since: Instant,
    from: f64,
    done: f64,
    said: Instant,
    last: BTreeMap<String, f64>,
}

struct Ending {
    job: JobId,
    outcome: Outcome,
    stderr: String,
}

enum Screen {
    Quiet,
    Plain,
    Bars {
        all: MultiProgress,
        sweep: ProgressBar,
        slots: Vec<ProgressBar>,
    },
}

impl Display {
    /// For these jobs, in the order in which they will start, on these slots; `command` runs the
    /// experiment, and a search spares jobs if it `searches`.
    pub fn new(
        jobs: Vec<(JobId, JobInfo)>,
        slots: &[Slot],
        command: String,
        searches: bool,
        quiet: bool,
    ) -> Self {
        let waiting: BTreeMap<usize, f64> =
            jobs.iter().map(|(_, info)| info.work).enumerate().collect();
        let screen = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Screen::Quiet,
            (false, true) => bars(waiting.len() as u64, slots),
            (false, false) => Screen::Plain,
        };
        Display {
            total: waiting.len(),
            jobs: jobs
                .into_iter()
                .enumerate()
                .map(|(place, (id, info))| (id, (place, info)))
                .collect(),
            waiting,
            running: BTreeMap::new(),
            finished: 0,
            spent: (0.0, 0.0),
            left: Cell::new(None),
            told: None,
            failed: 0,
            ending: None,
            spared: 0,
            drains: false,
            searches,
            slots: slots.len(),
            command,
            screen,
        }
    }

    /// Takes in what happened and shows it.
    pub fn on(&mut self, event: &RunEvent) {
        if !matches!(event, RunEvent::Decided(_) | RunEvent::Finished { .. }) {
            self.tell_spared();
        }
        self.tell_ending(event);
        match event {
            RunEvent::Paused(paused) => self.drains = *paused,
            RunEvent::LimitReached(_) | RunEvent::Stopping { .. } => self.drains = true,
            _ => {}
        }
        match event {
            RunEvent::AttemptStarted { slot, job, .. } => self.launched(*slot, job),
            RunEvent::Worker(envelope) => self.heard(&envelope.job, &envelope.event),
            RunEvent::AttemptEnded { slot, job, outcome, stderr, .. } => self.ended(*slot, job, outcome, stderr),
            RunEvent::Retrying { job, .. } => self.waits(job, true),
            RunEvent::Finished { job, outcome, .. } => {
                self.waits(job, false);
                if !matches!(outcome, Outcome::Finished | Outcome::Cancelled | Outcome::Stopped { .. }) {
                    self.failed += 1;
                }
            }
            RunEvent::WorkerNote { text, .. } if text.starts_with("the worker ") => self.say(text),
            RunEvent::WorkerNote { text, .. } => self.say(&format!("worker: {text}")),
            RunEvent::StartFailed { reason, stderr, .. } => self.say(&with_end(reason, stderr)),
            RunEvent::SlotClosed { device, reason, .. } => self.say(&format!("a slot of {device} is closed: {reason}")),
            RunEvent::Decided(decision) => {
                self.spared += usize::from(decision.verdict == Verdict::Stop);
                if decision.verdict == Verdict::Stop && self.spared <= SPARED {
                    self.say(&format!("{}: spared by {}: {}", self.label(&decision.job), decision.rule, decision.reason));
                }
            }
            RunEvent::Paused(true) => self.say("paused: running jobs write a checkpoint; `convsweep resume` lets them go on"),
            RunEvent::Paused(false) => self.say("the sweep goes on"),
            RunEvent::LimitReached(LimitReached::TimeLimit) => self.say("the sweep's time limit is over: running jobs write a checkpoint"),
            RunEvent::LimitReached(LimitReached::Failures(count)) => {
                self.say(&format!("{count} jobs failed, no more are started (run.on_failure): running jobs write a checkpoint"));
            }
            RunEvent::Stopping { request: StopRequest::Now, .. } => self.say("stopping at once; the same command goes on from the last checkpoints"),
            RunEvent::Stopping { running, .. } => self.say(&format!(
                "stopping: {running} running jobs write a checkpoint, the same command goes on from there; interrupt again to stop at once"
            )),
        }
    }

    /// Tells of a bad end: shortly where the job is tried again, else with what a person can do.
    fn tell_ending(&mut self, next: &RunEvent) {
        let Some(Ending {
            job,
            outcome,
            stderr,
        }) = self.ending.take()
        else {
            return;
        };
        let text = match next {
            RunEvent::Retrying {
                job: again,
                attempt,
                ..
            } if *again == job => with_end(
                &format!(
                    "{}: {}; attempt {attempt} follows",
                    self.label(&job),
                    what(&outcome)
                ),
                &stderr,
            ),
            _ => self.bad_end(&job, &outcome, &stderr),
        };
        self.say(&text);
    }

    /// What was left out of the jobs spared at once.
    fn tell_spared(&mut self) {
        let more = std::mem::take(&mut self.spared).saturating_sub(SPARED);
        if more > 0 {
            self.say(&format!(
                "and {more} more jobs were spared; `convsweep explain JOB` tells why"
            ));
        }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        match &self.screen {
            Screen::Quiet => {}
            Screen::Plain => eprintln!("{text}"),
            Screen::Bars { all, .. } => _ = all.println(text),
        }
    }

    /// Takes the bars away.
    pub fn close(&mut self) {
        self.tell_spared();
        if let Some(Ending {
            job,
            outcome,
            stderr,
        }) = self.ending.take()
        {
            self.say(&self.bad_end(&job, &outcome, &stderr));
        }
        if let Screen::Bars { all, .. } = &self.screen {
            _ = all.clear();
        }
    }

    fn waits(&mut self, job: &JobId, waits: bool) {
        if let Some((place, info)) = self.jobs.get(job) {
            _ = if waits {
                self.waiting.insert(*place, info.work)
            } else {
                self.waiting.remove(place)
            };
        }
    }

    fn launched(&mut self, slot: usize, job: &JobId) {
        self.waits(job, false);
        let now = Instant::now();
        let running = Now {
            job: job.clone(),
            since: now,
            from: 0.0,
            done: 0.0,
            said: now,
            last: BTreeMap::new(),
        };
        self.running.insert(slot, running);
        if let Screen::Bars { slots, .. } = &self.screen {
            slots[slot].set_position(0);
            slots[slot].set_message(self.label(job));
        }
    }

    fn heard(&mut self, job: &JobId, event: &Event) {
        let Some((&slot, _)) = self.running.iter().find(|(_, now)| now.job == *job) else {
            return;
        };
        match event {
            Event::Progress {
                epoch,
                step,
                steps,
                epochs,
                images_per_second,
            } => {
                let done = fraction_done(*epoch, *step, *steps, *epochs);
                let label = self.label(job);
                let Some(now) = self.running.get_mut(&slot) else {
                    return;
                };
                if now.from == 0.0 && now.done == 0.0 && *epoch > 0 {
                    now.from = fraction_done(*epoch, 0, 1, *epochs);
                }
                now.done = done;
                if let Screen::Bars { slots, .. } = &self.screen {
                    slots[slot].set_position((done * 1000.0) as u64);
                    let score = now
                        .last
                        .get(metric::VAL_ACCURACY)
                        .map_or(String::new(), |a| format!(", val_accuracy {a:.4}"));
                    slots[slot].set_message(format!(
                        "{label}: epoch {} of {epochs}, {images_per_second:.0} images/s{score}",
                        (epoch + 1).min(*epochs)
                    ));
                }
                self.refresh();
            }
            Event::Metrics { epoch, values, .. } => {
                let plain = matches!(self.screen, Screen::Plain);
                let Some(now) = self.running.get_mut(&slot) else {
                    return;
                };
                now.last = values
                    .iter()
                    .map(|(name, value)| (name.clone(), value.0))
                    .collect();
                if plain && now.said.elapsed() >= PATIENCE {
                    now.said = Instant::now();
                    let scores = scores(&now.last);
                    self.say(&format!("{}: epoch {epoch}, {scores}", self.label(job)));
                }
            }
            Event::Warning { text } => self.say(&format!("{}: {text}", self.label(job))),
            _ => {}
        }
    }

    fn ended(&mut self, slot: usize, job: &JobId, outcome: &Outcome, stderr: &str) {
        let Some(now) = self.running.remove(&slot) else {
            return;
        };
        if *outcome == Outcome::Finished {
            let work = self.jobs.get(&now.job).map_or(0.0, |(_, job)| job.work);
            let seconds = now.since.elapsed().as_secs_f64();
            self.spent = (
                self.spent.0 + work * (1.0 - now.from),
                self.spent.1 + seconds,
            );
            self.finished += 1;
            self.tell(&now, seconds);
        } else if *outcome == Outcome::Cancelled && self.is_told(outcome) {
            self.say(&format!(
                "{}: pauses, its checkpoint is kept",
                self.label(job)
            ));
        } else if self.is_told(outcome) {
            self.ending = Some(Ending {
                job: job.clone(),
                outcome: outcome.clone(),
                stderr: stderr.to_string(),
            });
        }
        if let Screen::Bars { sweep, slots, .. } = &self.screen {
            sweep.set_position(self.finished as u64);
            slots[slot].set_message("idle");
            slots[slot].set_position(0);
        }
        self.refresh();
    }

    /// Whether the end of an attempt that did not finish has a line of its own: a search has told
    /// of its own already.
    fn is_told(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Cancelled => self.drains || !self.searches,
            Outcome::Stopped { .. } => false,
            _ => true,
        }
    }

    /// A finished job's line.
    fn tell(&mut self, job: &Now, seconds: f64) {
        let soon = self
            .told
            .is_some_and(|told| told.elapsed() < Duration::from_secs(1));
        if matches!(self.screen, Screen::Quiet)
            || (soon && self.total > MANY && self.finished < self.total)
        {
            return;
        }
        self.told = Some(Instant::now());
        let left = self
            .seconds_left()
            .map_or(String::new(), |s| format!("; about {} left", duration(s)));
        let (label, scores) = (self.label(&job.job), scores(&job.last));
        self.say(&format!(
            "[{}/{}] {label}: {scores} ({}{left})",
            self.finished,
            self.total,
            duration(seconds)
        ));
    }

    /// How an attempt ended that did not finish: why, the end of the worker's log, and what repeats
    /// it.
    fn bad_end(&self, job: &JobId, outcome: &Outcome, stderr: &str) -> String {
        let remedy = remedy(outcome).map_or(String::new(), |text| format!("\n    {text}"));
        let repeat = format!(
            "    repeat it: {} --only {job} · more: convsweep show {job}",
            self.command
        );
        format!(
            "{}{remedy}\n{repeat}",
            with_end(&format!("{}: {}", self.label(job), what(outcome)), stderr)
        )
    }

    fn refresh(&self) {
        if let Screen::Bars { sweep, .. } = &self.screen {
            let left = self
                .seconds_left()
                .map_or("time left not known yet".into(), |s| {
                    format!("about {} left", duration(s))
                });
            let failed = if self.failed == 0 {
                String::new()
            } else {
                format!(", {} failed", self.failed)
            };
            sweep.set_message(left + &failed);
        }
    }

    /// Estimated time to the last job's end, at most [`GOOD`] old: it looks at every job that
    /// waits.
    fn seconds_left(&self) -> Option<f64> {
        if let Some((at, left)) = self
            .left
            .get()
            .filter(|(at, _)| at.elapsed() < GOOD && self.total > MANY)
        {
            return left.map(|left| (left - at.elapsed().as_secs_f64()).max(0.0));
        }
        let running = self.running.values().map(|now| RunningJob {
            work: self.jobs.get(&now.job).map_or(0.0, |(_, info)| info.work),
            seconds: now.since.elapsed().as_secs_f64(),
            initial: now.from,
            done: now.done,
        });
        let load = Workload {
            finished_work: self.spent.0,
            finished_seconds: self.spent.1,
            running: running.collect(),
            waiting: self.waiting.values().copied().collect(),
            slots: self.slots,
        };
        let left = load.seconds_left();
        self.left.set(Some((Instant::now(), left)));
        left
    }

    fn label(&self, job: &JobId) -> String {
        self.jobs
            .get(job)
            .map_or_else(|| job.to_string(), |(_, info)| info.label.clone())
    }
}

/// The two numbers that a person wants to see.
fn scores(values: &BTreeMap<String, f64>) -> String {
    let shown = [metric::VAL_ACCURACY, metric::VAL_LOSS, metric::TRAIN_LOSS];
    let parts = shown
        .iter()
        .filter_map(|name| Some(format!("{name} {:.4}", values.get(*name)?)));
    parts.take(2).collect::<Vec<_>>().join(", ")
}

/// An outcome with its detail.
fn what(outcome: &Outcome) -> String {
    let detail = match outcome {
        &Outcome::Crashed { signal, code } => {
            format!("its worker {}", describe_exit(signal, code))
        }
        other => other.detail(),
    };
    if detail.is_empty() {
        outcome.name().to_string()
    } else {
        format!("{}: {detail}", outcome.name())
    }
}

/// What a person can do about an outcome that would only repeat itself.
fn remedy(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::OutOfMemory => Some(
            "it would end so each time: fewer slots (--slots), a smaller batch or another device",
        ),
        Outcome::Diverged { .. } => {
            Some("it would end so each time: a lower learning rate is another job")
        }
        Outcome::TimedOut => Some("its checkpoint is kept: the same command goes on from there"),
        _ => None,
    }
}

fn with_end(text: &str, stderr: &str) -> String {
    let end: Vec<&str> = stderr.lines().rev().take(8).collect();
    let lines: String = end
        .into_iter()
        .rev()
        .map(|line| format!("\n    {line}"))
        .collect();
    format!("{text}{lines}")
}

fn bars(jobs: u64, slots: &[Slot]) -> Screen {
    let style = |template: &str| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    let all = MultiProgress::new();
    let sweep = all.add(
        ProgressBar::new(jobs).with_style(style("{bar:30} {pos} of {len} jobs, {elapsed}, {msg}")),
    );
    let line = style("{bar:30.dim} {prefix} {msg}");
    let one = |slot: &Slot| {
        all.add(
            ProgressBar::new(1000)
                .with_style(line.clone())
                .with_prefix(slot.device.to_string()),
        )
    };
    let slots = slots.iter().map(one).collect();
    Screen::Bars { all, sweep, slots }
}
