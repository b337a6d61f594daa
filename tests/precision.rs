//! Precisions that a device cannot compute in are refused before anything is trained.

use crate::fake_worker::FakeSweep;
use crate::order::widths_experiment;
use convsweep_spec::precision::Precision;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const BF16: &str = "train.precision=bf16";

#[test]
fn plans_and_runs_are_refused_where_no_device_can() {
    let sweep = FakeSweep::new(&widths_experiment(""));
    let said = [
        "train.precision = \"bf16\": cpu cannot (the CPU's own kernels compute in f32 only)",
        "name a device that can (--devices or run.devices), which is libtorch",
        "or set train.precision = \"f32\"",
    ];
    let runs: [&[&str]; 4] = [
        &["plan", "small.toml", "--set", BF16],
        &["run", "small.toml", "--set", BF16],
        &["run", "small.toml", "--set", BF16, "--devices", "cpu"],
        &["run", "small.toml", "--dry-run", "--set", BF16],
    ];
    for words in runs {
        let run = sweep.run_as(words, "").exits(4).says(&said);
        assert_eq!(run.stderr().matches("cpu cannot").count(), 1);
    }
    assert!(!sweep.workdir.path("results/jobs").exists());
    let json = ["plan", "small.toml", "--set", BF16, "--json"];
    let json = sweep.run_as(&json, "").exits(4).stdout();
    assert!(json.contains("\"refused\":\"train.precision"), "{json}");
    sweep
        .run_as(&["run", "small.toml", "--dry-run", "--devices", "cpu"], "")
        .exits(0);
}

#[test]
fn jobs_that_only_some_devices_can_compute_are_noted() {
    let sweep = FakeSweep::new(&widths_experiment(""));
    let worker = sweep.workdir.path("bin/convsweep-worker-libtorch");
    let rest = r#""kind":"cpu","backend":"libtorch","revision":"r","instructions":"avx2""#;
    let version = env!("CARGO_PKG_VERSION");
    let row = format!(r#"[{{"name":"libtorch","version":"{version}",{rest}}}]"#);
    fs::write(&worker, format!("#!/bin/sh\necho '{row}'\n")).expect("written");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("executable");
    let mixed = |precision: Precision| {
        let set = format!("train.precision={}", precision.name());
        let devices = "cpu,libtorch";
        let words = [
            "run",
            "small.toml",
            "--dry-run",
            "--devices",
            devices,
            "--set",
            &set,
        ];
        sweep.run_as(&words, "")
    };
    let plan = mixed(Precision::Bf16).exits(0).stdout();
    let note =
        "note: jobs with train.precision = \"bf16\" are trained on libtorch only: cpu cannot";
    assert!(plan.contains(note), "{plan}");
    let plan = mixed(Precision::F32).exits(0).stdout();
    assert!(!plan.contains("precision = "), "{plan}");
    let said = [
        "cpu cannot",
        "libtorch cannot (LibTorch computes in f32 and bf16 on a CPU)",
    ];
    mixed(Precision::Tf32).exits(4).says(&said);
}
