//! Whoever reads stdout and stderr may be slow, asleep or gone, the terminal may go away, and the
//! surroundings may be poor: a sweep goes on to its end.

use crate::processes::{
    event_count, exit_code, has_ended, is_alive, pid_in, send_signal, wait_for_events, wait_until,
    workers,
};
use crate::support::{ProgramRun, Workdir, entries, small_with_epochs};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `$PROGRAM run small.toml` as this shell script says.
#[track_caller]
fn run_in_shell(workdir: &Workdir, script: &str) -> ProgramRun {
    ProgramRun::of(&mut shell(workdir, script))
}

fn shell(workdir: &Workdir, script: &str) -> Command {
    let mut command = workdir.command_of(Path::new("sh"), &["-c", script]);
    command.env("PROGRAM", env!("CARGO_BIN_EXE_convsweep"));
    command
}

/// Everything was trained and reported, and the exit code in the file `code` says so.
#[track_caller]
fn is_complete(workdir: &Workdir) {
    assert_eq!(workdir.jobs("finished"), 4.0);
    assert!(workdir.path("results/small/report.html").exists());
    if workdir.path("code").exists() {
        assert_eq!(workdir.read("code"), "0\n");
    }
    workdir.run(&["check"]).exits(0);
}

#[test]
fn readers_who_are_not_there_or_go_away_do_not_end_a_sweep() {
    for script in [
        "\"$PROGRAM\" run small.toml >&- 2>&- <&-; echo $? > code",
        "{ \"$PROGRAM\" run small.toml 2>&1; echo $? > code; } | head -n 1",
        "{ \"$PROGRAM\" run small.toml 2>&1; echo $? > code; } | true",
        "{ \"$PROGRAM\" run small.toml > /dev/full; echo $? > code; }",
    ] {
        let workdir = Workdir::small();
        let run = run_in_shell(&workdir, script).exits(0);
        assert!(!run.stderr().contains("internal error"), "{}", run.stderr());
        is_complete(&workdir);
    }
}

#[test]
fn a_reader_who_sleeps_does_not_hold_up_a_sweep() {
    let workdir = Workdir::small();
    let (asleep, full) = full_pipe();
    let mut command = workdir.command(&["run", "small.toml"]);
    command.stdout(Stdio::null()).stderr(full);
    assert_eq!(exit_code(&mut command.spawn().expect("starts")), Some(0));
    drop(asleep);
    is_complete(&workdir);
}

/// A pipe that takes nothing more, with the end that nobody reads.
pub fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    // The size of a pipe on Linux.
    writer.write_all(&[b'x'; 65_536]).expect("there is room");
    (reader, writer)
}

#[test]
fn data_that_nobody_reads_ends_a_command_quietly() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    for command in [
        "query 'select * from metrics'",
        "reference",
        "schema",
        "status",
    ] {
        let script = format!("{{ \"$PROGRAM\" {command}; echo $? > code; }} | true");
        let run = run_in_shell(&workdir, &script).exits(0);
        assert_eq!(run.stderr(), "", "{command}");
        assert_eq!(workdir.read("code"), "0\n", "{command}");
    }
}

/// Starts a long sweep with SIGHUP as the option of `env` says.
fn start_with_hang_up(workdir: &Workdir, option: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_convsweep");
    let arguments = [option, program, "run", "small.toml"];
    let mut command = workdir.command_of(Path::new("env"), &arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("starts")
}

#[test]
fn a_terminal_that_goes_away_leaves_checkpoints() {
    let workdir = Workdir::with(&small_with_epochs(400));
    let mut program = start_with_hang_up(&workdir, "--default-signal=HUP");
    wait_for_events(&workdir, 3);
    // A shell that ends repeats what its terminal has sent.
    assert!(send_signal("HUP", program.id()));
    send_signal("HUP", program.id());
    assert_eq!(exit_code(&mut program), Some(130));
    assert!(workers(&workdir).is_empty());
    let cancelled = workdir.attempts("cancelled");
    assert!(cancelled >= 1.0);
    let has_checkpoint = |folder: &std::path::PathBuf| folder.join("checkpoint").exists();
    let folders = entries(&workdir.path("results/jobs"));
    assert_eq!(
        folders.iter().filter(|f| has_checkpoint(f)).count() as f64,
        cancelled
    );
}

#[test]
fn under_nohup_a_hang_up_means_nothing() {
    let workdir = Workdir::with(&small_with_epochs(40));
    let mut program = start_with_hang_up(&workdir, "--ignore-signal=HUP");
    wait_for_events(&workdir, 3);
    assert!(send_signal("HUP", program.id()));
    assert_eq!(exit_code(&mut program), Some(0));
    is_complete(&workdir);
}

#[test]
fn a_second_signal_ends_the_program_whatever_it_is_doing() {
    let workdir = Workdir::with(&small_with_epochs(4000));
    let started = "sleep 60 & echo $! > started; wait";
    let mut command = workdir.command(&["run", "small.toml", "--notify", started]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = command.spawn().expect("starts");
    wait_for_events(&workdir, 3);
    assert!(send_signal("TERM", program.id()));
    // The run has ended, and waits for the user's command.
    wait_until("the command runs", || pid_in(&workdir, "started").is_some());
    let since = Instant::now();
    assert!(send_signal("INT", program.id()));
    assert_eq!(exit_code(&mut program), Some(130));
    assert!(since.elapsed() < Duration::from_secs(4));
    wait_until("the command ends", || {
        !is_alive(pid_in(&workdir, "started"))
    });
}

#[test]
fn two_signals_end_a_sweep_without_its_workers_help() {
    let workdir = Workdir::with(&small_with_epochs(4000));
    let mut command = workdir.command(&["run", "small.toml"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = command.spawn().expect("starts");
    wait_until("jobs are trained", || event_count(&workdir) > 3);
    for worker in workers(&workdir) {
        assert!(send_signal("STOP", worker));
    }
    assert!(send_signal("INT", program.id()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        !has_ended(&mut program),
        "frozen workers write no checkpoint"
    );
    assert!(send_signal("INT", program.id()));
    assert_eq!(exit_code(&mut program), Some(130));
    wait_until("no worker is left", || workers(&workdir).is_empty());
}

#[test]
fn an_error_in_the_program_itself_is_reported_and_loses_nothing() {
    for place in ["display", "report"] {
        let workdir = Workdir::small();
        let mut command = workdir.command(&["run", "small.toml"]);
        let run = ProgramRun::of(command.env("CONVSWEEP_PANIC_AT", place)).exits(70);
        run.says(&["internal error of convsweep", "issue tracker", place]);
        assert_eq!(workdir.jobs("finished"), 4.0);
        assert!(
            workdir
                .read("results/small/run.log")
                .contains("internal error")
        );
        workdir.run(&["run", "small.toml"]).exits(0);
        is_complete(&workdir);
    }
}

#[test]
fn poor_surroundings_are_enough() {
    let workdir = Workdir::new();
    let experiment = crate::support::SMALL.replace("\"small\"", "\"größe\"");
    workdir.write("größe.toml", &experiment);
    let mut command = workdir.command(&["run", "größe.toml"]);
    command.env_remove("HOME").env_remove("XDG_CACHE_HOME");
    command.env("TMPDIR", "/nowhere").env("LC_ALL", "C");
    let no_text = OsString::from_vec(vec![b'=', 0xff, 0xfe]);
    command
        .env("CONVSWEEP_NO_TEXT", no_text)
        .stdin(Stdio::null());
    ProgramRun::of(&mut command).exits(0);
    assert_eq!(workdir.jobs("finished"), 4.0);
    let no_text = OsString::from_vec(vec![b'r', 0xff]);
    let mut command = workdir.command(&["run", "größe.toml", "--results"]);
    let run = ProgramRun::of(command.arg(no_text)).exits(5);
    run.says(&["is not UTF-8", "--results"]);
}
