//! The second sentence: whether the best configuration is surely the best, and which others may be.

use super::writing::{Words, others};
use crate::pairs::Verdict;

/// Whether the best is surely the best; `None` where nothing is compared.
pub(super) fn certainty(words: &Words) -> Option<String> {
    let answers = words.answers;
    let best = answers.best()?;
    let count = answers.standings.len() - 1;
    if count == 0 || answers.standings.iter().all(|s| s.mean == best.mean) {
        return None;
    }
    if words.has_single_runs() {
        return Some(single_runs(words));
    }
    if answers.pairs.iter().all(|pair| pair.result.p.is_none()) {
        return Some(nothing_to_judge_by(words));
    }
    let members = members(words);
    let worse = count - members.len();
    let runs = words.runs();
    let sentence = match (members.as_slice(), worse) {
        ([], _) if !beats_all(words) => format!("The others are surely not the best ({runs})."),
        ([], 1) => format!(
            "It is better than {}, surely so with {runs}.",
            words.label(1)
        ),
        ([], _) => {
            format!("It is the best: all {worse} others are worse, surely so with {runs}.")
        }
        (_, 0) => format!("{} be told from it with {runs}.", none_can(words, &members)),
        (_, 1) => format!(
            "{} may be as good; {} is surely not the best ({runs}).",
            words.labels(&members),
            words.label(not_the_best(words))
        ),
        _ => format!(
            "{} may be as good; the {} are surely not the best ({runs}).",
            words.labels(&members),
            others(worse)
        ),
    };
    Some(sentence + &equal(words))
}

/// Whether the best is better than each other one.
fn beats_all(words: &Words) -> bool {
    let answers = words.answers;
    let with_best = answers.pairs.iter().filter(|pair| pair.first == 0);
    let beaten = with_best.filter(|pair| pair.result.verdict == Verdict::Better);
    beaten.count() + 1 == answers.standings.len()
}

/// Ranks of the others that may be the best.
fn members(words: &Words) -> Vec<usize> {
    let standings = words.answers.standings.iter().enumerate().skip(1);
    let members = standings.filter(|(_, standing)| standing.may_be_best);
    members.map(|(rank, _)| rank).collect()
}

/// The rank of the first that cannot be the best.
fn not_the_best(words: &Words) -> usize {
    let mut standings = words.answers.standings.iter();
    standings.position(|s| !s.may_be_best).unwrap_or(0)
}

fn none_can(words: &Words, members: &[usize]) -> String {
    match members {
        [one] => format!("{} cannot", words.label(*one)),
        _ => format!("None of the {} can", others(members.len())),
    }
}

/// With one run of each configuration.
fn single_runs(words: &Words) -> String {
    let unit = words.answers.unit;
    format!(
        "With one {} of each configuration nothing is known of how much {} differ, so that no two \
         configurations can be told apart; train 3 or more.",
        unit.name(),
        unit.plural()
    )
}

/// Where no two configurations have a spread that they could be judged by.
fn nothing_to_judge_by(words: &Words) -> String {
    let unit = words.answers.unit;
    let standings = words.answers.standings.iter().enumerate();
    let single = standings.filter(|(_, standing)| standing.runs < 2);
    let single: Vec<usize> = single.map(|(rank, _)| rank).collect();
    let reason = match single.as_slice() {
        [] => format!("each gives the same result for every {}", unit.name()),
        [_] => format!("{} has one {} only", words.labels(&single), unit.name()),
        _ => format!("{} have one {} only", words.labels(&single), unit.name()),
    };
    format!("No two configurations can be told apart, since {reason}.")
}

/// Which ones are equal to the best within the margin.
fn equal(words: &Words) -> String {
    let Some(margin) = words.answers.margin else {
        return String::new();
    };
    let pairs = words.answers.pairs.iter();
    let equal = pairs.filter(|pair| pair.first == 0 && pair.result.verdict == Verdict::Equal);
    let ranks: Vec<usize> = equal.map(|pair| pair.second).collect();
    if ranks.is_empty() {
        return String::new();
    }
    format!(
        " Practically equal to it, within {}: {}.",
        words.metric.difference(margin),
        words.labels(&ranks)
    )
}
