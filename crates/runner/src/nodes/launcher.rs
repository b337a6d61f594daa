//! Starts workers on all nodes of an allocation.

use super::slots::{AllocationSlots, StepSlot};
use crate::launcher::{LaunchError, Launcher, Slot, WorkerHandle, WorkerReports};
use crate::local::{LocalLauncher, LocalSlot, set_up_gpu, worker_command};
use crate::process::{ProcessKind, StartedProcess, supervise};
use convsweep_slurm::StepRequest;
use convsweep_spec::precision::Precision;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Starts workers as processes of this machine, and as steps on other nodes.
#[derive(Clone, Debug)]
pub struct NodesLauncher {
    local: LocalLauncher,
    steps: Vec<StepSlot>,
    srun: PathBuf,
}

impl NodesLauncher {
    /// A launcher for these slots, those of this machine first. `srun` starts steps; workers have
    /// `grace_period` to exit after their standard input was closed, before they are killed.
    pub fn new(slots: AllocationSlots, srun: PathBuf, grace_period: Duration) -> NodesLauncher {
        NodesLauncher {
            local: LocalLauncher {
                slots: slots.local,
                grace_period,
            },
            steps: slots.steps,
            srun,
        }
    }

    fn step_command(&self, step: &StepSlot, precision: Precision) -> Command {
        let request = StepRequest {
            node: &step.node,
            cpus: step.slot.threads,
            memory_bytes: step.memory_bytes,
            gpu: step.gpu,
            overlaps: step.overlaps,
        };
        let mut command = request.command(&self.srun);
        let mut worker = worker_command(&step.slot);
        if !step.slot.device.family.is_cpu() {
            set_up_gpu(&mut worker, precision);
        }
        let worker = worker.as_std();
        command.arg(worker.get_program()).args(worker.get_args());
        for (name, value) in worker.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }
}

impl Launcher for NodesLauncher {
    fn slots(&self) -> Vec<Slot> {
        let steps = self.steps.iter().map(|step| &step.slot);
        self.local
            .slots
            .iter()
            .chain(steps)
            .map(LocalSlot::slot)
            .collect()
    }

    fn host_name(&self, host: u16) -> Option<&str> {
        let mut steps = self.steps.iter();
        let step = steps.find(|step| step.slot.place.host == host);
        step.map(|step| &step.node[..])
    }

    fn launch(
        &self,
        slot: usize,
        precision: Precision,
        reports: WorkerReports,
    ) -> Result<WorkerHandle, LaunchError> {
        let Some(number) = slot.checked_sub(self.local.slots.len()) else {
            return self.local.launch(slot, precision, reports);
        };
        let step = &self.steps[number];
        let child = self.step_command(step, precision).spawn();
        let child = child.map_err(|error| LaunchError {
            reason: format!(
                "{} does not start: {error}; is Slurm's folder in PATH?",
                self.srun.display()
            ),
            is_lasting: false,
        })?;
        tracing::debug!(pid = child.id(), node = step.node, "step started");
        let started = StartedProcess {
            child,
            kind: ProcessKind::Step {
                node: step.node.clone(),
            },
            program: step.slot.worker.display().to_string(),
            note: None,
        };
        supervise(started, self.local.grace_period, reports)
    }
}
