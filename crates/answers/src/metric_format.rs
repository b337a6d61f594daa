//! How a metric is named, scaled and written, and which direction is better.

use convsweep_spec::metric::{Direction, Metric};
use convsweep_statistics::sample::Sample;

/// A metric with the rules for writing its values.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFormat {
    /// Its name in the database.
    pub name: String,
    /// Which direction is better.
    pub direction: Direction,
}

impl From<&Metric> for MetricFormat {
    fn from(metric: &Metric) -> MetricFormat {
        MetricFormat {
            name: metric.name.clone(),
            direction: metric.direction,
        }
    }
}

impl MetricFormat {
    /// The metric of this name, with its natural direction.
    pub fn named(name: &str) -> MetricFormat {
        MetricFormat::from(&Metric::natural(name))
    }

    /// In words: `validation accuracy`.
    pub fn words(&self) -> String {
        self.name
            .replace("val_", "validation ")
            .replace("train_", "training ")
            .replace('_', " ")
    }

    /// Whether it is a share, shown in per cent.
    pub fn is_share(&self) -> bool {
        self.name.ends_with("accuracy")
    }

    /// Whether larger values are better.
    pub fn larger_is_better(&self) -> bool {
        self.direction == Direction::Max
    }

    /// In words with the unit, for an axis.
    pub fn label(&self) -> String {
        if self.is_share() {
            format!("{} (%)", self.words())
        } else {
            self.words()
        }
    }

    /// Factor from values of the database to values of charts and tables.
    pub fn scale(&self) -> f64 {
        if self.is_share() { 100.0 } else { 1.0 }
    }

    /// Decimals of a value in tables.
    pub fn places(&self) -> usize {
        if self.is_share() { 2 } else { 4 }
    }

    /// A value as tables show it, without its unit: `71.40`.
    pub fn number(&self, value: f64) -> String {
        format!("{:.*}", self.places(), value * self.scale()).replace('-', "−")
    }

    /// A value with its unit: `71.40 %`.
    pub fn value(&self, value: f64) -> String {
        let number = self.number(value);
        if self.is_share() {
            format!("{number} %")
        } else {
            number
        }
    }

    /// A mean with its unit, and the standard deviation if there is one: `71.40 % ± 0.93`.
    pub fn mean_and_sd(&self, sample: Sample) -> String {
        let mean = self.value(sample.mean);
        match sample.sd {
            Some(sd) => format!("{mean} ± {}", self.number(sd)),
            None => mean,
        }
    }

    /// A difference without sign, with its unit: `1.20 percentage points`.
    pub fn difference(&self, value: f64) -> String {
        let number = self.number(value.abs());
        if self.is_share() {
            format!("{number} percentage points")
        } else {
            number
        }
    }

    /// A difference with its sign and without its unit: `+1.20`, `−0.30`.
    pub fn signed(&self, value: f64) -> String {
        let sign = if value >= 0.0 { "+" } else { "" };
        format!("{sign}{}", self.number(value))
    }

    /// An interval without its unit: `70.10 to 72.70`.
    pub fn interval(&self, (low, high): (f64, f64)) -> String {
        format!("{} to {}", self.number(low), self.number(high))
    }

    /// `value` with its sign turned so that larger is better.
    pub fn gain(&self, value: f64) -> f64 {
        match self.direction {
            Direction::Max => value,
            Direction::Min => -value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_in_per_cent() {
        let accuracy = MetricFormat::named("val_accuracy");
        assert_eq!(accuracy.label(), "validation accuracy (%)");
        assert_eq!(accuracy.value(0.714), "71.40 %");
        assert_eq!(accuracy.difference(-0.012), "1.20 percentage points");
        assert_eq!(accuracy.gain(0.5), 0.5);
    }

    #[test]
    fn only_several_runs_have_a_standard_deviation() {
        let accuracy = MetricFormat::named("val_accuracy");
        let written = |values: &[f64]| accuracy.mean_and_sd(Sample::of(values).expect("values"));
        assert_eq!(written(&[0.7, 0.72]), "71.00 % ± 1.41");
        assert_eq!(written(&[0.714]), "71.40 %");
    }

    #[test]
    fn losses_are_better_where_they_are_smaller() {
        let loss = MetricFormat::named("val_loss");
        assert_eq!(loss.label(), "validation loss");
        assert_eq!(loss.value(-0.5), "−0.5000");
        assert_eq!(loss.gain(0.5), -0.5);
    }
}
