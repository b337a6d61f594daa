//! `run`: makes the plan true. Trains what is missing, stores, reports.

mod notify;

use super::report::render;
use crate::args::{PlanArgs, RunArgs};
use crate::context::Context;
use crate::exit::{Code, Exit, Failure, data_failure, runner_failure};
use crate::output::progress::{Display, JobInfo};
use crate::planning::difference::{Held, Standing, counts};
use crate::planning::search::search_input;
use crate::planning::slots::find_launcher;
use crate::planning::stages;
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_runner::launcher::Launcher;
use convsweep_runner::local::LocalLauncher;
use convsweep_runner::search::SearchInput;
use convsweep_runner::{
    ControlRequest, ExperimentLog, LimitReached, ResultsLock, RunEvent, RunPolicy, RunSummary,
    StopRequest,
};
use convsweep_spec::device::DeviceName;
use convsweep_spec::id::JobId;
use convsweep_spec::job::{Execution, Job, Question};
use convsweep_spec::log::{Choice, MemberJob, Record, Revision};
use convsweep_spec::search::SearchSettings;
use convsweep_spec::words::{counted, duration};
use convsweep_store::{Reader, Writer};
use notify::Notifier;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// A job of the plan: the index of its configuration, its id, what it asks, its standing.
type Asked = (usize, JobId, Question, Standing);

/// Runs the files one after another.
pub fn run(context: &Context, args: &RunArgs) -> Result<Exit> {
    if args.dry_run {
        let changes = args.changes.clone();
        let plan = PlanArgs {
            files: args.files.clone(),
            changes,
            all: false,
            simulate: None,
            json: false,
        };
        return super::plan::plan(context, &plan);
    }
    let mut plans = Vec::new();
    for file in &args.files {
        plans.push(context.plan(file, &args.changes)?);
    }
    let _lock = ResultsLock::acquire(&context.results).map_err(runner_failure)?;
    let mut exit = Exit::Complete;
    for (plan, file) in plans.iter().zip(&args.files) {
        match run_stages(context, args, file, plan)? {
            Exit::Complete => {}
            Exit::Interrupted => return Ok(Exit::Interrupted),
            other => exit = other,
        }
    }
    Ok(exit)
}

/// Runs a plan; where it has stages, one after another, each from what the one before it chose.
fn run_stages(context: &Context, args: &RunArgs, file: &Path, plan: &Plan) -> Result<Exit> {
    let mut exit = run_one(context, args, plan)?;
    let mut plan = plan.clone();
    while exit != Exit::Interrupted
        && let Some(decision) = stages::choose(context, &plan)?
    {
        eprintln!(
            "{}: stage \"{}\" chose {}",
            plan.name, decision.stage, decision.label
        );
        let decisions: Vec<Choice> = plan.decisions.iter().cloned().chain([decision]).collect();
        plan = context.plan_decided(file, &args.changes, &decisions)?;
        exit = match (exit, run_one(context, args, &plan)?) {
            (Exit::JobsFailed, Exit::Complete) => Exit::JobsFailed,
            (_, latest) => latest,
        };
    }
    Ok(exit)
}

fn run_one(context: &Context, args: &RunArgs, plan: &Plan) -> Result<Exit> {
    let launcher = find_launcher(args.devices.as_deref(), args.slots.as_deref(), plan)?;
    let writer = Writer::open(&context.results).code(Exit::Results)?;
    for problem in writer.sync(&context.results).code(Exit::Results)?.problems {
        eprintln!("note: {problem}");
    }
    let mut log = ExperimentLog::open(&context.results, &plan.name).map_err(runner_failure)?;
    log.notes()
        .iter()
        .for_each(|note| eprintln!("note: {note}"));
    refuse_other_file(&log, plan)?;
    let held = Held::look(&context.results, plan)?;
    let mut lacking = standings(&held, plan);
    if !args.only.is_empty() {
        keep_only(&mut lacking, &args.only)?;
    }
    let trains = lacking.iter().any(|(.., standing)| standing.is_trained());
    let told = counts(lacking.iter().map(|(.., standing)| standing));
    if trains {
        open_image_sets(context, plan)?;
    }
    record_plan(&writer, &mut log, plan)?;
    let mut notifier = Notifier::new(args.notify.clone(), &plan.name);
    let summary = if trains {
        if !context.quiet {
            let all = [
                (plan.configurations.len(), "configuration"),
                (plan.jobs(), "job"),
                (launcher.slots.len(), "slot"),
            ];
            let [configurations, jobs, slots] = all.map(|(n, noun)| counted(n as u64, noun));
            eprintln!("{}: {configurations}, {jobs}: {told} · {slots}", plan.name);
        }
        let jobs = jobs(context, plan, &lacking, &held);
        // Jobs named by --only are always trained.
        let search = if args.only.is_empty() {
            search(context, plan, &held)?
        } else {
            None
        };
        let policy = RunPolicy {
            search,
            ..RunPolicy::from(&plan.run)
        };
        train(
            context,
            plan,
            jobs,
            &launcher,
            policy,
            &mut notifier,
            (&writer, &mut log),
        )?
    } else {
        eprintln!(
            "{}: {}: {told}; nothing to train",
            plan.name,
            counted(plan.jobs() as u64, "job")
        );
        RunSummary::default()
    };
    writer.flush().code(Exit::Results)?;
    let asked: Vec<JobId> = lacking.into_iter().map(|(_, id, ..)| id).collect();
    let trained = !summary.done.is_empty() || !summary.remaining.is_empty();
    let exit = conclude(context, plan, &asked, summary)?;
    let event = if exit == Exit::Interrupted {
        "interrupted"
    } else {
        "finished"
    };
    if trained {
        notifier.say(
            event,
            "",
            &format!("{}: exit code {}", plan.name, exit as u8),
        );
    }
    Ok(exit)
}

/// Every job of the plan with its question and its standing, in the plan's order.
fn standings(held: &Held, plan: &Plan) -> Vec<Asked> {
    let whole = |(index, job, standing): (usize, &MemberJob, Standing)| {
        (
            index,
            job.job.clone(),
            plan.configurations[index].question(job),
            standing,
        )
    };
    held.standings(plan).into_iter().map(whole).collect()
}

/// Leaves the named jobs alone in the list. Who names a job wants it trained, though it would end
/// as it did before.
fn keep_only(lacking: &mut Vec<Asked>, only: &[String]) -> Result<()> {
    if let Some(unknown) = only
        .iter()
        .find(|name| !lacking.iter().any(|(_, id, ..)| id.0.starts_with(*name)))
    {
        let message = format!(
            "--only {unknown}: the file asks for no such job; `convsweep plan FILE --json` lists them"
        );
        return Err(Failure {
            exit: Exit::Wrong,
            message,
        }
        .into());
    }
    lacking.retain(|(_, id, ..)| only.iter().any(|name| id.0.starts_with(name)));
    for (.., standing) in lacking {
        if matches!(standing, Standing::Settled { .. }) {
            *standing = Standing::New;
        }
    }
    Ok(())
}

/// The same name from another file is another experiment, and an error.
fn refuse_other_file(log: &ExperimentLog, plan: &Plan) -> Result<()> {
    let Some(held) = log.revision().map(|r| r.file.clone()) else {
        return Ok(());
    };
    let file = plan.file.display().to_string();
    let same_file_name = std::path::Path::new(&held).file_name() == plan.file.file_name();
    if held == file || (same_file_name && !std::path::Path::new(&held).exists()) {
        return Ok(());
    }
    let message = format!(
        "the experiment \"{}\" belongs to {held}, this is {file}: give one of them another name",
        plan.name
    );
    Err(Failure {
        exit: Exit::Wrong,
        message,
    }
    .into())
}

/// Decodes every image set before the first worker needs it, so that what is missing is said before
/// anything is trained.
fn open_image_sets(context: &Context, plan: &Plan) -> Result<()> {
    let mut seen = Vec::new();
    for planned in &plan.configurations {
        let key = (&planned.member.resolved.data, &planned.data_path);
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let at = context.location(planned.data_path.as_deref());
        let set = convsweep_data::open(at, &planned.member.resolved.data).map_err(data_failure)?;
        convsweep_data::split(
            &set,
            &planned.member.resolved.data,
            Some(0).filter(|_| planned.member.resolved.data.split.folds().is_some()),
        )
        .map_err(data_failure)?;
    }
    Ok(())
}

fn record_plan(writer: &Writer, log: &mut ExperimentLog, plan: &Plan) -> Result<()> {
    let revision = Revision {
        revision: 0,
        experiment: plan.name.clone(),
        file: plan.file.display().to_string(),
        text: plan.text.clone(),
        includes: plan.includes.clone(),
        overrides: plan.overrides.clone(),
        question: plan.question.clone(),
        metric: plan.metric.clone(),
        baseline: plan.baseline.clone(),
        axes: plan.axes.clone(),
        classes: plan.classes.clone(),
        show_test: plan.show_test,
        decisions: plan.decisions.clone(),
    };
    let members = plan
        .configurations
        .iter()
        .map(|c| c.member.clone())
        .collect();
    for entry in log
        .revise(revision, members)
        .map_err(runner_failure)?
        .entries
    {
        writer.entry(&plan.name, entry);
    }
    writer.flush().code(Exit::Results)
}

/// The jobs that are trained, in the order in which they start: by the file's priority, then the
/// least work first if the file does not ask for its own order; seeds of a configuration together.
fn jobs(context: &Context, plan: &Plan, lacking: &[Asked], held: &Held) -> Vec<(usize, Job)> {
    let job = |(index, id, question, standing): &Asked| {
        let execution = Execution {
            attempt: held.states.get(id).map_or(0, |s| s.attempts) + 1,
            device: DeviceName::CPU,
            threads: 1,
            folder: context.results.job(id),
            data_cache: context.data.clone(),
            data_path: plan.configurations[*index].data_path.clone(),
            weights: plan.configurations[*index].weights.clone(),
            start_from: match standing {
                Standing::Extended(state) => Some(state.clone()),
                _ => None,
            },
            checkpoint_every: plan.run.checkpoint_every,
            until: None,
        };
        (
            *index,
            Job {
                format: convsweep_spec::FORMAT,
                id: id.clone(),
                question: question.clone(),
                execution,
            },
        )
    };
    let mut jobs: Vec<(usize, Job)> = lacking
        .iter()
        .filter(|(.., standing)| standing.is_trained())
        .map(job)
        .collect();
    let place = |index: usize| {
        let planned = &plan.configurations[index];
        (
            planned.rank,
            if plan.run.short_first {
                work(planned)
            } else {
                0.0
            },
        )
    };
    // A stable sort by what belongs to the configuration: its seeds stay together.
    jobs.sort_by(|(a, _), (b, _)| {
        let ((rank_a, work_a), (rank_b, work_b)) = (place(*a), place(*b));
        rank_a
            .cmp(&rank_b)
            .then(work_a.total_cmp(&work_b))
            .then(a.cmp(b))
    });
    jobs
}

fn train(
    context: &Context,
    plan: &Plan,
    jobs: Vec<(usize, Job)>,
    launcher: &LocalLauncher,
    policy: RunPolicy,
    notifier: &mut Notifier,
    (writer, log): (&Writer, &mut ExperimentLog),
) -> Result<RunSummary> {
    let infos = jobs
        .iter()
        .map(|(index, job)| (job.id.clone(), info(plan, *index, &job.question)))
        .collect();
    let mut display = Display::new(
        infos,
        &launcher.slots(),
        command(plan),
        policy.search.is_some(),
        context.quiet,
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .code(Exit::Device)?;
    let summary = runtime.block_on(async {
        let (say, mut hear) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(StopRequest::No);
        let (tell, told) = mpsc::unbounded_channel();
        let jobs = jobs.into_iter().map(|(_, job)| job).collect();
        let running = convsweep_runner::run(launcher, jobs, policy, say, stopped, told);
        let following = async {
            let mut failed = None;
            while let Some(event) = hear.recv().await {
                display.on(&event);
                if let RunEvent::Finished { job, outcome, .. } = &event
                    && convsweep_runner::is_failure(outcome)
                {
                    notifier.say(
                        "failed",
                        &job.0,
                        &format!("{} {}", outcome.name(), outcome.detail()),
                    );
                }
                if let Err(error) = store(&plan.name, event, writer, log) {
                    _ = stop.send(StopRequest::Drain);
                    failed.get_or_insert(error);
                }
            }
            failed.map_or(Ok(()), Err)
        };
        let work = async { tokio::join!(running, following) };
        tokio::select! {
            (summary, followed) = work => followed.map(|()| summary),
            never = signals(&stop) => match never {},
            never = controls(context, &tell) => match never {},
        }
    });
    display.close();
    summary
}

/// What the plan's `[search]` says, with what is known of its jobs.
fn search(context: &Context, plan: &Plan, held: &Held) -> Result<Option<SearchInput>> {
    if plan.search == SearchSettings::default() {
        return Ok(None);
    }
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let input = search_input(plan, &plan.search, &held.states, &reader).code(Exit::Results)?;
    Ok(Some(input))
}

/// The command line that runs this plan.
fn command(plan: &Plan) -> String {
    let word = |text: &str| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=,:+".contains(c);
        if text.chars().all(plain) {
            text.to_string()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let changes = plan
        .overrides
        .iter()
        .map(|text| match text.split_once(' ') {
            Some((flag, value)) => format!(" {flag} {}", word(value)),
            None => format!(" {}", word(text)),
        });
    format!(
        "convsweep run {}{}",
        word(&plan.file.display().to_string()),
        changes.collect::<String>()
    )
}

/// Passes on what other processes tell the run.
async fn controls(
    context: &Context,
    tell: &mpsc::UnboundedSender<ControlRequest>,
) -> std::convert::Infallible {
    loop {
        for control in convsweep_runner::take_controls(&context.results) {
            _ = tell.send(control);
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// First signal: drain; second: stop at once.
async fn signals(stop: &watch::Sender<StopRequest>) -> std::convert::Infallible {
    let listen = |kind| signal(kind).ok();
    let (mut interrupt, mut terminate) = (
        listen(SignalKind::interrupt()),
        listen(SignalKind::terminate()),
    );
    async fn next(signal: &mut Option<tokio::signal::unix::Signal>) {
        match signal {
            Some(signal) => _ = signal.recv().await,
            None => std::future::pending().await,
        }
    }
    loop {
        tokio::select! {
            () = next(&mut interrupt) => {}
            () = next(&mut terminate) => {}
        }
        let next = if *stop.borrow() == StopRequest::No {
            StopRequest::Drain
        } else {
            StopRequest::Now
        };
        _ = stop.send(next);
    }
}

fn store(
    experiment: &str,
    event: RunEvent,
    writer: &Writer,
    log: &mut ExperimentLog,
) -> Result<()> {
    match event {
        RunEvent::Worker(envelope) => writer.event(*envelope),
        RunEvent::AttemptEnded {
            job,
            attempt,
            outcome,
            by_worker: false,
            stderr,
            ..
        } => {
            let record = Record::AttemptEnded {
                job,
                attempt,
                outcome,
                stderr,
            };
            writer.entry(experiment, log.append(record).map_err(runner_failure)?);
        }
        RunEvent::Decided(decision) => {
            writer.entry(
                experiment,
                log.append(Record::Decision(decision))
                    .map_err(runner_failure)?,
            );
        }
        _ => {}
    }
    Ok(())
}

fn info(plan: &Plan, index: usize, question: &Question) -> JobInfo {
    let planned = &plan.configurations[index];
    let fold = question
        .fold
        .map_or(String::new(), |fold| format!(", fold {}", fold + 1));
    JobInfo {
        label: format!("{}, seed {}{fold}", planned.member.label, question.seed),
        work: work(planned),
    }
}

/// Work of a job of the configuration: epochs × images × multiply-accumulates.
fn work(planned: &Planned) -> f64 {
    let images = planned
        .member
        .resolved
        .data
        .limit
        .unwrap_or(planned.facts.train_images);
    let epochs = planned.member.resolved.train.epochs();
    f64::from(epochs) * f64::from(images) * planned.summary.macs as f64
}

fn conclude(context: &Context, plan: &Plan, ids: &[JobId], summary: RunSummary) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let states = reader.job_states(ids).code(Exit::Results)?;
    let finished = ids
        .iter()
        .filter(|id| states.get(id).is_some_and(|s| s.finished))
        .count();
    if finished > 0 {
        render(context, &reader, &plan.name)?;
    }
    if let Some(error) = summary.error {
        return Err(runner_failure(error));
    }
    let left = summary.remaining.len();
    if summary.stop_request != StopRequest::No {
        eprintln!(
            "interrupted: {finished} of {} jobs are finished, {left} go on with the same command",
            ids.len()
        );
        return Ok(Exit::Interrupted);
    }
    match summary.limit_reached {
        Some(LimitReached::TimeLimit) => {
            let limit = plan.run.sweep_time_limit.unwrap_or_default().as_secs_f64();
            eprintln!(
                "the sweep's time limit of {} is over: {left} jobs go on with the same command",
                duration(limit)
            );
            return Ok(Exit::Interrupted);
        }
        Some(LimitReached::Failures(count)) => {
            eprintln!(
                "stopped after {count} failed jobs, as run.on_failure asks: {left} jobs go on with the same command"
            );
        }
        None => {}
    }
    let spared = ids
        .iter()
        .filter(|id| {
            states
                .get(id)
                .is_some_and(|s| s.outcome.as_deref() == Some("stopped"))
        })
        .count();
    if spared > 0 {
        eprintln!(
            "{spared} of {} jobs were spared ([search]); `convsweep explain JOB` tells why",
            ids.len()
        );
    }
    let finished = finished + spared;
    if finished < ids.len() {
        eprintln!(
            "{} of {} jobs did not finish; `convsweep status {}` names them",
            ids.len() - finished,
            ids.len(),
            plan.name
        );
        return Ok(Exit::JobsFailed);
    }
    Ok(Exit::Complete)
}
