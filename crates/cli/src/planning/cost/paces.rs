//! Seconds that a training image takes, learned from finished jobs of this machine.

use convsweep_plan::Planned;
use convsweep_spec::device::DeviceFamily;
use convsweep_store::JobCostRow;

/// Seconds that a job must have taken to say something about other networks; a shorter one spent
/// most of its time starting.
const SHORTEST: f64 = 2.0;

/// The cost of one finished job.
#[derive(Clone, Debug)]
struct FinishedCost {
    macs: u64,
    parameters: u64,
    batch_size: u32,
    /// Seconds for one training image.
    pace: f64,
    seconds: f64,
    /// Peak memory in bytes.
    memory: f64,
}

/// Seconds for one image as a linear function of its multiply-accumulates.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PaceLine {
    /// Seconds for an image whatever the network.
    per_image: f64,
    /// Seconds for each multiply-accumulate.
    per_mac: f64,
}

/// What finished jobs say about one family of devices.
#[derive(Clone, Debug)]
pub struct Paces {
    family: DeviceFamily,
    jobs: Vec<FinishedCost>,
    line: Option<PaceLine>,
}

impl Paces {
    /// Learns from the finished jobs that ran on devices of this family.
    pub fn of(family: DeviceFamily, rows: &[JobCostRow]) -> Paces {
        let on_family = rows.iter().filter(|row| row.device.family == family);
        let jobs: Vec<FinishedCost> = on_family.filter_map(finished_cost).collect();
        let long = jobs.iter().filter(|job| job.seconds >= SHORTEST);
        let long: Vec<FinishedCost> = long.cloned().collect();
        let line = PaceLine::fit(&long, PaceLine::rough(family));
        Paces { family, jobs, line }
    }

    /// Number of finished jobs.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Seconds for one training image of this configuration, and whether that is a rough figure.
    pub fn pace(&self, planned: &Planned) -> (f64, bool) {
        let same = self.jobs.iter().filter(|job| job.is_like(planned));
        if let Some(pace) = median(same.map(|job| job.pace).collect()) {
            return (pace, false);
        }
        let macs = planned.summary.macs as f64;
        match self.line {
            Some(line) => (line.at(macs), false),
            None => (PaceLine::rough(self.family).at(macs), true),
        }
    }

    /// Peak memory in bytes of the newest finished job of this configuration.
    pub fn memory(&self, planned: &Planned) -> Option<f64> {
        let newest = self.jobs.iter().find(|job| job.is_like(planned))?;
        Some(newest.memory)
    }
}

impl FinishedCost {
    /// Whether a job of this configuration takes the same work.
    fn is_like(&self, planned: &Planned) -> bool {
        self.macs == planned.summary.macs
            && self.parameters == planned.summary.parameters
            && self.batch_size == planned.member.resolved.train.batch_size
    }
}

fn finished_cost(row: &JobCostRow) -> Option<FinishedCost> {
    let images = row.steps as f64 * f64::from(row.batch_size);
    (images > 0.0 && row.seconds > 0.0).then(|| FinishedCost {
        macs: row.macs,
        parameters: row.parameters,
        batch_size: row.batch_size,
        pace: row.seconds / images,
        seconds: row.seconds,
        memory: row.peak_memory_bytes as f64,
    })
}

impl PaceLine {
    /// The line before anything is known: a core of 2020 trains about ten thousand million
    /// multiply-accumulates of the forward pass a second, a GPU a hundred times that.
    fn rough(family: DeviceFamily) -> PaceLine {
        if family.is_cpu() {
            PaceLine {
                per_image: 1e-5,
                per_mac: 1e-10,
            }
        } else {
            PaceLine {
                per_image: 2e-6,
                per_mac: 1e-12,
            }
        }
    }

    /// The line through the jobs by least squares, with neither coefficient below zero. If all jobs
    /// have the same size, the rough line scaled to go through them.
    fn fit(jobs: &[FinishedCost], rough: PaceLine) -> Option<PaceLine> {
        if jobs.is_empty() {
            return None;
        }
        let mean = |of: &dyn Fn(&FinishedCost) -> f64| {
            jobs.iter().map(of).sum::<f64>() / jobs.len() as f64
        };
        let (x, y) = (mean(&|job| job.macs as f64), mean(&|job| job.pace));
        let variance = mean(&|job| (job.macs as f64 - x).powi(2));
        if variance == 0.0 {
            let factor = y / rough.at(x);
            return Some(PaceLine {
                per_image: factor * rough.per_image,
                per_mac: factor * rough.per_mac,
            });
        }
        let covariance = mean(&|job| (job.macs as f64 - x) * (job.pace - y));
        let per_mac = covariance / variance;
        let per_image = y - per_mac * x;
        Some(if per_image < 0.0 {
            PaceLine {
                per_image: 0.0,
                per_mac: if x > 0.0 { y / x } else { 0.0 },
            }
        } else if per_mac < 0.0 {
            PaceLine {
                per_image: y,
                per_mac: 0.0,
            }
        } else {
            PaceLine { per_image, per_mac }
        })
    }

    fn at(self, macs: f64) -> f64 {
        self.per_image + self.per_mac * macs
    }
}

/// The middle value; the upper one of two.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(macs: u64, pace: f64) -> FinishedCost {
        FinishedCost {
            macs,
            parameters: 1,
            batch_size: 1,
            pace,
            seconds: 60.0,
            memory: 1.0,
        }
    }

    #[track_caller]
    fn check(jobs: &[FinishedCost], expect: Option<(f64, f64)>) {
        let rough = PaceLine {
            per_image: 1.0,
            per_mac: 1e-3,
        };
        let found = PaceLine::fit(jobs, rough).map(|line| (line.per_image, line.per_mac));
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-12);
        let same = match (found, expect) {
            (Some((a, b)), Some((c, d))) => near(a, c) && near(b, d),
            (found, expect) => found == expect,
        };
        assert!(same, "{found:?} is not {expect:?}");
    }

    #[test]
    fn without_jobs_there_is_no_line() {
        check(&[], None);
    }

    #[test]
    fn jobs_of_one_size_scale_the_rough_line() {
        check(&[job(1000, 0.5)], Some((0.25, 2.5e-4)));
        check(&[job(1000, 0.4), job(1000, 0.6)], Some((0.25, 2.5e-4)));
    }

    #[test]
    fn jobs_of_several_sizes_give_a_line_that_never_falls_below_zero() {
        check(&[job(1000, 0.3), job(3000, 0.7)], Some((0.1, 2e-4)));
        check(&[job(1000, 0.1), job(3000, 0.7)], Some((0.0, 2e-4)));
        check(&[job(1000, 0.7), job(3000, 0.5)], Some((0.6, 0.0)));
    }
}
