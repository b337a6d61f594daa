//! Commands given to a sweep from another terminal: pause, resume and cancel; and after it, retry
//! and prune.

use crate::needs;
use crate::processes::{
    event_count, exit_code, has_ended, is_alive, pid_in, send_signal, start, wait_for_events,
    wait_until, workers,
};
use crate::support::{SMALL, Workdir, assert_contains, small_with_epochs};
use std::process::Child;
use std::time::Duration;

#[test]
fn a_paused_sweep_continues_to_the_same_results() {
    // So long that no job ends before the pause arrives.
    let experiment = small_with_epochs(240);
    let undisturbed = Workdir::with(&experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let workdir = Workdir::with(&experiment);
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    workdir.run(&["pause"]).exits(0);
    wait_until("both running jobs have written a checkpoint", || {
        workdir.attempts("cancelled") >= 2.0
    });
    let events = event_count(&workdir);
    let picture = workdir.stdout(&["watch", "--once"]);
    assert_contains(&picture, &["small", "of 4 jobs"]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(event_count(&workdir), events, "nothing is trained");
    assert!(!has_ended(&mut program), "the program waits");
    workdir.run(&["resume"]).exits(0);
    assert_eq!(exit_code(&mut program), Some(0));
    assert_eq!(workdir.results(), undisturbed.results());
    workdir.run(&["check"]).exits(0);
    workdir
        .run(&["pause"])
        .exits(2)
        .says(&["nothing is running"]);
}

#[test]
fn a_cancelled_job_is_left_and_the_others_finish() {
    let experiment = small_with_epochs(60) + "\n[run]\nslots = { cpu = 1 }\n";
    let workdir = Workdir::with(&experiment);
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    let attempts = || workdir.texts("select job from attempts");
    wait_until("the database lists it", || !attempts().is_empty());
    let running = attempts().remove(0);
    let waiting = workdir.text("select job from jobs where attempts = 0 order by job");
    workdir.run(&["cancel", &running, &waiting[..10]]).exits(0);
    assert_eq!(exit_code(&mut program), Some(1), "not all jobs finished");
    assert_eq!(workdir.jobs("finished"), 2.0);
    let explained = workdir.stdout(&["why", &running]);
    assert_contains(&explained, &["cancelled", "continues from its checkpoint"]);
    let explained = workdir.stdout(&["why", &waiting]);
    assert_contains(&explained, &["waits", "0 attempts"]);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert!(workers(&workdir).is_empty());
}

/// Number of jobs that have a checkpoint.
fn checkpoints(workdir: &Workdir) -> usize {
    let mut folders = workdir.job_folders();
    folders.retain(|job| job.join("checkpoint").is_dir());
    folders.len()
}

#[test]
fn diverged_jobs_can_be_retried_and_their_checkpoints_pruned() {
    let workdir = Workdir::with(&SMALL.replace("[1e-3, 1e-2]", "[1e-3, 1e30]"));
    let notify = "echo $CONVSWEEP_EVENT $CONVSWEEP_EXPERIMENT >> notified";
    workdir
        .run(&["run", "small.toml", "--notify", notify])
        .exits(1);
    assert_eq!(
        workdir.read("notified"),
        "finished small\n",
        "a diverged job is not a failure"
    );
    assert_eq!(workdir.all_attempts(), 4.0);
    workdir.run(&["retry", "small"]).exits(1);
    assert_eq!(workdir.all_attempts(), 6.0, "the two diverged jobs again");
    let before = checkpoints(&workdir);
    let announced = workdir.stdout(&["prune", "--dry-run"]);
    assert_contains(&announced, &["would free ", " of 2 jobs"]);
    assert_eq!(checkpoints(&workdir), before);
    workdir.run(&["prune"]).exits(0);
    assert_eq!(checkpoints(&workdir), before - 2);
    workdir.run(&["run", "small.toml"]).exits(1);
    assert_eq!(workdir.all_attempts(), 6.0, "pruned jobs stay finished");
    workdir.run(&["check"]).exits(0);
}

/// A job of many epochs, and one that continues from its state for a phase at a lower rate.
fn continued(epochs: u32) -> String {
    let phases =
        "[[sweep]]\n[sweep.grid]\n\"train.phases\" = [[], [{ epochs = 2, optimizer.lr = 1e-4 }]]\n";
    let experiment = small_with_epochs(epochs).replace("seeds = 2", "seeds = 1");
    let (experiment, _) = experiment.split_once("[[sweep]]").expect("has a sweep");
    format!("{experiment}{phases}\n[run]\nslots = {{ cpu = 2 }}\n")
}

/// A run of [`continued`] that is paused, and its first job's checkpoint written.
fn paused() -> (Workdir, Child) {
    let workdir = Workdir::with(&continued(300));
    let program = start(&workdir);
    wait_for_events(&workdir, 4);
    workdir.run(&["pause"]).exits(0);
    wait_until("the running job has written a checkpoint", || {
        workdir.attempts("cancelled") >= 1.0
    });
    (workdir, program)
}

#[test]
fn a_job_that_needs_a_paused_jobs_state_waits_and_is_said_to_wait() {
    let (workdir, mut program) = paused();
    let picture = workdir.stdout(&["watch", "--once"]);
    assert_contains(&picture, &["1 paused, 1 waiting of 2 jobs", "· paused"]);
    let summary = workdir.stdout(&["status"]);
    assert_contains(&summary, &["1 paused, 1 waiting"]);
    let jobs = workdir.stdout(&["status", "small"]);
    assert_contains(&jobs, &[" paused ", " waits "]);
    assert!(!picture.contains("failed"), "{picture}");
    workdir.run(&["resume"]).exits(0);
    assert_eq!(exit_code(&mut program), Some(0));
    let from = "select count(*) from jobs where origin_job is not null";
    assert_eq!(workdir.number(from), 1.0, "one job starts from the state");
    assert_eq!(workdir.all_attempts(), 3.0);
}

#[test]
fn requests_that_a_killed_sender_left_reach_no_later_run() {
    let workdir = Workdir::small();
    workdir.write("results/.control/1-2.json", "{\"control\":\"pause\"}");
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.jobs("finished"), 4.0);
}

#[test]
fn what_a_notification_prints_is_no_data() {
    let workdir = Workdir::small();
    let run = workdir.run(&["run", "small.toml", "--notify", "echo NOISE"]);
    let run = run.exits(0).says(&["NOISE"]);
    assert!(!run.stdout().contains("NOISE"), "{}", run.stdout());
}

#[test]
fn a_run_with_one_seed_can_be_retried_and_repeated() {
    let workdir = Workdir::with(&SMALL.replace("[1e-3, 1e-2]", "[1e30, 1e-2]"));
    workdir.run(&["run", "small.toml", "--seeds", "1"]).exits(1);
    let name = workdir.text("select experiment from experiments");
    assert!(name.starts_with("small+"), "{name}");
    workdir.run(&["retry", &name]).exits(1);
    assert_eq!(workdir.all_attempts(), 3.0, "the diverged job again");
    let job = workdir.text("select job from jobs where outcome = 'diverged'");
    let shown = workdir.stdout(&["show", &job]);
    assert_contains(&shown, &["small.toml --seeds 0, --only"]);
    workdir
        .run(&["run", "small.toml", "--seeds", "0,"])
        .exits(1);
    let same = workdir.number("select count(*) from experiments");
    assert_eq!(
        same, 1.0,
        "the printed command asks for the same experiment"
    );
}

#[test]
fn a_job_that_needs_another_jobs_state_also_waits_after_an_interruption() {
    let (workdir, mut program) = paused();
    send_signal("INT", program.id());
    assert_eq!(exit_code(&mut program), Some(130));
    let jobs = workdir.stdout(&["status", "small"]);
    assert_contains(&jobs, &[" cancelled ", " waits "]);
    workdir.run(&["run", "small.toml"]).exits(0);
    let from = "select count(*) from jobs where origin_job is not null";
    assert_eq!(workdir.number(from), 1.0, "one job starts from the state");
}

#[test]
fn looking_at_a_run_takes_no_lock() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    for command in [&["watch", "--once"][..], &["status"], &["pause"]] {
        let calls = workdir.path("calls");
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-e", "trace=flock", "-o"]).arg(&calls);
        let program = workdir.command(command);
        strace.arg(program.get_program()).args(program.get_args());
        strace.current_dir(workdir.path("."));
        let Ok(_) = strace.output() else {
            return needs::skip("strace is not installed");
        };
        let calls = workdir.read("calls");
        assert!(
            calls.contains("exited") && !calls.contains("flock("),
            "{calls}"
        );
    }
}

#[test]
fn a_notification_that_never_ends_is_ended_with_all_that_it_started() {
    let workdir = Workdir::small();
    let endless = "sleep 77 & echo $! > started; wait";
    let run = workdir.run(&["run", "small.toml", "--notify", endless]);
    let ended = format!("--notify: {endless} was still running 10 s after the end of the run");
    run.exits(0).says(&[&ended]);
    let started = pid_in(&workdir, "started");
    assert!(started.is_some());
    wait_until("it ends", || !is_alive(started));
}

/// What `check`, with and without `--quick`, says of a folder in which nothing is wrong.
#[track_caller]
fn both_checks(workdir: &Workdir) -> [String; 2] {
    [&["check"][..], &["check", "--quick"]].map(|arguments| {
        let check = workdir.run(arguments).exits(0);
        check.stdout() + &check.stderr()
    })
}

#[test]
fn a_check_during_a_run_judges_what_has_finished() {
    const NOTE: &str = "only jobs that have finished are checked";
    let workdir = Workdir::with(&small_with_epochs(60));
    let mut program = start(&workdir);
    wait_for_events(&workdir, 10);
    workdir.run(&["pause"]).exits(0);
    for said in both_checks(&workdir) {
        assert_contains(&said, &[NOTE]);
    }
    workdir.run(&["resume"]).exits(0);
    while !has_ended(&mut program) {
        both_checks(&workdir);
    }
    assert_eq!(exit_code(&mut program), Some(0));
    for said in both_checks(&workdir) {
        assert!(!said.contains(NOTE), "{said}");
    }
}

#[test]
fn a_job_whose_lock_a_person_removes_fails_alone() {
    let workdir = Workdir::with(&small_with_epochs(60));
    let mut program = start(&workdir);
    wait_for_events(&workdir, 10);
    let job = workdir.job_folders().into_iter().next().expect("a job");
    std::fs::remove_file(job.join(".lock")).expect("removes");
    assert_eq!(exit_code(&mut program), Some(1));
    assert_eq!(
        (workdir.jobs("finished"), workdir.jobs("failed")),
        (3.0, 1.0)
    );
    let log = workdir.read("results/small/run.log");
    assert_contains(&log, &["the folder of the job was removed or exchanged"]);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.jobs("finished"), 4.0);
}
