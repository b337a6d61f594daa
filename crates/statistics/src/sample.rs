//! The summary of one figure over several runs: mean, standard deviation and Student's interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Mean and spread of one figure over several jobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Number of jobs.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divided by n − 1); `None` for a single job.
    pub sd: Option<f64>,
}

impl Sample {
    /// Summary of `values`, summed in their order; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Sample> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares = values.iter().map(|v| (v - mean) * (v - mean));
        let sd = (n > 1).then(|| (squares.sum::<f64>() / (n - 1) as f64).sqrt());
        Some(Sample { n, mean, sd })
    }

    /// 95 % confidence interval of the mean by Student's t distribution; `None` for a single job.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.interval_by(t_quantile(self.n)?)
    }

    /// [`Sample::interval`] with the quantile already looked up: the look-up is slow.
    pub fn interval_by(&self, t_quantile: f64) -> Option<(f64, f64)> {
        let half_width = t_quantile * self.sd? / (self.n as f64).sqrt();
        Some((self.mean - half_width, self.mean + half_width))
    }
}

/// The 97.5 % quantile of Student's t distribution for samples of `n`; `None` below two.
pub fn t_quantile(n: usize) -> Option<f64> {
    t_quantile_at(n, 0.975)
}

/// The quantile of Student's t distribution at `probability`, for samples of `n`; `None` below two.
pub fn t_quantile_at(n: usize, probability: f64) -> Option<f64> {
    let degrees_of_freedom = n.checked_sub(1).filter(|degrees| *degrees > 0)?;
    let distribution = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    Some(distribution.inverse_cdf(probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_mean_deviation_and_interval() {
        assert_eq!(Sample::of(&[]), None);
        let one = Sample::of(&[0.5]).expect("a value");
        assert_eq!(
            (one.n, one.mean, one.sd, one.interval()),
            (1, 0.5, None, None)
        );
        let three = Sample::of(&[1.0, 2.0, 3.0]).expect("values");
        assert_eq!((three.mean, three.sd), (2.0, Some(1.0)));
        // t(0.975; 2) = 4.302653; scipy.stats.t.interval(0.95, 2, 2, 1 / sqrt(3))
        let (low, high) = three.interval().expect("an interval");
        assert!((low + 0.484_137_7).abs() < 1e-6, "{low}");
        assert!((high - 4.484_137_7).abs() < 1e-6, "{high}");
    }
}
