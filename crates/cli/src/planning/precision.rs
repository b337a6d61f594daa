//! Whether the devices of a run can compute in the precisions of its jobs.

use super::job_action::PlannedJob;
use crate::exit::{Exit, failure};
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::devices::FoundDevice;
use convsweep_spec::precision::Precision;
use std::collections::BTreeSet;

/// The precisions of the jobs that are to be trained.
pub fn trained_precisions(plan: &Plan, jobs: &[PlannedJob]) -> BTreeSet<Precision> {
    let mut precisions = BTreeSet::new();
    for job in jobs {
        if job.action.is_trained() {
            let resolved = &plan.configurations[job.configuration].member.resolved;
            precisions.insert(resolved.train.precision);
        }
    }
    precisions
}

/// What the user should know of how the devices compute in these precisions.
///
/// # Errors
/// If no device can compute in one of them.
pub fn precision_notes(
    devices: &[FoundDevice],
    precisions: &BTreeSet<Precision>,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for &precision in precisions {
        let mut able = Vec::new();
        let mut problems = Vec::new();
        for device in devices {
            match device.precision_problem(precision) {
                None => able.push(device),
                Some(problem) => problems.push(problem),
            }
        }
        if able.is_empty() {
            return Err(failure(Exit::Device, precision.refusal(&problems)));
        }
        if !problems.is_empty() {
            let names: Vec<String> = able.iter().map(|device| device.name.to_string()).collect();
            notes.push(format!(
                "jobs with train.precision = \"{}\" are trained on {} only: {}",
                precision.name(),
                names.join(" and "),
                problems.join("; ")
            ));
        }
        notes.extend(
            able.into_iter()
                .filter_map(|device| remark(precision, device)),
        );
    }
    Ok(notes)
}

/// That a device computes products in a lower precision than its jobs ask for.
fn remark(precision: Precision, device: &FoundDevice) -> Option<String> {
    let worker = device.worker_kind();
    let lower = precision.lower_products(worker)?;
    Some(format!(
        "{} computes products of {} as {}, as {} does; LibTorch's worker has them in {}",
        device.name,
        precision.name(),
        lower.name(),
        worker.library(),
        precision.name()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_runner::devices::GpuDetails;
    use convsweep_spec::device::WorkerKind;

    fn device(name: &str, worker: WorkerKind, capability: Option<&str>) -> FoundDevice {
        FoundDevice {
            name: name.parse().expect("a device"),
            description: String::new(),
            memory_bytes: None,
            process_memory_bytes: None,
            cores: 0,
            worker: format!("/w/{}", worker.program()).into(),
            problem: None,
            gpu: capability.map(|capability| GpuDetails {
                compute_capability: Some(capability.into()),
                ..GpuDetails::default()
            }),
        }
    }

    /// The notes, or the error, one line each.
    fn said(devices: &[FoundDevice], precision: Precision) -> String {
        match precision_notes(devices, &BTreeSet::from([precision])) {
            Ok(notes) => notes.join("\n"),
            Err(error) => format!("{}: {error}", crate::exit::of(&error) as u8),
        }
    }

    #[test]
    fn what_no_device_can_is_refused_and_what_some_cannot_is_noted() {
        let cpu = device("cpu", WorkerKind::Flex, None);
        let torch = device("libtorch", WorkerKind::LibTorch, None);
        let old = device("cuda:0", WorkerKind::LibTorch, Some("7.5"));
        let new = device("cuda:1", WorkerKind::LibTorch, Some("9.0"));
        let all = [cpu.clone(), torch.clone(), old.clone(), new.clone()];
        assert_eq!(said(&all, Precision::F32), "");
        let expect = "4: train.precision = \"bf16\": cpu cannot (the CPU's own kernels compute in \
                      f32 only); cuda:0 cannot (its compute capability is 7.5, and below 8.0 there \
                      is f32 only); name a device that can (--devices or run.devices), which is \
                      libtorch, or an NVIDIA GPU of compute capability 8.0 or higher (cuda), or \
                      set train.precision = \"f32\"";
        assert_eq!(said(&[cpu.clone(), old], Precision::Bf16), expect);
        let expect = "jobs with train.precision = \"bf16\" are trained on libtorch and cuda:1 \
                      only: cpu cannot (the CPU's own kernels compute in f32 only)";
        assert_eq!(said(&[cpu, torch, new], Precision::Bf16), expect);
    }

    #[test]
    fn products_in_lower_precision_are_noted() {
        let cubecl = [device("cuda:0@cubecl", WorkerKind::CubeCl, Some("9.0"))];
        let expect = "cuda:0@cubecl computes products of f32 as tf32, as CubeCL does; LibTorch's \
                      worker has them in f32";
        assert_eq!(said(&cubecl, Precision::F32), expect);
        assert_eq!(said(&cubecl, Precision::Bf16), "");
    }
}
