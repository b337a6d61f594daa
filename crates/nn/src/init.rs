//! Initial values of parameters: computed on the CPU, a pure function of seed and parameter name.

use convsweep_spec::model::Init;
use convsweep_spec::random::IndexedDraws;

/// Numbers of connections into and out of one unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fan {
    pub input: f64,
    pub output: f64,
}

impl Fan {
    /// Of a convolution with weights `[filters, channels / groups, height, width]`. Those of a
    /// transposed one, `[channels, filters / groups, height, width]`, are counted in the same
    /// places, as PyTorch does.
    pub(crate) fn of_conv([filters, channels, height, width]: [u32; 4]) -> Fan {
        let taps = f64::from(height) * f64::from(width);
        Fan {
            input: taps * f64::from(channels),
            output: taps * f64::from(filters),
        }
    }

    pub(crate) fn of_dense(units: u32, features: u32) -> Fan {
        Fan {
            input: features.into(),
            output: units.into(),
        }
    }
}

/// Initial weights of a convolution or dense layer.
pub(crate) fn weights(init: Init, seed: u64, name: &str, count: usize, fan: Fan) -> Vec<f32> {
    match init {
        Init::GlorotUniform => uniform(seed, name, count, (6.0 / (fan.input + fan.output)).sqrt()),
        Init::KaimingUniform => uniform(seed, name, count, (6.0 / fan.input).sqrt()),
        Init::Torch => uniform(seed, name, count, fan.input.sqrt().recip()),
        Init::KaimingNormal => {
            let draws = IndexedDraws::new("init", seed, name, 0);
            let deviation = (2.0 / fan.input).sqrt();
            (0..count as u64)
                .map(|i| (draws.normal(i) * deviation) as f32)
                .collect()
        }
    }
}

/// Initial biases of a convolution or dense layer.
pub(crate) fn biases(init: Init, seed: u64, name: &str, count: usize, fan: Fan) -> Vec<f32> {
    match init {
        Init::Torch => uniform(seed, name, count, fan.input.sqrt().recip()),
        Init::GlorotUniform | Init::KaimingNormal | Init::KaimingUniform => vec![0.0; count],
    }
}

fn uniform(seed: u64, name: &str, count: usize, bound: f64) -> Vec<f32> {
    let draws = IndexedDraws::new("init", seed, name, 0);
    (0..count as u64)
        .map(|i| ((2.0 * draws.uniform(i) - 1.0) * bound) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_are_the_published_ones() {
        let fan = Fan {
            input: 27.0,
            output: 288.0,
        };
        let check = |init, variance: f64| {
            let w = weights(init, 3, "conv1.weight", 40_000, fan);
            let mean = w.iter().map(|&v| f64::from(v)).sum::<f64>() / w.len() as f64;
            let found = w
                .iter()
                .map(|&v| (f64::from(v) - mean).powi(2))
                .sum::<f64>()
                / w.len() as f64;
            assert!(
                (found / variance - 1.0).abs() < 0.03,
                "{init:?}: {found}, expected {variance}"
            );
            assert!(
                mean.abs() < 0.02 * variance.sqrt().max(0.1),
                "{init:?}: {mean}"
            );
        };
        check(Init::GlorotUniform, 2.0 / 315.0);
        check(Init::KaimingUniform, 2.0 / 27.0);
        check(Init::KaimingNormal, 2.0 / 27.0);
        check(Init::Torch, 1.0 / (3.0 * 27.0));
        assert_eq!(
            biases(Init::GlorotUniform, 3, "conv1.bias", 2, fan),
            [0.0, 0.0]
        );
        assert!(
            biases(Init::Torch, 3, "conv1.bias", 2, fan)
                .iter()
                .all(|&b| b != 0.0 && b.abs() < 0.2)
        );
    }
}
