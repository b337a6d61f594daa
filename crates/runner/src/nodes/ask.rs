//! What the other nodes of an allocation say of themselves.

use super::slots::NodeDevices;
use crate::devices::{
    DeviceChoice, answer_in_time, choose_devices, find_devices, limit_to_share, probe,
};
use convsweep_slurm::{NodeShare, StepDeath, StepGpu, StepRequest, step_death};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::node::NodeReport;
use convsweep_spec::words::duration;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A node may have to load libraries of gigabytes, and the step may have to wait for another one.
const TIME: Duration = Duration::from_secs(120);

/// Difference of two clocks that is worth a remark, in seconds.
const CLOCK_DIFFERENCE: u64 = 60;

/// What the other nodes are asked.
#[derive(Clone, Debug)]
pub struct NodeQuestion<'a> {
    /// The program that starts steps.
    pub srun: PathBuf,
    /// The program that answers there, by [`node_report`], and its arguments.
    pub program: PathBuf,
    /// See there.
    pub arguments: Vec<OsString>,
    /// The results folder.
    pub results: &'a ResultsFolder,
    /// The devices that are asked for.
    pub choices: &'a [DeviceChoice],
}

/// The other nodes of an allocation.
#[derive(Clone, Debug, Default)]
pub struct OtherNodes {
    /// Those that can be trained on.
    pub nodes: Vec<NodeDevices>,
    /// Why others cannot, and what to do.
    pub problems: Vec<String>,
    /// What else the user may want to know.
    pub notes: Vec<String>,
}

/// What this node has, as it answers a program on another one. `data` is the folder of image sets.
pub fn node_report(
    worker_folder: &Path,
    results: &ResultsFolder,
    data: Option<&Path>,
) -> NodeReport {
    let mut devices = find_devices(worker_folder);
    probe(&mut devices);
    NodeReport {
        version: VERSION.to_string(),
        time: unix_time(),
        lock: lock_text(results),
        has_data: data.is_none_or(Path::exists),
        devices,
    }
}

/// Asks all these nodes at the same time.
pub fn ask_nodes(shares: &[&NodeShare], question: &NodeQuestion) -> OtherNodes {
    let lock = lock_text(question.results);
    let mut answers = Vec::new();
    thread::scope(|scope| {
        let mut asked = Vec::new();
        for share in shares {
            asked.push(scope.spawn(|| ask(share, question)));
        }
        for thread in asked {
            let answer = thread.join();
            answers.push(answer.unwrap_or_else(|_| Err("it could not be asked".to_string())));
        }
    });
    let mut others = OtherNodes::default();
    for (share, answer) in shares.iter().zip(answers) {
        let name = &share.name;
        match answer.and_then(|report| judge(share, report, question, lock.as_deref())) {
            Ok((node, note)) => {
                others.nodes.push(node);
                others.notes.extend(note);
            }
            Err(problem) => others.problems.push(format!("node {name} {problem}")),
        }
    }
    others
}

fn ask(share: &NodeShare, question: &NodeQuestion) -> Result<NodeReport, String> {
    let request = StepRequest {
        node: &share.name,
        cpus: 1,
        memory_bytes: None,
        gpu: StepGpu::All,
        overlaps: true,
    };
    let mut command = request.command(&question.srun);
    command.arg(&question.program).args(&question.arguments);
    let answer = match answer_in_time(&mut command, TIME) {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            let seconds = TIME.as_secs();
            return Err(format!(
                "says nothing within {seconds} seconds: is it still there (sinfo -N)?"
            ));
        }
        Err(error) => {
            let srun = question.srun.display();
            return Err(format!(
                "cannot be reached, because {srun} does not start: {error}"
            ));
        }
    };
    let program = question.program.display();
    match step_death(answer.status.code().unwrap_or(1), &answer.stderr) {
        StepDeath::Exit(0) => {}
        StepDeath::NodeFailed => return Err("has failed (sinfo -N)".to_string()),
        StepDeath::NotCreated(reason) | StepDeath::NoController(reason) => {
            return Err(format!("starts no step: {reason}"));
        }
        StepDeath::NoProgram(reason) => {
            return Err(format!(
                "does not have this program ({reason}): install it in a folder that all nodes share"
            ));
        }
        StepDeath::Exit(_) | StepDeath::Signal(_) | StepDeath::OutOfMemory => {
            let last = answer.stderr.lines().rfind(|line| !line.trim().is_empty());
            let last = last.unwrap_or("no word of it").trim();
            return Err(format!("cannot run {program} ({last})"));
        }
    }
    serde_json::from_str(&answer.stdout).map_err(|error| {
        format!(
            "has another version of {program}, which answers in other words ({error}): install one \
             version in a folder that all nodes share"
        )
    })
}

/// What a node's report leads to: its devices with a remark, or why it is left out.
fn judge(
    share: &NodeShare,
    report: NodeReport,
    question: &NodeQuestion,
    lock: Option<&str>,
) -> Result<(NodeDevices, Option<String>), String> {
    let NodeReport { version, .. } = &report;
    if version != VERSION {
        return Err(format!(
            "has convsweep {version}, this is {VERSION}: install one version in a folder that all \
             nodes share"
        ));
    }
    if report.lock.as_deref() != lock {
        let folder = question.results.0.display();
        return Err(format!(
            "does not see the results folder {folder} (the file that this node wrote there is \
             missing): put it on a file system that all nodes share, such as your home folder, and \
             name it with --results"
        ));
    }
    if !report.has_data {
        return Err(
            "does not see the folder of image sets: put it on a file system that all nodes share, \
             and name it with --data or CONVSWEEP_DATA"
                .to_string(),
        );
    }
    let note = clock_note(&share.name, report.time, unix_time());
    let mut devices = report.devices;
    limit_to_share(&mut devices, share);
    let gpus = devices.iter().filter(|device| device.gpu.is_some());
    let mut numbers: Vec<Option<u32>> = gpus.map(|gpu| gpu.name.index).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let chosen = choose_devices(question.choices, &devices).map_err(|error| error.to_string())?;
    let node = NodeDevices {
        share: share.clone(),
        devices: chosen.into_iter().cloned().collect(),
        gpus: numbers.len() as u32,
    };
    Ok((node, note))
}

fn clock_note(name: &str, there: u64, here: u64) -> Option<String> {
    let difference = there.abs_diff(here);
    let which = if there > here { "ahead" } else { "behind" };
    (difference >= CLOCK_DIFFERENCE).then(|| {
        format!(
            "the clock of {name} is {} {which}; results do not depend on it, times in tables do",
            duration(difference as f64)
        )
    })
}

fn unix_time() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// The text by which the holder of the results folder is known.
fn lock_text(results: &ResultsFolder) -> Option<String> {
    fs::read_to_string(results.lock()).ok()
}
