//! Workers that never answer `predict`, `explain` and `export`, or stop in the middle of it.

use crate::image_names::photos;
use crate::support::{ProgramRun, Workdir};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const IMAGE: &str = "photos/valid/cat/cat 0.png";

/// The program in a folder where this shell script is its worker.
fn with_worker(workdir: &Workdir, script: &str) -> PathBuf {
    let real = Path::new(env!("CARGO_BIN_EXE_convsweep"));
    let folder = workdir.path("bin");
    fs::create_dir_all(&folder).expect("makes");
    let program = folder.join("convsweep");
    if !program.exists() {
        let linked = fs::hard_link(real, &program);
        linked
            .or_else(|_| fs::copy(real, &program).map(drop))
            .expect("linked or copied");
    }
    let worker = real.with_file_name("convsweep-worker");
    let script = script.replace("WORKER", &worker.display().to_string());
    let path = folder.join("convsweep-worker");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("writes");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("may be run");
    program
}

fn trained() -> Workdir {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    workdir
}

#[test]
fn a_worker_that_says_nothing_is_lost() {
    let workdir = trained();
    let lost = |script: &str, arguments: &[&str]| {
        let program = with_worker(&workdir, script);
        let arguments = [arguments, &["--lost-after", "3"]].concat();
        let run = ProgramRun::of(&mut workdir.command_of(&program, &arguments));
        run.exits(4).says(&[
            "bin/convsweep-worker has said nothing for 3 s and was killed",
            "--lost-after 30",
        ]);
    };
    lost("exec sleep 1000", &["predict", "best:photos", IMAGE]);
    lost("kill -STOP $$", &["explain", "best:photos", IMAGE]);
    let half = "printf '{\"reply\":\"loa'; exec sleep 1000";
    lost(half, &["export", "best:photos", "net.onnx"]);
    assert!(!workdir.path("net.onnx").exists());
}

#[test]
fn a_worker_that_dies_within_an_answer_says_how() {
    let workdir = trained();
    let program = with_worker(&workdir, "printf '{\"reply\":\"loa'; kill -KILL $$");
    let run = ProgramRun::of(&mut workdir.command_of(&program, &["predict", "best:photos", IMAGE]));
    run.exits(4)
        .says(&["bin/convsweep-worker was killed by signal 9"]);
}

#[test]
fn a_worker_that_stops_between_answers_is_lost() {
    let workdir = trained();
    let script = "(while [ ! -e stop ]; do sleep 0.05; done; kill -STOP $$; touch stopped) &
        exec WORKER \"$@\"";
    let program = with_worker(&workdir, script);
    let arguments = ["predict", "best:photos", "-", "--json", "--lost-after", "3"];
    let mut command = workdir.command_of(&program, &arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut input = child.stdin.take().expect("an input");
    let mut output = BufReader::new(child.stdout.take().expect("an output"));
    writeln!(input, "{IMAGE}").expect("writes");
    let mut line = String::new();
    output.read_line(&mut line).expect("reads");
    assert!(line.contains("\"predicted\""), "{line}");
    workdir.write("stop", "");
    while !workdir.path("stopped").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    writeln!(input, "{IMAGE}").expect("writes");
    let ended = child.wait_with_output().expect("ends");
    ProgramRun(ended)
        .exits(4)
        .says(&["has said nothing for 3 s and was killed"]);
}

#[test]
fn a_worker_that_is_slow_to_start_is_waited_for() {
    let workdir = trained();
    let program = with_worker(&workdir, "sleep 2; exec WORKER \"$@\"");
    let arguments = ["predict", "best:photos", IMAGE, "--lost-after", "4"];
    ProgramRun::of(&mut workdir.command_of(&program, &arguments)).exits(0);
}
