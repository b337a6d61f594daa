//! What the ranks over experiments say, in words.

use super::{AcrossExperiments, ChoiceRow};
use convsweep_spec::words::{counted, first_few};

/// Names that a sentence lists before it counts the rest.
const LISTED: usize = 4;

impl AcrossExperiments {
    /// What the ranks say, the most important sentence first.
    pub fn sentences(&self) -> Vec<String> {
        let experiments = counted(self.experiments.len() as u64, "experiment");
        if self.experiments.len() < 2 {
            return vec![format!(
                "Ranks over experiments need at least two of them, and there is {experiments}: \
                 name another one."
            )];
        }
        if self.common < 2 {
            return vec![self.too_few(&experiments)];
        }
        let Some(ranks) = &self.ranks else {
            return vec![format!(
                "In each of the {experiments}, the {} choices that all of them have are equally \
                 good: there is nothing to rank.",
                self.common
            )];
        };
        let best = &self.choices[0];
        let equal = self.common_choices().iter();
        let equal = equal.filter(|c| c.mean_rank == best.mean_rank).count() - 1;
        let shared = match equal {
            0 => String::new(),
            n => format!(", shared with {}", counted(n as u64, "other choice")),
        };
        let lead = format!(
            "Over {experiments}, {} has the best mean rank of {} choices: {:.2}{shared} (1 is the \
             best in every one, {} the worst).",
            best.label,
            self.common,
            best.mean_rank.unwrap_or(f64::NAN),
            self.common
        );
        let p = p_value(ranks.friedman.p);
        let test = match ranks.differ() {
            true => format!(
                "The choices differ (Friedman's test, {p}). {}",
                self.beaten()
            ),
            false => format!(
                "The order of the choices may be chance (Friedman's test, {p}): none of them is \
                 shown to be better than another over these experiments."
            ),
        };
        vec![lead, test]
    }

    fn too_few(&self, experiments: &str) -> String {
        let common = match self.common {
            0 => "no choice has a result in all".to_string(),
            _ => format!("only {} has a result in all", self.choices[0].label),
        };
        format!(
            "There are no ranks: {common} of the {experiments}, and at least two choices are \
             needed. Choices are the same if their values on the axes are, or, where the axes \
             differ, their labels: sweep the same values in each file, or name experiments that do."
        )
    }

    /// Which choices the best one surely ranks before.
    fn beaten(&self) -> String {
        let (best, critical) = (self.choices[0].mean_rank, self.critical());
        let is_beaten = |choice: &&ChoiceRow| {
            let distance = choice.mean_rank.zip(best).map(|(rank, best)| rank - best);
            distance
                .zip(critical)
                .is_some_and(|(d, critical)| d >= critical)
        };
        let beaten = self.common_choices().iter().filter(is_beaten);
        let beaten: Vec<&str> = beaten.map(|choice| choice.label.as_str()).collect();
        let others = self.common - 1;
        match beaten.len() {
            0 => format!(
                "Which ones is open: no other mean rank is as far from that of {} as the critical \
                 difference.",
                self.choices[0].label
            ),
            n if n == others => "It ranks better than each other one (Nemenyi's test).".into(),
            n => format!(
                "It ranks better than {} (Nemenyi's test); the other {} may be as good.",
                listed(&beaten),
                others - n
            ),
        }
    }

    pub(super) fn critical(&self) -> Option<f64> {
        self.ranks.as_ref()?.critical_difference
    }
}

/// `p = 0.012`, `p < 0.001`.
fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "p < 0.001".into(),
        false => format!("p = {p:.3}"),
    }
}

/// `A and B`, `A, B, C, D and 5 more`; semicolons separate names that hold commas.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    first_few(names, LISTED)
}
