//! The curve that a learning-rate range test leaves in a job's folder.

use convsweep_spec::layout::{RANGE, ResultsFolder};
use convsweep_spec::metric::Number;
use convsweep_spec::range::{RangePoint, RangeResult};
use convsweep_store::ExperimentRows;

/// Writes the curve of every job: the loss falls slowly, then fast, and then explodes.
pub fn write_curves(rows: &ExperimentRows, results: &ResultsFolder) -> std::io::Result<()> {
    for configuration in &rows.configurations {
        for job in &configuration.jobs {
            let folder = results.job(&job.job);
            std::fs::create_dir_all(&folder)?;
            let found = curve(configuration.member.position, job.seed);
            let text = serde_json::to_string(&found).expect("serialises");
            std::fs::write(folder.join(RANGE), text)?;
        }
    }
    Ok(())
}

/// The result for one configuration and seed; the best rate grows with the position.
pub fn curve(position: u32, seed: u64) -> RangeResult {
    let mut points = Vec::new();
    for step in 0..100 {
        let rate = 1e-6 * 10f64.powf(f64::from(step) / 99.0 * 7.0);
        let shift = f64::from(position) * 0.5 + seed as f64 * 0.05;
        let place = rate.log10() + 3.0 - shift;
        let fall = 1.8 / (1.0 + (-3.0 * place).exp());
        let explosion = ((place - 2.0) * 4.0).exp();
        points.push(RangePoint {
            rate,
            loss: Number(2.3 - fall + explosion),
        });
    }
    RangeResult::new(&points)
}
