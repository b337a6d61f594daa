//! Whether worker programs start here, and what they say of their devices.

use super::timed_answer::answer_in_time;
use super::worker_program::worker_remedy;
use convsweep_spec::device::{DeviceName, WorkerDevice, WorkerKind};
use convsweep_spec::node::FoundDevice;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A worker loads libraries of gigabytes, and a driver that sleeps.
const TIME: Duration = Duration::from_secs(60);

/// Starts the worker of each device that seems usable and asks it for its devices. One that does
/// not answer, is of another version or has no such device gets a problem; the answers are returned
/// in the order of the devices.
pub fn probe(found: &mut [FoundDevice]) -> Vec<Option<WorkerDevice>> {
    let mut answers = BTreeMap::new();
    let mut probed = Vec::with_capacity(found.len());
    for device in found {
        let mut this = None;
        if device.problem.is_none() {
            let answer = answers
                .entry(device.worker.clone())
                .or_insert_with(|| ask(&device.worker));
            match answer {
                Ok(rows) => {
                    this = row_of(device.name, rows);
                    device.problem = problem_of(this.as_ref(), &device.worker);
                }
                Err(problem) => device.problem = Some(problem.clone()),
            }
        }
        probed.push(this);
    }
    for (worker, answer) in &answers {
        if let Some(remark) = remark_on_revision(worker, answer.as_deref().unwrap_or_default()) {
            tracing::warn!("{remark}");
        }
    }
    probed
}

/// That a worker was built from other sources than the program's own one beside it, if that is so.
/// It may work all the same: most changes of the sources do not concern it.
fn remark_on_revision(worker: &Path, rows: &[WorkerDevice]) -> Option<String> {
    let own = worker.with_file_name(WorkerKind::Flex.program());
    let revision = &rows.first()?.revision;
    if worker == own || !is_known(revision) {
        return None;
    }
    let of_own = ask(&own).ok()?;
    let other = &of_own.first()?.revision;
    (is_known(other) && other != revision).then(|| {
        let (name, remedy) = (name_of(worker), remedy(worker));
        format!("the worker {name} was built from revision {revision}, the program from {other}: {remedy}")
    })
}

fn is_known(revision: &str) -> bool {
    !matches!(revision, "" | "unknown")
}

/// Workers name their devices without themselves.
fn row_of(name: DeviceName, rows: &[WorkerDevice]) -> Option<WorkerDevice> {
    let mut rows = rows.iter();
    let row = rows.find(|row| row.name == name.by_any_worker());
    row.cloned()
}

/// What is wrong with what a worker says of a device.
fn problem_of(row: Option<&WorkerDevice>, worker: &Path) -> Option<String> {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let (name, remedy) = (name_of(worker), remedy(worker));
    let Some(row) = row else {
        return Some(format!(
            "its worker {name} does not find it: is the driver as new as the libraries that it was \
             built with? {remedy}"
        ));
    };
    (row.version != VERSION).then(|| {
        let version = &row.version;
        format!("its worker {name} has version {version}, this program {VERSION}: {remedy}")
    })
}

fn name_of(worker: &Path) -> Cow<'_, str> {
    worker.file_name().unwrap_or_default().to_string_lossy()
}

fn ask(worker: &Path) -> Result<Vec<WorkerDevice>, String> {
    let name = name_of(worker);
    let mut command = Command::new(worker);
    // CUDA then numbers its devices as the discovery of devices does.
    command
        .arg("--devices")
        .env("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    let answer = answer_in_time(&mut command, TIME);
    let answer = match answer {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            let seconds = TIME.as_secs();
            return Err(format!(
                "its worker {name} says nothing within {seconds} seconds: does the driver hang?"
            ));
        }
        Err(error) => {
            return Err(format!(
                "its worker {name} does not start: {error}; {}",
                remedy(worker)
            ));
        }
    };
    if !answer.status.success() {
        let exit = answer.status.to_string().replace(": ", " ");
        let last = answer.stderr.lines().rfind(|line| !line.trim().is_empty());
        let said = last.map_or(String::new(), |line| format!(" ({})", line.trim()));
        return Err(format!(
            "its worker {name} ends with {exit}{said}: {}",
            remedy(worker)
        ));
    }
    serde_json::from_str(&answer.stdout).map_err(|error| {
        format!(
            "its worker {name} answers in words of another version ({error}): {}",
            remedy(worker)
        )
    })
}

/// What builds the worker again.
fn remedy(worker: &Path) -> String {
    worker_remedy(worker, "builds it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// The problem of a LibTorch device whose worker is this shell script.
    fn problem(script: &str) -> (Option<WorkerDevice>, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let worker = folder.path().join("convsweep-worker-libtorch");
        fs::write(&worker, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).unwrap();
        let mut found = [FoundDevice {
            name: DeviceName::LIBTORCH,
            description: String::new(),
            memory_bytes: None,
            process_memory_bytes: None,
            cores: 1,
            worker,
            problem: None,
            gpu: None,
        }];
        let answer = probe(&mut found).remove(0);
        let [device] = found;
        (answer, device.problem)
    }

    #[test]
    fn a_worker_that_does_not_start_is_a_problem_with_its_remedy() {
        let loader = "echo 'error while loading shared libraries: libtorch.so: no such file' >&2";
        let (answer, said) = problem(&format!("{loader}; exit 127"));
        assert_eq!(answer, None);
        let said = said.expect("a problem");
        for part in ["exit status 127", "libtorch.so", "`just worker libtorch`"] {
            assert!(said.contains(part), "{said}");
        }
        let (_, processor) = problem("kill -ILL $$");
        assert!(processor.expect("a problem").contains("SIGILL"));
        let (_, other) = problem("echo '[{\"name\": 3}]'");
        assert!(other.expect("a problem").contains("another version"));
        let (_, none) = problem("echo '[]'");
        assert!(none.expect("a problem").contains("does not find it"));
    }

    #[test]
    fn a_worker_of_another_revision_is_remarked_on() {
        let folder = tempfile::tempdir().unwrap();
        let answer = |program: &str, revision: &str| {
            let path = folder.path().join(program);
            let version = env!("CARGO_PKG_VERSION");
            let rest = r#""kind":"cpu","backend":"x","instructions":"avx2""#;
            let row = format!(
                r#"[{{"name":"cpu","version":"{version}","revision":"{revision}",{rest}}}]"#
            );
            fs::write(&path, format!("#!/bin/sh\necho '{row}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            (
                path,
                serde_json::from_str::<Vec<WorkerDevice>>(&row).unwrap(),
            )
        };
        answer("convsweep-worker", "aaa");
        let remark = |revision| {
            let (path, rows) = answer("convsweep-worker-libtorch", revision);
            remark_on_revision(&path, &rows)
        };
        assert_eq!(remark("aaa"), None);
        assert_eq!(remark("unknown"), None);
        let said = remark("bbb").expect("a remark");
        for part in ["revision bbb", "from aaa", "`just worker libtorch`"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_worker_says_what_it_has() {
        let row = |version: &str| {
            let rest = r#""kind":"cpu","backend":"libtorch","revision":"r","instructions":"avx2""#;
            format!(r#"echo '[{{"name":"libtorch","version":"{version}",{rest}}}]'"#)
        };
        let (answer, said) = problem(&row(env!("CARGO_PKG_VERSION")));
        assert_eq!(said, None);
        assert_eq!(answer.expect("an answer").instructions, "avx2");
        let said = problem(&row("0.0.0")).1.expect("a problem");
        assert!(said.contains("has version 0.0.0, this program"), "{said}");
    }
}
