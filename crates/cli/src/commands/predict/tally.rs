//! How many images were classified, and how many rightly.

use super::ranked::RankedPrediction;
use crate::inference::{ImageInput, NamedModel};
use crate::output::stdout::say;
use crate::output::table;
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_spec::words::{counted, thousands};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Classes that are shown as a whole matrix.
const MOST_IN_MATRIX: usize = 12;
/// Pairs of classes that are shown of more classes.
const MOST_PAIRS: usize = 10;

/// How many images were classified, and how many rightly.
pub struct Tally<'a> {
    classes: &'a [String],
    /// Images that were classified.
    pub classified: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Folders that could not be read.
    pub folders_left_out: u64,
    /// Images by true and predicted class, of those whose true class is known.
    confusion: BTreeMap<(usize, usize), u64>,
}

impl<'a> Tally<'a> {
    /// No images yet.
    pub fn new(classes: &'a [String]) -> Tally<'a> {
        Tally {
            classes,
            classified: 0,
            unreadable: 0,
            folders_left_out: 0,
            confusion: BTreeMap::new(),
        }
    }

    /// Counts an image.
    pub fn count(&mut self, image: &ImageInput, prediction: &RankedPrediction) {
        let Some((predicted, _)) = prediction.first() else {
            self.unreadable += 1;
            return;
        };
        self.classified += 1;
        if let Some(class) = image.class {
            let pair = (usize::from(class), predicted);
            *self.confusion.entry(pair).or_default() += 1;
        }
    }

    /// Images whose true class is known, and how many of them were classified rightly.
    fn judged(&self) -> (u64, u64) {
        let right = self.confusion.iter().filter(|((t, p), _)| t == p);
        (self.confusion.values().sum(), right.map(|(_, n)| n).sum())
    }

    /// The numbers as JSON, with the jobs that predicted.
    pub fn object(&self, model: &NamedModel) -> Value {
        let networks = model.ensemble.networks.iter();
        let jobs: Vec<&JobId> = networks.map(|network| &network.job).collect();
        let (judged, right) = self.judged();
        let confusion = self.confusion.iter().map(|((truth, predicted), images)| {
            json!({
                "class": self.classes[*truth],
                "predicted": self.classes[*predicted],
                "images": images,
            })
        });
        json!({
            "jobs": jobs,
            "classified": self.classified,
            "unreadable": self.unreadable,
            "folders_left_out": self.folders_left_out,
            "judged": judged,
            "right": right,
            "accuracy": (judged > 0).then(|| right as f64 / judged as f64),
            "confusion": confusion.collect::<Vec<_>>(),
        })
    }

    /// The accuracy over the images whose true class is known; `None` if there are none.
    pub fn accuracy_in_words(&self) -> Option<String> {
        let (known, right) = self.judged();
        (known > 0).then(|| {
            let accuracy = right as f64 / known as f64;
            let of = match known == self.classified {
                true => "all images".to_string(),
                false => format!("{} whose class is known", counted(known, "image")),
            };
            format!(
                "accuracy {accuracy:.4} ({} of {}), by the classes that folders or tables give {of}",
                thousands(right),
                thousands(known)
            )
        })
    }

    /// Prints which classes were taken for which, if any true class is known.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn print_confusion(&self) -> Result<()> {
        let (known, right) = self.judged();
        if known == 0 || known == right {
            return Ok(());
        }
        match self.classes.len() <= MOST_IN_MATRIX {
            true => say(&format!("\n{}", self.matrix())),
            false => say(&format!("\n{}", self.pairs())),
        }
    }

    /// A row for each true class, a column for each predicted one.
    fn matrix(&self) -> String {
        let mut columns = vec!["true \\ predicted"];
        columns.extend(self.classes.iter().map(String::as_str));
        let mut rows = Vec::new();
        for (truth, name) in self.classes.iter().enumerate() {
            let mut row = vec![name.clone()];
            for predicted in 0..self.classes.len() {
                let count = self.confusion.get(&(truth, predicted));
                row.push(count.map_or(String::new(), |n| n.to_string()));
            }
            if row.iter().skip(1).any(|cell| !cell.is_empty()) {
                rows.push(row);
            }
        }
        table::plain(&columns, &rows)
    }

    /// The pairs of classes that were confused most often.
    fn pairs(&self) -> String {
        let wrong = self.confusion.iter().filter(|((t, p), _)| t != p);
        let mut wrong: Vec<_> = wrong.map(|(pair, n)| (*n, *pair)).collect();
        wrong.sort_by_key(|(n, pair)| (std::cmp::Reverse(*n), *pair));
        let mut rows = Vec::new();
        for (n, (truth, predicted)) in wrong.iter().take(MOST_PAIRS) {
            let names = [*truth, *predicted].map(|class| self.classes[class].clone());
            let [truth, predicted] = names;
            rows.push(vec![n.to_string(), truth, predicted]);
        }
        let shown = table::plain(&["images", "true class", "taken for"], &rows);
        match wrong.len().saturating_sub(MOST_PAIRS) {
            0 => shown,
            more => format!("{shown}\n… and {more} other pairs of classes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::inference::Prediction;

    #[test]
    fn images_with_a_known_class_are_judged() {
        let classes = ["cat", "dog"].map(String::from);
        let mut tally = Tally::new(&classes);
        let sure_of = |class: usize| {
            let probabilities = (0..2).map(|c| if c == class { 0.9 } else { 0.1 });
            RankedPrediction::new(Prediction::Classified(probabilities.collect()))
        };
        let image = |class| ImageInput {
            path: "a".into(),
            class,
            problem: None,
        };
        assert_eq!(tally.accuracy_in_words(), None);
        for (class, predicted) in [(Some(0), 0), (Some(0), 1), (Some(1), 1), (None, 1)] {
            tally.count(&image(class), &sure_of(predicted));
        }
        tally.count(&image(None), &RankedPrediction::Unreadable("is cut".into()));
        assert_eq!((tally.classified, tally.unreadable), (4, 1));
        let words = tally.accuracy_in_words().expect("some are known");
        assert!(words.starts_with("accuracy 0.6667 (2 of 3)"), "{words}");
        assert!(words.ends_with("3 images whose class is known"), "{words}");
        let expected =
            "true \\ predicted  cat  dog\ncat                 1    1\ndog                      1";
        assert_eq!(tally.matrix(), expected);
        assert_eq!(
            tally.pairs(),
            "images  true class  taken for\n     1  cat         dog"
        );
    }
}
