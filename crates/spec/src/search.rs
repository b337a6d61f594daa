//! Stopping rules: what `[search]` of a file says. The plan reads it and the runner applies it.

/// Which jobs of a sweep are stopped early or not started. Nothing here enters a job's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchSettings {
    /// The rule that stops jobs early.
    pub stop: Option<StopRule>,
    /// Number of seeds of every configuration; further seeds are trained only while the
    /// configuration may still be the best.
    pub start_seeds: Option<u32>,
}

/// A rule that stops jobs early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// Successive halving (Jamieson and Talwalkar 2016): all configurations train for `first`
    /// epochs; the best 1/`eta` of them continue to `eta` times as many, and so on. Each decision
    /// waits for all results, so that it does not depend on the order of arrival.
    SuccessiveHalving {
        /// One of this many continues.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// ASHA (Li et al. 2020): the same rungs, but a job continues if it is among the best of the
    /// results so far.
    Asha {
        /// One of this many continues.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// The median rule (Golovin et al. 2017): a job stops if its value is worse than the median of
    /// the other jobs' mean values up to the same epoch. The published rule takes a job's best
    /// value so far; here a job is judged by the value of the epoch whose weights it would keep, as
    /// the leaderboard does, and so are the means.
    Median {
        /// Epochs before the first decision.
        first: u32,
    },
}

/// More decisions than any job has epochs for.
const MAX_RUNGS: u32 = 32;

/// The name under which decisions of the race are recorded.
pub const RACE: &str = "race";

impl SearchSettings {
    /// The race with its figure, such as `race:start_seeds=2`; `None` without one.
    pub fn race_text(&self) -> Option<String> {
        let seeds = self.start_seeds?;
        Some(format!("{RACE}:start_seeds={seeds}"))
    }
}

impl StopRule {
    /// The rule with its figures, such as `successive-halving:eta=3,first=1`: recorded with each
    /// of its decisions, which bind only as long as the file asks for the same.
    pub fn text(&self) -> String {
        let name = self.name();
        match *self {
            StopRule::SuccessiveHalving { eta, first } | StopRule::Asha { eta, first } => {
                format!("{name}:eta={eta},first={first}")
            }
            StopRule::Median { first } => format!("{name}:first={first}"),
        }
    }

    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self {
            StopRule::SuccessiveHalving { .. } => "successive-halving",
            StopRule::Asha { .. } => "asha",
            StopRule::Median { .. } => "median",
        }
    }

    /// Whether the decisions depend on the order in which results arrive.
    pub fn depends_on_arrival(&self) -> bool {
        !matches!(self, StopRule::SuccessiveHalving { .. })
    }

    /// The first epoch after which the rule judges a job on its arrival, if it does.
    pub fn judges_arrivals_from(&self) -> Option<u32> {
        match *self {
            StopRule::Asha { first, .. } | StopRule::Median { first } => Some(first),
            StopRule::SuccessiveHalving { .. } => None,
        }
    }

    /// Number (from 0) of the decision after `epoch` epochs, if the rule makes one there.
    pub fn rung_number(&self, epoch: u32) -> Option<u32> {
        (0..MAX_RUNGS).find(|number| self.rung(*number) == Some(epoch))
    }

    /// Number of epochs before the last decision that the rule makes within `epoch` epochs.
    pub fn last_rung(&self, epoch: u32) -> Option<u32> {
        let rungs = (0..MAX_RUNGS).filter_map(|number| self.rung(number));
        rungs.take_while(|rung| *rung <= epoch).last()
    }

    /// Number of epochs before the decision `number` (from 0); `None` for a rule without rungs.
    pub fn rung(&self, number: u32) -> Option<u32> {
        match *self {
            StopRule::SuccessiveHalving { eta, first } | StopRule::Asha { eta, first } => {
                Some(first.saturating_mul(eta.saturating_pow(number)))
            }
            StopRule::Median { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_have_numbers() {
        let rule = StopRule::SuccessiveHalving { eta: 3, first: 2 };
        let rungs: Vec<_> = (0..4).map(|number| rule.rung(number)).collect();
        assert_eq!(rungs, [Some(2), Some(6), Some(18), Some(54)]);
        assert_eq!((rule.rung_number(6), rule.rung_number(7)), (Some(1), None));
        assert_eq!((rule.last_rung(1), rule.last_rung(17)), (None, Some(6)));
        let median = StopRule::Median { first: 2 };
        assert_eq!((median.rung_number(2), median.last_rung(9)), (None, None));
    }

    #[test]
    fn rules_are_recorded_with_their_figures() {
        let asha = StopRule::Asha { eta: 4, first: 1 };
        assert_eq!(asha.text(), "asha:eta=4,first=1");
        assert_eq!(StopRule::Median { first: 3 }.text(), "median:first=3");
        let settings = SearchSettings {
            stop: None,
            start_seeds: Some(2),
        };
        assert_eq!(settings.race_text().as_deref(), Some("race:start_seeds=2"));
        assert_eq!(SearchSettings::default().race_text(), None);
    }
}
