//! Whether a job's own early stopping ends it, as its worker decides it.

use convsweep_spec::stopping::EarlyStopping;
use std::collections::BTreeMap;

/// The early stopping of a job, with the values that it looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStopWatch {
    rule: EarlyStopping,
    /// Values of the rule's metric by epoch.
    values: BTreeMap<u32, f64>,
}

impl EarlyStopWatch {
    /// A watch over a job that has recorded these values.
    pub fn new(rule: EarlyStopping, values: BTreeMap<u32, f64>) -> EarlyStopWatch {
        EarlyStopWatch { rule, values }
    }

    /// Name of the metric that is looked at.
    pub fn metric(&self) -> &str {
        &self.rule.metric.name
    }

    /// Adds the value of an epoch.
    pub fn insert(&mut self, epoch: u32, value: f64) {
        self.values.insert(epoch, value);
    }

    /// Whether training ends after the newest epoch.
    pub fn is_due(&self) -> bool {
        self.rule.ends_after(self.values.values().copied())
    }
}
