//! `[search]`: which jobs are spared.

use crate::check::{Sink, check};
use crate::read::{Reader, constant};
use crate::schema::{Kind, tables};
use crate::tree::Node;

/// Which jobs are spared; nothing of it enters a job's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchSettings {
    /// The rule that stops jobs.
    pub stop: Option<StopRule>,
    /// Seeds that are trained for all configurations; further ones only for those that may still be the best.
    pub start_seeds: Option<u32>,
}

/// A rule that stops jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// The best of every `eta` configurations go on, for `eta` times as long; decided when all have come.
    SuccessiveHalving {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// The same, decided for each job when it comes.
    Asha {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// A job stops that is worse than the median of the others.
    Median {
        /// Epochs before the first decision.
        first: u32,
    },
}

/// Resolves `[search]` of an experiment with so many seeds.
pub(crate) fn search(node: Option<&Node>, seeds: Option<usize>, sink: &mut Sink) -> Option<SearchSettings> {
    let Some(node) = node else { return Some(SearchSettings::default()) };
    if !check(node, &Kind::Table(tables::SEARCH), "search", "", sink) {
        return None;
    }
    let stop = match node.get("stop") {
        Some(stop) => Some(rule(stop, sink)?),
        None => None,
    };
    let start_seeds = match node.get("race") {
        Some(race) => Some(start_seeds(race, seeds, sink)?),
        None => None,
    };
    Some(SearchSettings { stop, start_seeds })
}

fn rule(node: &Node, sink: &mut Sink) -> Option<StopRule> {
    let reader = Reader::new(node, tables::STOP);
    let (eta, first) = (reader.u32("eta")?, reader.u32("first")?);
    match (reader.text("rule")?.as_str(), reader.given("eta")) {
        ("median", Some(eta)) => {
            let help = "leave it out: the rule compares with the median, whatever their number";
            sink.at(eta, "`search.stop.eta` changes nothing under \"median\"".into(), "has no effect", help.into());
            None
        }
        ("median", None) => Some(StopRule::Median { first }),
        ("asha", _) => Some(StopRule::Asha { eta, first }),
        _ => Some(StopRule::SuccessiveHalving { eta, first }),
    }
}

fn start_seeds(node: &Node, seeds: Option<usize>, sink: &mut Sink) -> Option<u32> {
    let count = Reader::new(node, tables::RACE).u32("start_seeds")?;
    match seeds {
        Some(seeds) if count as usize >= seeds => {
            let title = format!("`search.race.start_seeds` is {count}, but the experiment has {seeds} seeds");
            let help = "the race gives the seeds beyond these to rivals alone: raise experiment.seeds";
            sink.at(node.get("start_seeds").unwrap_or(node), title, "leaves none to race with", help.into());
            None
        }
        _ => Some(count),
    }
}

/// The rule that a word of the command line names, with the language's defaults: `asha`, `median:first=3`.
pub fn rule_of(text: &str) -> Option<SearchSettings> {
    let (name, options) = text.split_once(':').unwrap_or((text, ""));
    if name == "race" {
        let start_seeds = if options.is_empty() { 2 } else { options.strip_prefix("start_seeds=")?.parse().ok()? };
        return Some(SearchSettings { stop: None, start_seeds: Some(start_seeds).filter(|n| *n >= 2) });
    }
    let node = constant(&format!("{{ rule = {name:?}, {options} }}"))?;
    let mut sink = Sink::new(false);
    let right = check(&node, &Kind::Table(tables::STOP), "search.stop", "", &mut sink);
    let stop = if right { rule(&node, &mut sink) } else { None };
    stop.map(|rule| SearchSettings { stop: Some(rule), start_seeds: None })
}
