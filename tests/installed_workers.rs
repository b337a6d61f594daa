//! Workers for other devices that were installed but do not run here.

use crate::fake_worker::FakeSweep;
use crate::order::widths_experiment;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What `devices` and `run --devices libtorch` say where the worker by LibTorch is this shell
/// script, and how often the run started it.
fn check(script: &str, texts: &[&str]) {
    let sweep = FakeSweep::new(&widths_experiment("retry = { crashed = 2 }"));
    let starts = sweep.workdir.path("starts");
    let worker = sweep.workdir.path("bin/convsweep-worker-libtorch");
    let program = format!("#!/bin/sh\necho x >> {}\n{script}\n", starts.display());
    fs::write(&worker, program).expect("written");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("executable");

    let devices = sweep.run_as(&["devices"], "").exits(0);
    let listed = devices.stdout();
    let row = listed.lines().find(|line| line.contains("by LibTorch"));
    let row = row.expect("the device is listed");
    for text in texts {
        assert!(row.contains(text), "{row:?} does not say {text:?}");
    }
    fs::remove_file(&starts).expect("it was started");
    let run = ["run", "small.toml", "--devices", "libtorch"];
    let run = sweep.run_as(&run, "").exits(4).says(texts);
    let line = run.stderr();
    assert!(line.contains("device libtorch cannot be used"), "{line}");
    assert_eq!(line.matches(texts[0]).count(), 1, "it is said once: {line}");
    let starts = fs::read_to_string(&starts).expect("it was started");
    assert_eq!(starts.lines().count(), 1, "it is tried once");
    let dry = ["run", "small.toml", "--devices", "libtorch", "--dry-run"];
    sweep.run_as(&dry, "").exits(4).says(texts);
}

#[test]
fn a_worker_without_its_libraries_is_tried_once() {
    let loader = "error while loading shared libraries: libtorch_cpu.so: cannot open";
    let script = format!("echo '{loader}' >&2; exit 127");
    check(&script, &["libtorch_cpu.so", "`just worker libtorch`"]);
}

#[test]
fn a_worker_for_libraries_of_another_version_is_tried_once() {
    let loader = "symbol lookup error: undefined symbol: _ZN3c106detail";
    let script = format!("echo '{loader}' >&2; exit 127");
    check(&script, &["undefined symbol", "`just worker libtorch`"]);
}

#[test]
fn a_worker_for_another_processor_is_tried_once() {
    check("kill -ILL $$", &["SIGILL", "`just worker libtorch`"]);
}

#[test]
fn a_worker_of_another_version_of_the_program_is_tried_once() {
    let row = r#"[{"name":"libtorch","kind":"cpu","backend":"libtorch","version":"0.0.0","revision":"r","instructions":"avx2"}]"#;
    let texts = ["has version 0.0.0, this program", "`just worker libtorch`"];
    check(&format!("echo '{row}'"), &texts);
}
