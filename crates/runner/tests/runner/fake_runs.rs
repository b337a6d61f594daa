//! Whole runs with fake workers: order, retries, states handed on, stopping, closing.

use crate::common::{job, job_with, run_all, slots, words};
use convsweep_runner::dispatch::worker_line::ProcessExit;
use convsweep_runner::launcher::{
    Launcher, StderrTail, Worker, WorkerId, WorkerMessage, WorkerRequest,
};
use convsweep_runner::{RunEvent, Slot, StopRequest};
use convsweep_spec::FORMAT;
use convsweep_spec::command::Command;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use std::cell::RefCell;
use std::path::Path;
use tokio::sync::mpsc;

/// What a fake worker does with a job.
#[derive(Clone)]
enum Do {
    Say(Box<Event>),
    Die,
    AwaitStop,
    Hang,
}

type Script = fn(&Job) -> Vec<Do>;

struct Fake {
    script: Script,
    refuse: fn(&Slot) -> bool,
    launched: RefCell<usize>,
}

impl Fake {
    fn new(script: Script) -> Self {
        Fake {
            script,
            refuse: |_| false,
            launched: RefCell::new(0),
        }
    }
}

impl Launcher for Fake {
    fn launch(
        &self,
        slot: &Slot,
        id: WorkerId,
        says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    ) -> Result<Worker, String> {
        if (self.refuse)(slot) {
            return Err("no such program".into());
        }
        *self.launched.borrow_mut() += 1;
        let (orders, received) = mpsc::unbounded_channel();
        let stderr = StderrTail::default();
        tokio::spawn(work(self.script, id, says, received, stderr.clone()));
        Ok(Worker { orders, stderr })
    }
}

async fn work(
    script: Script,
    id: WorkerId,
    says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    mut orders: mpsc::UnboundedReceiver<WorkerRequest>,
    stderr: StderrTail,
) {
    let exited = |signal, code| {
        says.send((
            id,
            WorkerMessage::Exited(ProcessExit {
                signal,
                code,
                out_of_memory: false,
            }),
        ))
    };
    while let Some(order) = orders.recv().await {
        let job = match order {
            WorkerRequest::Send(command) => match *command {
                Command::Train(job) => job,
                Command::Stop { .. } => continue,
            },
            WorkerRequest::Log(..) => continue,
            WorkerRequest::Close => break,
            WorkerRequest::Kill => {
                let _ = exited(Some(9), None).await;
                return;
            }
        };
        for (n, step) in (0..).zip(script(&job)) {
            let event = match step {
                Do::Say(event) => *event,
                Do::AwaitStop => {
                    while !matches!(orders.recv().await, Some(WorkerRequest::Send(c)) if *c == Command::CANCEL)
                    {
                    }
                    *ended(Outcome::Cancelled)
                }
                Do::Hang => {
                    while !matches!(orders.recv().await, Some(WorkerRequest::Kill)) {}
                    let _ = exited(Some(9), None).await;
                    return;
                }
                Do::Die => {
                    stderr.push(b"a word before death\n");
                    let _ = exited(Some(11), None).await;
                    return;
                }
            };
            let envelope = Envelope {
                format: FORMAT,
                job: job.id.clone(),
                attempt: job.execution.attempt,
                n,
                time: 0.0,
                event,
            };
            let _ = says
                .send((
                    id,
                    WorkerMessage::Line(serde_json::to_string(&envelope).unwrap()),
                ))
                .await;
        }
    }
    let _ = exited(None, Some(0)).await;
}

fn ended(outcome: Outcome) -> Box<Event> {
    Box::new(Event::Ended {
        outcome,
        seconds: 1.0,
        peak_memory_bytes: 1,
    })
}

fn warning(text: String) -> Do {
    Do::Say(Box::new(Event::Warning { text }))
}

fn finish(_: &Job) -> Vec<Do> {
    vec![Do::Say(ended(Outcome::Finished))]
}

fn jobs(dir: &Path, count: u64) -> Vec<Job> {
    (0..count).map(|seed| job(dir, seed)).collect()
}

fn nowhere() -> &'static Path {
    Path::new("/nowhere")
}

#[test]
fn one_worker_trains_job_after_job_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (fake, jobs) = (Fake::new(finish), jobs(dir.path(), 3));
    let (events, summary) = run_all(&fake, jobs.clone(), slots(1, nowhere()), |_| None);
    let expect = [0, 1, 2].map(|i| {
        [
            format!("{i}.1 on 0"),
            format!("{i}.1 finished"),
            format!("{i} done in 1"),
        ]
    });
    assert_eq!(words(&events, &jobs), expect.concat());
    assert_eq!(*fake.launched.borrow(), 1);
    assert_eq!((summary.well(), summary.left.len()), (3, 0));
    assert!(summary.error.is_none());
    assert!(jobs.iter().all(|job| job.execution.folder.is_dir()));
}

#[test]
fn a_crashed_job_comes_again_with_a_new_worker_and_the_next_number() {
    let dir = tempfile::tempdir().unwrap();
    let crash_twice: Script = |job| match (job.question.seed, job.execution.attempt) {
        (0, 5 | 6) => vec![warning("w".into()), Do::Die],
        _ => finish(job),
    };
    let (fake, mut jobs) = (Fake::new(crash_twice), jobs(dir.path(), 2));
    jobs[0].execution.attempt = 5;
    let (events, summary) = run_all(&fake, jobs.clone(), slots(1, nowhere()), |_| None);
    let expect = [
        "0.5 on 0",
        "0.5 crashed!",
        "0 again as 6",
        "0.6 on 0",
        "0.6 crashed!",
        "0 again as 7",
        "0.7 on 0",
        "0.7 finished",
        "0 done in 3",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ];
    assert_eq!(words(&events, &jobs), expect);
    assert_eq!((*fake.launched.borrow(), summary.well()), (3, 2));
    let said = events.iter().find_map(|e| match e {
        RunEvent::AttemptEnded { stderr, .. } => Some(stderr.as_str()),
        _ => None,
    });
    assert_eq!(said, Some("a word before death\n"));
}

#[test]
fn failed_jobs_are_not_repeated_but_their_worker_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let script: Script = |job| match job.question.seed {
        0 => vec![Do::Say(ended(Outcome::Failed {
            message: "m".into(),
        }))],
        1 => vec![Do::Say(ended(Outcome::OutOfMemory))],
        2 => vec![Do::Say(ended(Outcome::Diverged {
            epoch: 0,
            step: 0,
            learning_rate: 1.0,
            loss: None,
        }))],
        _ => finish(job),
    };
    let (fake, jobs) = (Fake::new(script), jobs(dir.path(), 4));
    let (_, summary) = run_all(&fake, jobs, slots(1, nowhere()), |_| None);
    let ended: Vec<_> = summary
        .ended
        .iter()
        .map(|(_, attempts, o)| format!("{} {attempts}", o.name()))
        .collect();
    assert_eq!(
        ended,
        ["failed 1", "out-of-memory 1", "diverged 1", "finished 1"]
    );
    assert_eq!((*fake.launched.borrow(), summary.well()), (3, 1));
}

#[test]
fn a_saved_state_is_handed_to_the_job_that_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let script: Script = |job| {
        let from = job
            .execution
            .start_from
            .as_ref()
            .map(|s| format!("{} {}", s.epoch, s.path.display()));
        let question = &job.question;
        let epoch = question.configuration.train.epochs();
        let key = question.state_key(epoch);
        let saved = Event::StateSaved {
            epoch,
            key,
            path: "states/last".into(),
            bytes: 1,
        };
        vec![
            warning(from.unwrap_or_default()),
            Do::Say(Box::new(saved)),
            Do::Say(ended(Outcome::Finished)),
        ]
    };
    let long = job_with(dir.path(), 0, &[(2, 0.1), (1, 0.01)]);
    let short = job_with(dir.path(), 0, &[(2, 0.1)]);
    let folder = short.execution.folder.join("states/last");
    let jobs = vec![long, job(dir.path(), 7), short];
    let (events, _) = run_all(
        &Fake::new(script),
        jobs.clone(),
        slots(1, nowhere()),
        |_| None,
    );
    let started: Vec<_> = words(&events, &jobs)
        .into_iter()
        .filter(|w| w.contains(" on "))
        .collect();
    assert_eq!(started, ["1.1 on 0", "2.1 on 0", "0.1 on 0"]);
    let texts = events.iter().filter_map(|e| match e {
        RunEvent::Worker(e) => match &e.event {
            Event::Warning { text } => Some(text.clone()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [
            String::new(),
            String::new(),
            format!("2 {}", folder.display())
        ]
    );
}

#[test]
fn draining_lets_workers_end_and_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let script: Script = |_| vec![warning("w".into()), Do::AwaitStop];
    let jobs = jobs(dir.path(), 5);
    let mut heard = 0;
    let (events, summary) = run_all(
        &Fake::new(script),
        jobs.clone(),
        slots(2, nowhere()),
        |event| {
            heard += usize::from(matches!(event, RunEvent::Worker(_)));
            (heard == 2).then_some(StopRequest::Drain)
        },
    );
    let mut expect = vec![
        "0.1 on 0",
        "1.1 on 1",
        "stopping Drain 2",
        "0.1 cancelled",
        "1.1 cancelled",
    ];
    let mut got = words(&events, &jobs);
    got[3..].sort();
    expect[3..].sort_unstable();
    assert_eq!(got, expect);
    assert_eq!(
        (summary.left.len(), summary.stopped),
        (5, StopRequest::Drain)
    );
    assert!(summary.error.is_none());
}

#[test]
fn stopping_now_kills_even_what_does_not_listen() {
    let dir = tempfile::tempdir().unwrap();
    let script: Script = |_| vec![warning("w".into()), Do::Hang];
    let jobs = jobs(dir.path(), 3);
    let (events, summary) = run_all(
        &Fake::new(script),
        jobs.clone(),
        slots(1, nowhere()),
        |event| match event {
            RunEvent::Worker(_) => Some(StopRequest::Drain),
            RunEvent::Stopping {
                stop: StopRequest::Drain,
                ..
            } => Some(StopRequest::Now),
            _ => None,
        },
    );
    let expect = [
        "0.1 on 0",
        "stopping Drain 1",
        "stopping Now 1",
        "0.1 cancelled!",
    ];
    assert_eq!(words(&events, &jobs), expect);
    assert_eq!((summary.left.len(), summary.stopped), (3, StopRequest::Now));
}

#[test]
fn a_slot_that_cannot_start_is_closed_and_the_other_does_the_work() {
    let dir = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(finish);
    fake.refuse = |slot| slot.device == DeviceName::cuda(0);
    let jobs = jobs(dir.path(), 50);
    let (_, summary) = run_all(&fake, jobs.clone(), slots(2, nowhere()), |_| None);
    assert_eq!((summary.well(), summary.left.len()), (50, 0));
    let mut fake = Fake::new(finish);
    fake.refuse = |_| true;
    let (events, summary) = run_all(&fake, jobs.clone(), slots(1, nowhere()), |_| None);
    let expect = [
        "start 1 failed on 0",
        "start 2 failed on 0",
        "start 3 failed on 0",
        "slot 0 closed",
    ];
    assert_eq!(words(&events, &jobs), expect);
    assert_eq!(summary.left.len(), 50);
    let error = summary.error.unwrap();
    assert_eq!(error.exit_code(), 4);
    assert!(
        error
            .to_string()
            .contains("50 jobs were not trained: no such program"),
        "{error}"
    );
}

#[test]
fn workers_that_die_before_a_word_close_their_slot_with_the_end_of_stderr() {
    let dir = tempfile::tempdir().unwrap();
    let jobs = jobs(dir.path(), 5);
    let (events, summary) = run_all(
        &Fake::new(|_| vec![Do::Die]),
        jobs.clone(),
        slots(1, nowhere()),
        |_| None,
    );
    assert_eq!(words(&events, &jobs).last().unwrap(), "slot 0 closed");
    assert_eq!(
        (
            summary.ended.len(),
            summary.left.len(),
            summary.closed.len()
        ),
        (0, 5, 1)
    );
    let text = summary.error.unwrap().to_string();
    assert!(
        text.contains("before its first word") && text.ends_with("a word before death"),
        "{text}"
    );
}

#[test]
fn without_slots_or_jobs_a_run_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::new(finish);
    assert!(
        run_all(&fake, vec![], slots(1, nowhere()), |_| None)
            .1
            .error
            .is_none()
    );
    let summary = run_all(&fake, jobs(dir.path(), 1), vec![], |_| None).1;
    assert!(
        summary
            .error
            .unwrap()
            .to_string()
            .contains("there are none")
    );
}

#[test]
fn a_job_folder_that_cannot_be_made_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("jobs"), "in the way").unwrap();
    let summary = run_all(
        &Fake::new(finish),
        jobs(dir.path(), 3),
        slots(2, nowhere()),
        |_| None,
    )
    .1;
    assert_eq!(
        (summary.error.unwrap().exit_code(), summary.left.len()),
        (5, 3)
    );
}

#[test]
fn ten_thousand_jobs_cost_less_than_a_millisecond_each() {
    let dir = tempfile::tempdir().unwrap();
    let mut jobs = jobs(dir.path(), 10_000);
    for job in &mut jobs {
        job.execution.folder = dir.path().into();
    }
    let begun = std::time::Instant::now();
    let (_, summary) = run_all(&Fake::new(finish), jobs, slots(2, nowhere()), |_| None);
    assert_eq!(summary.well(), 10_000);
    assert!(
        begun.elapsed().as_secs_f64() < 10.0,
        "{:?}",
        begun.elapsed()
    );
}
