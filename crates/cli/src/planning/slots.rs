//! The devices that a plan or the command line asks for, and the launcher with their slots.

use super::job_action::PlannedJob;
use super::precision::{precision_notes, trained_precisions};
use crate::context::Context;
use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::devices::{
    DeviceChoice, FoundDevice, SlotSettings, parse_device_list, surroundings, worker_folder,
};
use convsweep_runner::launcher::Launcher;
use convsweep_runner::local::local_devices;
use convsweep_runner::nodes::{
    NodeDevices, NodeQuestion, NodesLauncher, OtherNodes, allocation_slots, ask_nodes,
};
use convsweep_runner::{RunPolicy, RunnerError};
use convsweep_slurm::Surroundings;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::layout::ResultsFolder;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The program that starts workers on other nodes of an allocation.
const SRUN: &str = "srun";

/// The devices that jobs are trained on.
#[derive(Clone, Debug)]
pub struct ChosenDevices {
    /// Of all machines; devices of two nodes that are alike are there once.
    devices: Vec<FoundDevice>,
    local: Vec<FoundDevice>,
    others: Vec<NodeDevices>,
    settings: SlotSettings,
    grace_period: Duration,
    /// About nodes.
    notes: Vec<String>,
}

/// Refuses to run where the program was started several times by Slurm, or its variables make no
/// sense.
///
/// # Errors
/// If so.
pub fn refuse_odd_surroundings() -> Result<()> {
    surroundings().map(drop).map_err(runner_failure)
}

/// The devices of a run, on all nodes of the allocation in which it was started: devices and slots
/// that the command line names take precedence over the file.
///
/// # Errors
/// If a device is unknown or unusable.
pub fn choose_devices(
    context: &Context,
    (devices, slots): (Option<&str>, Option<&str>),
    plan: &Plan,
) -> Result<ChosenDevices> {
    let data = context.data().ok();
    choose((&context.results, data), (devices, slots), plan).map_err(runner_failure)
}

fn choose(
    (results, data): (&ResultsFolder, Option<&Path>),
    (devices, slots): (Option<&str>, Option<&str>),
    plan: &Plan,
) -> Result<ChosenDevices, RunnerError> {
    let choices = match devices {
        Some(text) => parse_device_list(text)?,
        None => {
            let named = plan.run.devices.iter().flatten();
            named.copied().map(DeviceChoice::Named).collect()
        }
    };
    let settings = match slots {
        Some(text) => text.parse::<SlotSettings>()?,
        None => settings_of_file(plan)?,
    };
    let surroundings = surroundings()?;
    let (is_node, shares) = match &surroundings {
        Surroundings::Inside(allocation) => (allocation.own.is_some(), allocation.others()),
        Surroundings::Outside | Surroundings::Step(_) => (true, vec![]),
    };
    let others = match shares.is_empty() {
        true => OtherNodes::default(),
        false => ask_nodes(&shares, &question(results, data, &choices)),
    };
    let OtherNodes {
        nodes: others,
        mut problems,
        mut notes,
    } = others;
    let local = match is_node.then(|| local_devices(&choices, &worker_folder())) {
        Some(Ok(local)) => local,
        Some(Err(error)) if others.is_empty() => return Err(error),
        Some(Err(error)) => {
            problems.push(format!("this node cannot be used: {error}"));
            vec![]
        }
        None => vec![],
    };
    let is_automatic = choices.is_empty() || choices.contains(&DeviceChoice::Auto);
    let (local, others) = match is_automatic {
        true => without_slow_nodes(local, others, &mut problems),
        false => (local, others),
    };
    if local.is_empty() && others.is_empty() {
        let reasons = problems.join("; ");
        return Err(RunnerError::NoNode { reasons });
    }
    notes.extend(
        problems
            .into_iter()
            .map(|problem| format!("left out: {problem}")),
    );
    Ok(ChosenDevices {
        devices: kinds(&local, &others),
        local,
        others,
        settings: settings
            .with_threads(plan.run.threads)
            .with_memory(plan.run.memory_bytes),
        grace_period: RunPolicy::from(&plan.run).grace_period,
        notes,
    })
}

/// Leaves out nodes whose CPU alone can be used where others have GPUs: their jobs would end long
/// after those of the others.
fn without_slow_nodes(
    mut local: Vec<FoundDevice>,
    mut others: Vec<NodeDevices>,
    problems: &mut Vec<String>,
) -> (Vec<FoundDevice>, Vec<NodeDevices>) {
    let is_slow = |devices: &[FoundDevice]| devices.iter().all(|device| device.gpu.is_none());
    if is_slow(&local) && others.iter().all(|node| is_slow(&node.devices)) {
        return (local, others);
    }
    let reason = "has no usable GPU, unlike others; --devices names what is to be used";
    if is_slow(&local) && !local.is_empty() {
        local.clear();
        problems.push(format!("this node {reason}"));
    }
    for node in others.extract_if(.., |node| is_slow(&node.devices)) {
        problems.push(format!("node {} {reason}", node.share.name));
    }
    (local, others)
}

/// What other nodes are asked: this program, with the folders that it was given.
fn question<'a>(
    results: &'a ResultsFolder,
    data: Option<&Path>,
    choices: &'a [DeviceChoice],
) -> NodeQuestion<'a> {
    let mut arguments: Vec<OsString> = vec!["node".into()];
    arguments.extend(["--results".into(), results.0.clone().into_os_string()]);
    if let Some(data) = data {
        // Of a folder that this run would make, nobody could say whether it is shared.
        _ = fs::create_dir_all(data);
        arguments.extend(["--data".into(), data.into()]);
    }
    NodeQuestion {
        srun: SRUN.into(),
        program: std::env::current_exe().unwrap_or_else(|_| "convsweep".into()),
        arguments,
        results,
        choices,
    }
}

/// The devices of all nodes, those that are alike once.
fn kinds(local: &[FoundDevice], others: &[NodeDevices]) -> Vec<FoundDevice> {
    let mut kinds: Vec<FoundDevice> = local.to_vec();
    for device in others.iter().flat_map(|node| &node.devices) {
        if !kinds.contains(device) {
            kinds.push(device.clone());
        }
    }
    kinds
}

fn settings_of_file(plan: &Plan) -> Result<SlotSettings, RunnerError> {
    let mut settings = SlotSettings::default();
    for (family, count) in &plan.run.slots {
        settings = settings.with(DeviceName::from(*family), *count)?;
    }
    Ok(settings)
}

/// The devices of the slots, on other nodes with the node's name.
pub fn slot_names(launcher: &dyn Launcher) -> Vec<String> {
    let mut names = Vec::new();
    for slot in launcher.slots() {
        names.push(match launcher.host_name(slot.place.host) {
            Some(host) => format!("{host} {}", slot.device),
            None => slot.device.to_string(),
        });
    }
    names
}

impl ChosenDevices {
    /// The family of the device that gets the first job.
    pub fn first_family(&self) -> DeviceFamily {
        let first = self.devices.first();
        first.map_or(DeviceFamily::Cpu, |device| device.name.family)
    }

    /// The device with most memory for a single job, and that memory in bytes; `None` if it is not
    /// known how much one of them has.
    pub fn roomiest(&self) -> Option<(DeviceName, u64)> {
        let mut roomiest = None;
        for device in &self.devices {
            let of_process = device.process_memory_bytes.unwrap_or(u64::MAX);
            let bytes = device.memory_bytes?.min(of_process);
            if roomiest.is_none_or(|(_, most)| bytes > most) {
                roomiest = Some((device.name, bytes));
            }
        }
        roomiest
    }

    /// As [`precision_notes`], for the jobs of a plan that are to be trained.
    ///
    /// # Errors
    /// If no device can compute in the precision of one of them.
    pub fn precision_notes(&self, plan: &Plan, jobs: &[PlannedJob]) -> Result<Vec<String>> {
        precision_notes(&self.devices, &trained_precisions(plan, jobs))
    }

    /// The launcher with no more slots than there is memory for jobs that take `job_bytes`, and
    /// notes for the user about nodes and slots that are left out. Its slots are written to the log.
    ///
    /// # Errors
    /// If there is no room for a worker.
    pub fn launcher(&self, job_bytes: Option<f64>) -> Result<(NodesLauncher, Vec<String>)> {
        let estimate = job_bytes.map(|bytes| bytes as u64);
        let settings = self.settings.clone().with_estimate(estimate);
        let mut slots =
            allocation_slots(&self.local, &self.others, &settings).map_err(runner_failure)?;
        for (number, slot) in slots.local.iter().enumerate() {
            tracing::info!("slot {number}: {slot}");
        }
        for (number, slot) in (slots.local.len()..).zip(&slots.steps) {
            tracing::info!("slot {number}: {slot}");
        }
        let mut notes = self.notes.clone();
        notes.append(&mut slots.notes);
        let launcher = NodesLauncher::new(slots, SRUN.into(), self.grace_period);
        Ok((launcher, notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_runner::devices::GpuDetails;
    use convsweep_slurm::NodeShare;

    fn device(name: DeviceName) -> FoundDevice {
        FoundDevice {
            name,
            description: String::new(),
            memory_bytes: None,
            process_memory_bytes: None,
            cores: 1,
            worker: "/w".into(),
            problem: None,
            gpu: (!name.family.is_cpu()).then(GpuDetails::default),
        }
    }

    fn node(name: &str, device: FoundDevice) -> NodeDevices {
        NodeDevices {
            share: NodeShare {
                name: name.into(),
                cpus: 1,
                memory_bytes: None,
            },
            gpus: u32::from(device.gpu.is_some()),
            devices: vec![device],
        }
    }

    #[test]
    fn nodes_without_gpus_are_left_out_beside_those_with_some() {
        let (cpu, gpu) = (device(DeviceName::CPU), device(DeviceName::cuda(0)));
        let mut problems = vec![];
        let others = vec![node("n2", gpu.clone()), node("n3", cpu.clone())];
        let left = without_slow_nodes(vec![cpu.clone()], others, &mut problems);
        assert_eq!(left, (vec![], vec![node("n2", gpu)]));
        let reason = "has no usable GPU, unlike others; --devices names what is to be used";
        assert_eq!(
            problems,
            [format!("this node {reason}"), format!("node n3 {reason}")]
        );

        problems.clear();
        let equal = (vec![cpu.clone()], vec![node("n2", cpu)]);
        let left = without_slow_nodes(equal.0.clone(), equal.1.clone(), &mut problems);
        assert_eq!((left, problems.len()), (equal, 0));
    }
}
