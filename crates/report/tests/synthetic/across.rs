//! Several experiments over the same choices.

use super::Synthetic;
use convsweep_answers::SweepResults;

const RATES: [&str; 8] = [
    "1e-4", "3e-4", "1e-3", "2e-3", "3e-3", "0.01", "0.02", "0.05",
];
const POOLS: [&str; 5] = [
    "max",
    "average",
    "max with overlap",
    "strided convolution",
    "none",
];

/// So many experiments, `data-1`, `data-2`, …, each with this many rates (8 at most) and pools (5 at
/// most) and three seeds.
pub fn sweeps(experiments: usize, rates: usize, pools: usize) -> Vec<SweepResults> {
    let experiment = Synthetic {
        axes: vec![
            ("train.optimizer.lr", RATES[..rates].to_vec()),
            ("model.parameters.pool", POOLS[..pools].to_vec()),
        ],
        ..Synthetic::default()
    };
    let rows = experiment.rows();
    let mut sweeps = Vec::with_capacity(experiments);
    for number in 0..experiments {
        let mut sweep = rows.sweep_results();
        sweep.experiment = format!("data-{}", number + 1);
        for (choice, configuration) in sweep.configurations.iter_mut().enumerate() {
            configuration.data_hash = sweep.experiment.clone();
            let mean = mean(number, choice);
            for run in &mut configuration.runs {
                run.value = Some(mean + 0.008 * (run.seed as f64 - 1.0));
            }
        }
        sweeps.push(sweep);
    }
    sweeps
}

/// Earlier choices are better, more or less.
fn mean(experiment: usize, choice: usize) -> f64 {
    let (e, c) = (experiment as f64, choice as f64);
    0.9 - 0.02 * e - 0.006 * c + 0.02 * (1.7 * e + 2.3 * c).sin()
}
