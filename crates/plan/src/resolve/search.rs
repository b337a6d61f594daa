//! `[search]`: which jobs are spared.

use crate::language::check::{Sink, check};
use crate::language::field::Kind;
use crate::language::reader::{Reader, constant};
use crate::language::tables;
use crate::source::tree::Node;
use convsweep_spec::search::{SearchSettings, StopRule};

/// Resolves `[search]` of an experiment with so many seeds; with the number of seeds at which its
/// race ends.
pub(crate) fn search(
    node: Option<&Node>,
    seeds: Option<usize>,
    sink: &mut Sink,
) -> Option<(SearchSettings, Option<usize>)> {
    let Some(node) = node else {
        return Some((SearchSettings::default(), None));
    };
    if !check(node, &Kind::Table(tables::SEARCH), "search", "", sink) {
        return None;
    }
    let stop = match node.get("stop") {
        Some(stop) => Some(rule(stop, sink)?),
        None => None,
    };
    let race = match node.get("race") {
        Some(node) => Some(race(node, seeds, sink)?),
        None => None,
    };
    let (start_seeds, max_seeds) = race.map_or((None, None), |(start, max)| (Some(start), max));
    Some((SearchSettings { stop, start_seeds }, max_seeds))
}

fn rule(node: &Node, sink: &mut Sink) -> Option<StopRule> {
    let reader = Reader::new(node, tables::STOP);
    let (eta, first) = (reader.u32("eta")?, reader.u32("first")?);
    match (reader.text("rule")?.as_str(), reader.given("eta")) {
        ("median", Some(eta)) => {
            let help = "leave it out: the rule compares with the median, whatever their number";
            sink.at(
                eta,
                "`search.stop.eta` changes nothing under \"median\"".into(),
                "has no effect",
                help.into(),
            );
            None
        }
        ("median", None) => Some(StopRule::Median { first }),
        ("asha", _) => Some(StopRule::Asha { eta, first }),
        _ => Some(StopRule::SuccessiveHalving { eta, first }),
    }
}

/// Seeds for all, and the number at which the race ends if the file says so.
fn race(node: &Node, seeds: Option<usize>, sink: &mut Sink) -> Option<(u32, Option<usize>)> {
    let reader = Reader::new(node, tables::RACE);
    let (start, max) = (
        reader.u32("start_seeds")?,
        reader.u32("max_seeds").map(|n| n as usize),
    );
    let at = |key: &str| node.get(key).unwrap_or(node);
    match (max, seeds) {
        (Some(max), Some(seeds)) if max <= seeds => {
            let title =
                format!("`search.race.max_seeds` is {max}, but the experiment has {seeds} seeds");
            let help = "leave it out: the race then ends at experiment.seeds";
            sink.at(at("max_seeds"), title, "adds none", help.into());
            None
        }
        (Some(max), _) if start as usize >= max => {
            let title = format!("`search.race.start_seeds` is {start}, but `max_seeds` is {max}");
            sink.at(
                at("start_seeds"),
                title,
                "leaves none to race with",
                "raise max_seeds".into(),
            );
            None
        }
        (None, Some(seeds)) if start as usize >= seeds => {
            let title = format!(
                "`search.race.start_seeds` is {start}, but the experiment has {seeds} seeds"
            );
            let help = "the race gives the seeds beyond these to rivals alone: raise experiment.seeds, or set max_seeds";
            sink.at(
                at("start_seeds"),
                title,
                "leaves none to race with",
                help.into(),
            );
            None
        }
        _ => Some((start, max)),
    }
}

/// The rule that a word of the command line names, with the language's defaults: `asha`,
/// `median:first=3`.
pub fn rule_of(text: &str) -> Option<SearchSettings> {
    let (name, options) = text.split_once(':').unwrap_or((text, ""));
    if name == "race" {
        let start_seeds = if options.is_empty() {
            2
        } else {
            options.strip_prefix("start_seeds=")?.parse().ok()?
        };
        return Some(SearchSettings {
            stop: None,
            start_seeds: Some(start_seeds).filter(|n| *n >= 2),
        });
    }
    let node = constant(&format!("{{ rule = {name:?}, {options} }}"))?;
    let mut sink = Sink::new(false);
    let right = check(
        &node,
        &Kind::Table(tables::STOP),
        "search.stop",
        "",
        &mut sink,
    );
    let stop = if right { rule(&node, &mut sink) } else { None };
    stop.map(|rule| SearchSettings {
        stop: Some(rule),
        start_seeds: None,
    })
}
