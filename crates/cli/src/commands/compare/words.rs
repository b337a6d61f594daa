//! The comparison in sentences.

use super::comparison::{ChoiceComparison, ImageGroup};
use convsweep_answers::{ComparedPair, ImageRelation, MetricFormat, Verdict};
use convsweep_spec::words::{counted, thousands};

/// Pairs that are put in words; a table has all.
const MOST_IN_WORDS: usize = 3;

impl ChoiceComparison {
    /// What came out, the most important sentences first.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.keys.is_empty() {
            sentences.push(self.nothing_differs());
        }
        for group in &self.groups {
            sentences.extend(self.verdicts(group));
        }
        sentences.extend(self.without_result());
        sentences.extend(self.other_images());
        sentences.extend(self.agreement());
        sentences.extend(self.networks());
        sentences
    }

    fn nothing_differs(&self) -> String {
        let first = &self.choices[0].results.data_hash;
        let same = self.choices.iter().all(|c| c.results.data_hash == *first);
        match same {
            true => "The resolved files are equal: only seeds and folds differ, and every \
                     difference between the results is chance."
                .into(),
            false => {
                "The resolved files are equal, but the contents of the image sets are not.".into()
            }
        }
    }

    /// Who beats whom among the choices of a group.
    fn verdicts(&self, group: &ImageGroup) -> Vec<String> {
        let pairs = group.ranked_pairs();
        let mut sentences: Vec<String> = pairs
            .iter()
            .take(MOST_IN_WORDS)
            .filter_map(|&(a, b)| Some(self.verdict((a, b), group.pair(a, b)?)))
            .collect();
        if pairs.len() > MOST_IN_WORDS {
            let more = pairs.len() - MOST_IN_WORDS;
            sentences.push(format!("The table below has {more} more pairs."));
        }
        sentences
    }

    fn verdict(&self, (a, b): (usize, usize), pair: &ComparedPair) -> String {
        let metric = MetricFormat::from(&self.metric);
        let (first, second) = (&self.choices[a].name, &self.choices[b].name);
        let result = &pair.result;
        let size = metric.difference(result.difference);
        let interval = match result.interval {
            Some(ends) => format!(" (95 % interval {})", metric.interval(ends)),
            None => String::new(),
        };
        let runs = runs_in_words(pair.runs);
        match (result.verdict, result.interval) {
            (Verdict::Better | Verdict::Worse, _) => {
                let better = match result.verdict {
                    Verdict::Better => "better",
                    _ => "worse",
                };
                format!(
                    "{first} is {better} than {second} by {size}{interval}, surely so with {runs}."
                )
            }
            (Verdict::Equal, _) => format!(
                "{first} and {second} are practically equal: they differ by {size}{interval}, \
                which \
                 is within the margin of the file."
            ),
            (Verdict::Unknown, Some(_)) => format!(
                "{first} is ahead of {second} by {size}{interval}, which may be chance ({runs})."
            ),
            (Verdict::Unknown, None) => format!(
                "{first} is ahead of {second} by {size}; whether that is chance is not known, \
                since \
                 one run of each says nothing of the spread between runs."
            ),
        }
    }

    fn without_result(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for (i, choice) in self.choices.iter().enumerate() {
            if self.standing(i).is_none() {
                sentences.push(format!(
                    "{} has no finished job with a {} and is not compared; `convsweep status {}` \
                     shows how far its jobs are.",
                    choice.name,
                    MetricFormat::from(&self.metric).words(),
                    choice.experiment
                ));
            }
        }
        sentences
    }

    /// Which choices validate on other images than the first one, and what follows.
    fn other_images(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let [group] = self.groups.as_slice() {
            let all = match group.choices.len() {
                2 => "Both".to_string(),
                count => format!("All {count}"),
            };
            sentences.push(format!(
                "{all} validate on the same images: differences are comparable image by image."
            ));
            return sentences;
        }
        let first = self.groups[0].choices[0];
        for group in &self.groups[1..] {
            let names = group.choices.iter().map(|&i| self.choices[i].name.as_str());
            let names: Vec<&str> = names.collect();
            let why = match self.relation(first, group.choices[0]) {
                ImageRelation::OtherSet => "another image set, or one with other contents",
                ImageRelation::OtherSubset => "another subset of the same image set",
                ImageRelation::OtherSplit => "another split of the same images",
                ImageRelation::Same => continue,
            };
            sentences.push(format!(
                "{} and {} validate on different images ({why}): only the configurations' own \
                 intervals apply, and the images are another source of noise.",
                self.choices[first].name,
                names.join(", "),
            ));
        }
        sentences
    }

    fn agreement(&self) -> Option<String> {
        let [((a, b), agreement)] = self.agreements.as_slice() else {
            return None;
        };
        let share = |count: usize| {
            let percent = 100.0 * count as f64 / agreement.images as f64;
            format!("{} ({percent:.2} %)", thousands(count as u64))
        };
        let (first, second) = (&self.choices[*a].name, &self.choices[*b].name);
        let (one, other) = match agreement.runs {
            (1, 1) => ("the network", "that"),
            _ => ("most runs", "most runs"),
        };
        Some(format!(
            "Of {} validation images, there are {} that {one} of {first} got right and {other} \
            of {second} \
             wrong, and {} the other way round; both are right on {} and both wrong on {}.",
            thousands(agreement.images as u64),
            share(agreement.only_first),
            share(agreement.only_second),
            share(agreement.both),
            share(agreement.neither),
        ))
    }

    fn networks(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for ((a, b), test) in self.networks.iter().take(MOST_IN_WORDS) {
            sentences.push(format!(
                "McNemar's test of {} and {}: {} images that only the first gets right, {} that \
                only \
                 the second does, p = {:.3}. It compares these two networks, not the choices \
                 behind \
                 them: another seed gives another network.",
                self.choices[*a].name,
                self.choices[*b].name,
                thousands(test.only_first),
                thousands(test.only_second),
                test.p
            ));
        }
        sentences
    }
}

fn runs_in_words((first, second): (usize, usize)) -> String {
    match first == second {
        true => format!("{} of each", counted(first as u64, "run")),
        false => format!("{first} and {second} runs"),
    }
}
