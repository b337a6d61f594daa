//! The script that checks and measures workers on GPUs (`tests/gpu`), on a machine without one.

use crate::needs::skip;
use crate::support::{ProgramRun, root};
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Runs the script in a folder of the two programs; `None` where there is no Python.
fn run_script(arguments: &[&str]) -> Option<ProgramRun> {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        skip("there is no python3");
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).expect("creates");
    let built = Path::new(env!("CARGO_BIN_EXE_convsweep"));
    let built = built.parent().expect("a folder");
    for name in ["convsweep", "convsweep-worker"] {
        symlink(built.join(name), bin.join(name)).expect("links");
    }
    let mut command = Command::new(root().join("tests/gpu/run.sh"));
    command
        .args(arguments)
        .env("GPU_PROGRAMS", folder.path())
        .env("CUDA_VISIBLE_DEVICES", "")
        .env_remove("CONVSWEEP_TORCH_PYTHON");
    Some(ProgramRun::of(&mut command))
}

/// The lines that the script prints.
fn lines(run: &ProgramRun) -> Vec<Value> {
    let mut lines = Vec::new();
    for line in run.stdout().lines() {
        lines.push(serde_json::from_str(line).expect("a line is JSON"));
    }
    lines
}

#[test]
fn jobs_survive_what_the_script_does_to_them() {
    let checks = "facts,out-of-memory,replaced-worker,killed-and-resumed";
    let Some(run) = run_script(&["--pretend", "cpu", "--only", checks]) else {
        return;
    };
    let run = run.exits(0);
    let lines = lines(&run);
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["check"].as_str())
        .collect();
    let expect = [
        "facts",
        "devices",
        "out-of-memory",
        "replaced-worker",
        "killed-and-resumed",
    ];
    assert_eq!(names, expect);
    for line in &lines {
        assert_eq!(line["outcome"], "ok", "{line}");
    }
    assert_eq!(
        lines[2]["outcomes"],
        serde_json::json!(["finished", "out-of-memory"])
    );
    assert_eq!(lines[3]["workers"], 2);
    assert_eq!(lines[4]["equal_bits"], true);
    assert_eq!(lines[4]["resumed_from"]["from"], "checkpoint");
}

#[test]
fn without_a_gpu_the_script_says_so() {
    let Some(run) = run_script(&["--only", "facts,vectors,out-of-memory"]) else {
        return;
    };
    let lines = lines(&run.exits(1).says(&["0 ok, 2 failed, 4 skipped"]));
    assert_eq!(lines[0]["why"], "NVIDIA's library lists no GPU");
    let left_out = lines[3]["why"]
        .as_str()
        .expect("why the layers are not checked");
    assert!(
        left_out.starts_with("convsweep-worker-cuda is not in "),
        "{left_out}"
    );
}
