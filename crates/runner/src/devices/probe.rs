//! Whether worker programs start here, and what they say of their devices.

use super::found::FoundDevice;
use super::timed_answer::answer_in_time;
use convsweep_spec::device::{DeviceFamily, WorkerDevice};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A worker loads libraries of gigabytes, and a driver that sleeps.
const TIME: Duration = Duration::from_secs(60);

/// Starts the worker of each device that seems usable and asks it for its devices. One that does
/// not answer, or has no such device, gets a problem; the answers are returned in the order of the
/// devices.
pub fn probe(found: &mut [FoundDevice]) -> Vec<Option<WorkerDevice>> {
    let mut answers = BTreeMap::new();
    let mut probed = Vec::with_capacity(found.len());
    for device in found {
        if device.problem.is_some() {
            probed.push(None);
            continue;
        }
        let family = device.name.family;
        let answer = answers
            .entry(device.worker.clone())
            .or_insert_with(|| ask(&device.worker, family));
        let this = match answer {
            Ok(rows) => rows.iter().find(|row| row.name == device.name).cloned(),
            Err(problem) => {
                device.problem = Some(problem.clone());
                None
            }
        };
        if this.is_none() && device.problem.is_none() {
            device.problem = Some(format!(
                "its worker does not find it: is the driver the one that it was built for? {}",
                remedy(family)
            ));
        }
        probed.push(this);
    }
    probed
}

fn ask(worker: &Path, family: DeviceFamily) -> Result<Vec<WorkerDevice>, String> {
    let name = worker.file_name().unwrap_or_default().to_string_lossy();
    let answer = answer_in_time(Command::new(worker).arg("--devices"), TIME);
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
                remedy(family)
            ));
        }
    };
    if !answer.status.success() {
        let exit = answer.status.to_string().replace(": ", " ");
        let last = answer.stderr.lines().rfind(|line| !line.trim().is_empty());
        let said = last.map_or(String::new(), |line| format!(" ({})", line.trim()));
        return Err(format!(
            "its worker {name} ends with {exit}{said}: {}",
            remedy(family)
        ));
    }
    serde_json::from_str(&answer.stdout).map_err(|error| {
        format!(
            "its worker {name} answers in words of another version ({error}): {}",
            remedy(family)
        )
    })
}

/// The command that builds the worker again.
fn remedy(family: DeviceFamily) -> String {
    match family {
        DeviceFamily::Cpu => "`cargo build --release` builds it again".to_string(),
        DeviceFamily::LibTorch | DeviceFamily::Cuda => {
            format!("`just worker {}` builds it again", family.name())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::device::DeviceName;
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
        let (_, other) = problem("echo '[{\"name\": 3}]'");
        assert!(other.expect("a problem").contains("another version"));
        let (_, none) = problem("echo '[]'");
        assert!(none.expect("a problem").contains("does not find it"));
    }

    #[test]
    fn a_worker_says_what_it_has() {
        let row = r#"[{"name":"libtorch","kind":"cpu","backend":"libtorch","version":"1","revision":"r","instructions":"avx2"}]"#;
        let (answer, said) = problem(&format!("echo '{row}'"));
        assert_eq!(said, None);
        assert_eq!(answer.expect("an answer").instructions, "avx2");
    }
}
