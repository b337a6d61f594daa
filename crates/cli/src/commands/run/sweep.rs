//! One sweep: compares a plan with what is recorded, trains what is missing, and concludes.

use super::args::RunArgs;
use super::command_line::command_line;
use super::conclude::{AtRest, conclude};
use super::event_lines::EventLines;
use super::follow::{Follower, run_and_follow};
use super::job_order::{QueuedJob, configuration_order, keep_only, queue};
use super::lines::{RunLine, RunLines, job_tags, planned_configurations};
use super::notify::Notifier;
use super::queue_notice::QueueNotice;
use super::record::{record_overruled, record_plan, refuse_other_file};
use super::run_log;
use super::undecidable::refuse_to_decide;
use super::unlogged::Unlogged;
use crate::commands::report::render_doubted;
use crate::context::Context;
use crate::exit::{self, Code, Exit, data_failure, runner_failure};
use crate::integrity::{look_at, notes_of};
use crate::output::progress::RunDisplay;
use crate::planning::cost::MemoryEstimate;
use crate::planning::job_action::{JobAction, PlannedJob, counts};
use crate::planning::recorded_jobs::RecordedJobs;
use crate::planning::search_identity::search_identity;
use crate::planning::search_input::search_input;
use crate::planning::slots::{choose_devices, slot_names};
use crate::streams::{dropped_messages, say_error};
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::launcher::Launcher;
use convsweep_runner::search::{SearchHistory, SearchInput};
use convsweep_runner::{ExperimentLog, ResultsLock, RunPolicy, RunSummary};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::EXPERIMENT_LOG;
use convsweep_spec::search::SearchSettings;
use convsweep_spec::words::{counted, printable};
use convsweep_store::DatabaseWriter;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Runs one plan, and writes down in the experiment's `run.log` what happens.
///
/// # Errors
/// What prevents the run; failed jobs are an exit code.
pub fn sweep(
    context: &Context,
    (args, lines): (&RunArgs, &RunLines),
    plan: &Plan,
    lock: &mut ResultsLock,
) -> Result<Exit> {
    context.signals.preparing();
    let _log = run_log::start(context, plan);
    let result = sweep_logged(context, (args, lines), plan, lock);
    let dropped = dropped_messages();
    if dropped > 0 {
        tracing::info!("{dropped} messages were not shown, because nobody read stderr");
    }
    match &result {
        Ok(exit) => tracing::info!("ended with exit code {}", *exit as u8),
        Err(error) => {
            let code = exit::of(error) as u8;
            tracing::info!("ended with exit code {code}: {error:#}");
        }
    }
    result
}

fn sweep_logged(
    context: &Context,
    (args, lines): (&RunArgs, &RunLines),
    plan: &Plan,
    lock: &mut ResultsLock,
) -> Result<Exit> {
    let devices = choose_devices(context, args.device_options(), plan)?;
    let phase = context.phase("reading the logs");
    let writer = DatabaseWriter::open(&context.results).code(Exit::Results)?;
    let progress = |done, all| phase.step(done, all);
    let synced = writer.sync_telling(&context.results, &progress);
    let synced = synced.code(Exit::Results)?;
    let mut log = ExperimentLog::open(&context.results, &plan.name).map_err(runner_failure)?;
    drop(phase);
    // The log has just been read once more, as a whole.
    let own = format!("{}/{EXPERIMENT_LOG}:", plan.name);
    let is_line = |place: &str| place.starts_with(|first: char| first.is_ascii_digit());
    let is_own = |problem: &&String| problem.strip_prefix(&own).is_some_and(is_line);
    let others = synced.problems.iter().filter(|problem| !is_own(problem));
    for note in others.chain(log.notes()) {
        lines.note(note);
    }
    refuse_other_file(&log, plan)?;
    let database = context.database_if_any()?;
    if let Some(database) = database.as_ref().filter(|_| synced.was_changed) {
        render_doubted(context, database, &plan.name)?;
    }
    let recorded = RecordedJobs::of(database.as_ref(), plan, log.history())?;
    let mut jobs = recorded.planned_jobs(plan);
    let mut overruled = vec![];
    if !args.only.is_empty() {
        overruled = keep_only(&mut jobs, &args.only)?;
    }
    let repaired = repaired_epochs(args, plan);
    if args.repaired.is_some() {
        // Nobody asks for more than what was there: no decision is overruled.
        overruled.clear();
        jobs.retain(|job| repaired.get(&job.job.job) != Some(&0));
    }
    let unlogged = Unlogged::of(database.as_ref(), &log, &plan.name)?;
    let redecided = refuse_to_decide(args, plan, &jobs, (&log, &unlogged))?;
    log.skip_revisions(unlogged.revision);
    let trains = jobs.iter().any(|job| job.action.is_trained());
    let most_memory = match args.changes.ignore_memory {
        true => None,
        false => {
            let estimate = MemoryEstimate::of(database.as_ref(), plan, &devices)?;
            estimate.most(&devices, plan, &jobs)?
        }
    };
    // Its files are needed for workers where few may be open.
    drop(database);
    let mut notes = devices.precision_notes(plan, &jobs)?;
    let (launcher, about_slots) = devices.launcher(most_memory)?;
    notes.extend(about_slots);
    if trains {
        open_image_sets(context, plan, lines)?;
        tell_about_data(plan, lines);
        notes.iter().for_each(|note| lines.note(note));
    }
    if redecided.forgets {
        let forgotten = writer.forget_lost_entries(&plan.name);
        forgotten.code(Exit::Results)?;
    }
    record_plan(&writer, &mut log, plan, redecided.lines)?;
    note_lost_files(context, plan, &jobs, lines)?;
    let mut notifier = Notifier::new(args.notify.clone(), &plan.name);
    record_overruled(&writer, &mut log, plan, &overruled, &recorded)?;
    announce(context, plan, &jobs, launcher.slots().len());
    lines.say(&planned_line(plan, &jobs, launcher.slots().len()));
    announce_unbound(plan, &recorded, lines);
    let log = RefCell::new(log);
    // The rules also judge what other experiments have trained.
    let decides = args.only.is_empty() && plan.search != SearchSettings::default();
    let summary = if trains || decides {
        let follower = (&writer, &log, &mut notifier, lock);
        let asked = (args, plan, lines);
        train(context, asked, (&jobs, &recorded), &launcher, follower)?
    } else {
        RunSummary::default()
    };
    writer.flush().code(Exit::Results)?;
    // Whoever is told that the run has ended finds them there.
    if let Err(error) = writer.write_answers() {
        tracing::info!("the answers were not written to the database: {error}");
    }
    let ids: Vec<JobId> = jobs.into_iter().map(|job| job.job.job.clone()).collect();
    let trained = !summary.done.is_empty() || !summary.remaining.is_empty();
    let stopped = log
        .borrow()
        .history()
        .binding(&search_identity(plan))
        .stopped;
    let at_rest = AtRest { stopped, repaired };
    let exit = conclude(context, (plan, lines), (&ids, &at_rest), summary)?;
    if trained {
        notify_end(&mut notifier, plan, exit);
    }
    Ok(exit)
}

/// The epochs up to which damaged jobs are trained again that had not finished; none where no rule
/// judges jobs.
fn repaired_epochs(args: &RunArgs, plan: &Plan) -> BTreeMap<JobId, u32> {
    match &args.repaired {
        Some(repaired) if plan.search != SearchSettings::default() => repaired.clone(),
        Some(_) | None => BTreeMap::new(),
    }
}

/// Says which files of finished jobs are gone or have another size.
fn note_lost_files(
    context: &Context,
    plan: &Plan,
    jobs: &[PlannedJob],
    lines: &RunLines,
) -> Result<()> {
    let _phase = context.phase("looking at the files of finished jobs");
    let finished = jobs.iter().filter(|job| job.action == JobAction::Reuse);
    let finished: Vec<JobId> = finished.map(|job| job.job.job.clone()).collect();
    let faults = look_at(&context.results, &context.database()?, &finished)?;
    for note in notes_of(&faults, &plan.name) {
        lines.note(&note);
    }
    Ok(())
}

/// Says what the plan consists of and what is to be done.
fn announce(context: &Context, plan: &Plan, jobs: &[PlannedJob], slots: usize) {
    let name = &plan.name;
    let total = counted(plan.jobs() as u64, "job");
    let counts = counts(jobs.iter().map(|job| &job.action));
    let trains = jobs.iter().any(|job| job.action.is_trained());
    let text = if trains {
        let configurations = counted(plan.configurations.len() as u64, "configuration");
        let slots = counted(slots as u64, "slot");
        format!("{name}: {configurations}, {total}: {counts} · {slots}")
    } else {
        format!("{name}: {total}: {counts}; nothing to train")
    };
    tracing::info!("{text}");
    if !(context.quiet && trains) {
        say_error(&text);
    }
}

/// The same as a line.
fn planned_line<'a>(plan: &'a Plan, jobs: &[PlannedJob], slots: usize) -> RunLine<'a> {
    let mut standings = BTreeMap::new();
    for job in jobs {
        *standings.entry(job.action.words()).or_default() += 1;
    }
    RunLine::Planned {
        experiment: &plan.name,
        file: plan.file.display().to_string(),
        configurations: planned_configurations(plan),
        jobs: jobs.len(),
        to_train: jobs.iter().filter(|job| job.action.is_trained()).count(),
        standings,
        slots,
    }
}

/// Says which recorded decisions no longer hold because `[search]` has changed.
fn announce_unbound(plan: &Plan, recorded: &RecordedJobs, lines: &RunLines) {
    let is_open = |job: &JobId| {
        let state = recorded.states.get(job);
        let is_planned = plan.member_jobs().any(|planned| planned.job == *job);
        is_planned && !state.is_some_and(|state| state.finished)
    };
    for (rule, jobs) in &recorded.decided.unbound {
        let mut open: Vec<&JobId> = jobs.iter().filter(|job| is_open(job)).collect();
        open.retain(|job| !recorded.decided.stopped.contains(*job));
        if open.is_empty() {
            continue;
        }
        let text = format!(
            "{}: [search] no longer asks for {rule}, so its decisions do not bind: \
            {} that it stopped may be trained further",
            plan.name,
            counted(open.len() as u64, "job")
        );
        lines.note(&text);
    }
}

/// Opens and splits every image set before the first worker needs it, so that what is missing is
/// reported before anything is trained.
fn open_image_sets(context: &Context, plan: &Plan, lines: &RunLines) -> Result<()> {
    let mut opened = Vec::new();
    for planned in &plan.configurations {
        let data = &planned.member.resolved.data;
        let key = (data, &planned.data_path);
        if opened.contains(&key) {
            continue;
        }
        opened.push(key);
        let location = context.location(planned.data_path.as_deref(), planned.image_limits)?;
        let (set, note) = convsweep_data::open_whole(location, data).map_err(data_failure)?;
        if let Some(note) = note {
            lines.note(&note);
        }
        let first_fold = data.split.folds().map(|_| 0);
        convsweep_data::split(&set, data, first_fold).map_err(data_failure)?;
    }
    Ok(())
}

/// Says what became of the folders or values of the sets, and what the user should know of them.
fn tell_about_data(plan: &Plan, lines: &RunLines) {
    let readings = plan
        .configurations
        .iter()
        .filter_map(|p| p.facts.reading.as_ref());
    let mut places: Vec<String> = readings.map(|reading| reading.places_in_words()).collect();
    places.dedup();
    for places in places {
        tracing::info!("images: {places}");
        say_error(&printable(&format!("images: {places}")));
    }
    plan.notes.iter().for_each(|note| lines.note(note));
}

fn train(
    context: &Context,
    (args, plan, lines): (&RunArgs, &Plan, &RunLines),
    (jobs, recorded): (&[PlannedJob], &RecordedJobs),
    launcher: &dyn Launcher,
    (writer, log, notifier, lock): (
        &DatabaseWriter,
        &RefCell<ExperimentLog>,
        &mut Notifier,
        &mut ResultsLock,
    ),
) -> Result<RunSummary> {
    let policy = RunPolicy {
        search: search(context, args, plan, recorded, log.borrow().history())?,
        ..RunPolicy::from(&plan.run)
    };
    let (mut to_train, mut infos) = (Vec::new(), Vec::new());
    let repaired = repaired_epochs(args, plan);
    for QueuedJob { mut job, info, .. } in queue(context, plan, jobs, recorded)? {
        job.execution.until = repaired.get(&job.id).copied();
        infos.push((job.id.clone(), info));
        to_train.push(job);
    }
    let command = command_line(&plan.file.display().to_string(), &plan.overrides);
    let has_search = policy.search.is_some();
    let slots = slot_names(launcher);
    let how = (context.quiet, lines.teller());
    let display = RunDisplay::new(infos, &slots, command, has_search, how);
    let follower = Follower {
        experiment: &plan.name,
        display: Some(display),
        lines: EventLines::new(lines, job_tags(plan)),
        writer,
        log,
        notifier,
        queue: QueueNotice::new(lock),
    };
    run_and_follow(context, to_train, launcher, policy, follower)
}

/// The search of the file, which may prune jobs. Jobs that the command line names are always
/// trained to their end.
fn search(
    context: &Context,
    args: &RunArgs,
    plan: &Plan,
    recorded: &RecordedJobs,
    history: &SearchHistory,
) -> Result<Option<SearchInput>> {
    if !args.only.is_empty() || plan.search == SearchSettings::default() {
        return Ok(None);
    }
    let database = context.database()?;
    let order = configuration_order(plan);
    let history = history.clone();
    search_input(&database, plan, &plan.search, recorded, history, &order).map(Some)
}

fn notify_end(notifier: &mut Notifier, plan: &Plan, exit: Exit) {
    let event = match exit {
        Exit::Interrupted => "interrupted",
        _ => "finished",
    };
    let message = format!("{}: exit code {}", plan.name, exit as u8);
    notifier.notify(event, "", &message);
}
