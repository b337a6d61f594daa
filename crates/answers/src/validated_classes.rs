//! Which classes have validation images, so that metrics over classes say what they are over.

use crate::results::{RunEnd, SweepResults};
use convsweep_spec::metric::{
    Metric, VAL_BALANCED_ACCURACY, VAL_MACRO_F1, VAL_MACRO_PRECISION, VAL_ROC_AUC,
};
use convsweep_spec::words::counted_as;
use serde::Serialize;

/// Classes with validation images, of the run that has the fewest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ValidatedClasses {
    /// Classes that have validation images.
    pub present: usize,
    /// All classes.
    pub all: usize,
    /// Number of validation images.
    pub images: u64,
}

impl ValidatedClasses {
    /// Those of the finished runs; `None` if none was evaluated on validation images.
    pub(crate) fn of(sweep: &SweepResults) -> Option<ValidatedClasses> {
        let finished = sweep.runs().filter(|run| run.end == RunEnd::Finished);
        let counts = finished.filter_map(|run| {
            let classes = &run.validation.as_ref()?.class_images;
            (!classes.is_empty()).then(|| ValidatedClasses {
                present: classes.iter().filter(|images| **images > 0).count(),
                all: classes.len(),
                images: classes.iter().sum(),
            })
        });
        counts.min_by_key(|found| found.present)
    }

    /// What a metric over classes is over, where some have no validation images; `None` where that
    /// does not matter.
    pub(crate) fn of_metric(&self, metric: &Metric, words: &str) -> Option<String> {
        let ValidatedClasses { present, all, .. } = *self;
        if present == all {
            return None;
        }
        let lacking = match all - present {
            1 => "the other one has no validation image".to_string(),
            others => format!("{others} others have no validation images"),
        };
        match metric.name.as_str() {
            VAL_BALANCED_ACCURACY | VAL_ROC_AUC => Some(format!(
                "The {words} is over {present} of {all} classes: {lacking}."
            )),
            VAL_MACRO_F1 | VAL_MACRO_PRECISION => Some(format!(
                "The {words} is over all {all} classes, and only {present} can count more than 0: \
                 {lacking}."
            )),
            _ => None,
        }
    }

    /// Why a metric does not exist; `None` if this is not the reason.
    pub(crate) fn why_not(&self, metric: &Metric) -> Option<String> {
        let is_of_pairs = metric.name == VAL_ROC_AUC;
        (is_of_pairs && self.present < 2).then(|| {
            format!(
                "{} of {} {} validation images, and the area under the ROC curve needs images of \
                 two: validate on more classes, or compare by another metric",
                self.present,
                counted_as(self.all as u64, "class", "classes"),
                if self.present == 1 { "has" } else { "have" },
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::metric::VAL_ACCURACY;

    const ONE_OF_TWO: ValidatedClasses = ValidatedClasses {
        present: 1,
        all: 2,
        images: 8,
    };

    #[test]
    fn metrics_over_classes_say_which_are_not_there() {
        let said = |found: &ValidatedClasses, name: &str| {
            found.of_metric(&Metric::natural(name), "validation balanced accuracy")
        };
        let expected = "The validation balanced accuracy is over 1 of 2 classes: the other one has \
                        no validation image.";
        let found = said(&ONE_OF_TWO, VAL_BALANCED_ACCURACY);
        assert_eq!(found.as_deref(), Some(expected));
        assert!(said(&ONE_OF_TWO, VAL_MACRO_F1).is_some());
        assert_eq!(said(&ONE_OF_TWO, VAL_ACCURACY), None);
        let all = ValidatedClasses {
            present: 2,
            ..ONE_OF_TWO
        };
        assert_eq!(said(&all, VAL_BALANCED_ACCURACY), None);
    }

    #[test]
    fn an_area_needs_two_classes() {
        let why = |found: &ValidatedClasses, name| found.why_not(&Metric::natural(name));
        let said = why(&ONE_OF_TWO, VAL_ROC_AUC).expect("there is none");
        assert!(
            said.starts_with("1 of 2 classes has validation images"),
            "{said}"
        );
        assert_eq!(why(&ONE_OF_TWO, VAL_ACCURACY), None);
        let two = ValidatedClasses {
            present: 2,
            all: 9,
            ..ONE_OF_TWO
        };
        assert_eq!(why(&two, VAL_ROC_AUC), None);
    }
}
