//! Which configurations do not train with every seed.

use super::writing::{LISTED, Words, list};
use convsweep_spec::words::counted;

/// The configurations some of whose runs do not train; `None` if all do.
pub(super) fn training(words: &Words) -> Option<String> {
    let answers = words.answers;
    let mut parts = Vec::new();
    let mut never = Vec::new();
    for standing in &answers.standings {
        if standing.trained == 0 {
            never.push(standing.label.as_str());
        } else if standing.trained < standing.runs {
            parts.push(format!(
                "{} trains with {} of {}",
                standing.label,
                standing.trained,
                answers.unit.count(standing.runs)
            ));
        }
    }
    if parts.is_empty() && never.is_empty() {
        return None;
    }
    let more = parts.len().saturating_sub(LISTED);
    parts.truncate(LISTED);
    if more > 0 {
        let configurations = counted(more as u64, "more configuration");
        parts.push(format!("{configurations} with some of theirs"));
    }
    if !never.is_empty() {
        let verb = if never.len() == 1 { "trains" } else { "train" };
        parts.push(format!("{} never {verb}", list(&never)));
    }
    let unit = answers.unit.name();
    Some(format!(
        "Not every {unit} leaves the chance level: {}.",
        parts.join("; ")
    ))
}
