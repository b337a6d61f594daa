//! Workers without processes that do what a script says.

use crate::harness::{Clock, Finished, Reaction, quick_policy, run_all};
use convsweep_runner::launcher::{
    Blame, LaunchError, Launcher, Slot, SlotPlace, StderrTail, WorkerExit, WorkerHandle,
    WorkerMessage, WorkerReports, WorkerRequest,
};
use convsweep_runner::{RunEvent, RunPolicy};
use convsweep_spec::FORMAT;
use convsweep_spec::command::{Command, MISCONFIGURED};
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::job::Job;
use convsweep_spec::layout::EVENTS;
use convsweep_spec::metric::{Number, VAL_ACCURACY};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::precision::{Precision, Precisions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// What a worker does with a job.
#[derive(Clone, Debug)]
pub enum Step {
    /// Report an event.
    Report(Event),
    /// Write an event to the job's log without reporting it.
    Log(Event),
    /// Write a line to standard output.
    Line(String),
    /// Train for this long, without a sign of life.
    Train(Duration),
    /// Wait to be told to stop, and end as told.
    AwaitStop,
    /// Do not react to anything but being killed.
    Hang,
    /// Die by a signal.
    Die,
    /// Refuse the environment: say why on standard error and exit.
    RefuseEnvironment(&'static str),
}

type Script = Arc<dyn Fn(&Job) -> Vec<Step> + Send + Sync>;

/// Starts fake workers.
pub struct FakeLauncher {
    script: Script,
    slots: Vec<Slot>,
    /// Whether launching fails on a slot.
    refuses: fn(usize) -> bool,
    pub launched: Cell<usize>,
    /// The precision that each worker was launched for.
    pub precisions: RefCell<Vec<Precision>>,
}

impl FakeLauncher {
    /// Workers on this many slots, each on a device of its own.
    pub fn new(slots: u32, script: impl Fn(&Job) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let slot = |index| Slot {
            place: SlotPlace {
                host: 0,
                unit: index as u16,
            },
            device: DeviceName::cuda(index),
            threads: 1,
            precisions: Precisions::ALL,
        };
        FakeLauncher {
            script: Arc::new(script),
            slots: (0..slots).map(slot).collect(),
            refuses: |_| false,
            launched: Cell::new(0),
            precisions: RefCell::default(),
        }
    }

    pub fn refusing(self, refuses: fn(usize) -> bool) -> Self {
        FakeLauncher { refuses, ..self }
    }

    /// The slot can compute in these precisions.
    pub fn with_precisions(mut self, slot: usize, precisions: Precisions) -> Self {
        self.slots[slot].precisions = precisions;
        self
    }

    /// Runs jobs to the end, by the quick policy.
    pub fn run(&self, jobs: Vec<Job>) -> Finished {
        self.run_by(quick_policy(), jobs)
    }

    pub fn run_by(&self, policy: RunPolicy, jobs: Vec<Job>) -> Finished {
        run_all(Clock::Paused, self, jobs, policy, |_| Reaction::None)
    }

    pub fn run_reacting(
        &self,
        jobs: Vec<Job>,
        react: impl FnMut(&RunEvent) -> Reaction,
    ) -> Finished {
        run_all(Clock::Paused, self, jobs, quick_policy(), react)
    }
}

impl Launcher for FakeLauncher {
    fn slots(&self) -> Vec<Slot> {
        self.slots.clone()
    }

    fn launch(
        &self,
        slot: usize,
        precision: Precision,
        reports: WorkerReports,
    ) -> Result<WorkerHandle, LaunchError> {
        if (self.refuses)(slot) {
            return Err(LaunchError {
                reason: "no such program".into(),
                is_lasting: false,
            });
        }
        self.launched.set(self.launched.get() + 1);
        self.precisions.borrow_mut().push(precision);
        let (requests, received) = mpsc::unbounded_channel();
        let stderr = StderrTail::default();
        let worker = FakeWorker {
            script: Arc::clone(&self.script),
            requests: received,
            reports,
            stderr: stderr.clone(),
        };
        tokio::spawn(worker.work());
        Ok(WorkerHandle {
            program: "/fake/worker".into(),
            requests,
            stderr,
        })
    }
}

struct FakeWorker {
    script: Script,
    requests: mpsc::UnboundedReceiver<WorkerRequest>,
    reports: WorkerReports,
    stderr: StderrTail,
}

impl FakeWorker {
    async fn work(mut self) {
        let exit = loop {
            match self.requests.recv().await {
                None | Some(WorkerRequest::CloseInput) => break exited(0),
                Some(WorkerRequest::Kill) => break killed(9),
                Some(WorkerRequest::BeginAttempt(..)) => {}
                Some(WorkerRequest::Send(command)) => {
                    if let Command::Train(job) = *command
                        && let ControlFlow::Break(exit) = self.train(&job).await
                    {
                        break exit;
                    }
                }
            }
        };
        self.reports.send(WorkerMessage::Exited(exit)).await;
    }

    async fn train(&mut self, job: &Job) -> ControlFlow<WorkerExit> {
        for (n, step) in (0..).zip((self.script)(job)) {
            match step {
                Step::Report(event) => self.write(line(job, n, event)).await,
                Step::Log(event) => append_to_log(job, &line(job, n, event)),
                Step::Line(text) => self.write(text).await,
                Step::Train(time) => self.wait(time).await?,
                Step::AwaitStop => {
                    let outcome = self.next_stop().await?;
                    self.write(line(job, n, ended_as(outcome))).await;
                }
                Step::Hang => self.wait(Duration::MAX).await?,
                Step::Die => {
                    self.stderr.push(b"last words\n");
                    return ControlFlow::Break(killed(11));
                }
                Step::RefuseEnvironment(reason) => {
                    self.stderr.push(reason.as_bytes());
                    return ControlFlow::Break(exited(MISCONFIGURED));
                }
            }
        }
        ControlFlow::Continue(())
    }

    async fn write(&self, line: String) {
        self.reports.send(WorkerMessage::Line(line)).await;
    }

    /// Waits, unless the worker is killed; other requests are ignored.
    async fn wait(&mut self, time: Duration) -> ControlFlow<WorkerExit> {
        let mut rest = std::pin::pin!(sleep(time));
        loop {
            tokio::select! {
                () = &mut rest => return ControlFlow::Continue(()),
                request = self.requests.recv() => {
                    if let None | Some(WorkerRequest::Kill) = request {
                        return ControlFlow::Break(killed(9));
                    }
                }
            }
        }
    }

    async fn next_stop(&mut self) -> ControlFlow<WorkerExit, Outcome> {
        loop {
            match self.requests.recv().await {
                None | Some(WorkerRequest::Kill) => return ControlFlow::Break(killed(9)),
                Some(WorkerRequest::Send(command)) => {
                    if let Command::Stop { outcome } = *command {
                        return ControlFlow::Continue(outcome);
                    }
                }
                Some(WorkerRequest::BeginAttempt(..) | WorkerRequest::CloseInput) => {}
            }
        }
    }
}

fn exited(code: u8) -> WorkerExit {
    WorkerExit {
        outcome: Outcome::Crashed {
            signal: None,
            code: Some(code.into()),
        },
        is_clean: code == 0,
        blame: blame(code == 127),
        description: format!("exited with code {code}"),
    }
}

fn blame(is_unfit: bool) -> Blame {
    match is_unfit {
        true => Blame::Program,
        false => Blame::Attempt,
    }
}

fn killed(signal: i32) -> WorkerExit {
    WorkerExit {
        outcome: Outcome::Crashed {
            signal: Some(signal),
            code: None,
        },
        is_clean: false,
        blame: blame(signal == 4),
        description: format!("was killed by signal {signal}"),
    }
}

/// An event as a line.
pub fn line(job: &Job, n: u64, event: Event) -> String {
    let envelope = Envelope {
        format: FORMAT,
        job: job.id.clone(),
        attempt: job.execution.attempt,
        n,
        time: 0.0,
        event,
    };
    serde_json::to_string(&envelope).unwrap()
}

fn append_to_log(job: &Job, line: &str) {
    let path = job.execution.folder.join(EVENTS);
    let mut options = std::fs::File::options();
    let mut log = options.create(true).append(true).open(path).unwrap();
    writeln!(log, "{line}").unwrap();
}

fn ended_as(outcome: Outcome) -> Event {
    Event::Ended {
        outcome,
        seconds: 1.0,
        peak_memory_bytes: 1,
    }
}

/// The job ends with this outcome.
pub fn end(outcome: Outcome) -> Step {
    Step::Report(ended_as(outcome))
}

pub fn fail(message: &str) -> Step {
    end(Outcome::Failed {
        message: message.into(),
    })
}

/// A first event.
pub fn warn(text: &str) -> Step {
    Step::Report(Event::Warning { text: text.into() })
}

/// An epoch with this validation accuracy.
pub fn epoch(epoch: u32, accuracy: f64) -> Step {
    let values = BTreeMap::from([(VAL_ACCURACY.to_string(), Number(accuracy))]);
    Step::Report(Event::Metrics {
        phase: 0,
        epoch,
        step: u64::from(epoch),
        values,
    })
}

/// Every job finishes at once.
pub fn finish(_: &Job) -> Vec<Step> {
    vec![end(Outcome::Finished)]
}
