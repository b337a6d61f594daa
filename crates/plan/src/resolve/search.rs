//! `[search]`: which jobs may be skipped or stopped early.

use super::internal::not_resolved;
use crate::language::check::Checker;
use crate::language::reader::{TableReader, built_in};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::search::{SearchSettings, StopRule};
use convsweep_spec::words::counted;

/// Seeds with which a race starts if the command line does not say.
const DEFAULT_START_SEEDS: u32 = 2;

/// Resolved `[search]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    pub settings: SearchSettings,
    /// Number of seeds at which a race ends, if the file says so.
    pub max_seeds: Option<usize>,
}

/// Resolves `[search]` of an experiment with this number of seeds, if that is known.
pub(crate) fn search(
    node: Option<&Node>,
    seeds: Option<usize>,
    sink: &mut ProblemSink,
) -> Option<Search> {
    let Some(node) = node else {
        return Some(Search::default());
    };
    if !Checker::whole(sink).section(node, tables::SEARCH, "search") {
        return None;
    }
    let mut search = Search::default();
    if let Some(stop) = node.get("stop") {
        search.settings.stop = Some(stop_rule(stop, sink)?);
    }
    if let Some(node) = node.get("race") {
        let race = race(node, seeds, sink)?;
        search.settings.start_seeds = Some(race.start_seeds);
        search.max_seeds = race.max_seeds;
    }
    Some(search)
}

fn stop_rule(node: &Node, sink: &mut ProblemSink) -> Option<StopRule> {
    let reader = TableReader::new(node, tables::STOP_RULE);
    let (eta, first) = (reader.u32("eta")?, reader.u32("first")?);
    match reader.text("rule")?.as_str() {
        "successive-halving" => Some(StopRule::SuccessiveHalving { eta, first }),
        "asha" => Some(StopRule::Asha { eta, first }),
        "median" => {
            let Some(eta) = reader.given("eta") else {
                return Some(StopRule::Median { first });
            };
            let title = "`search.stop.eta` has no effect with \"median\"";
            let problem = Problem::of(ProblemCode::NoEffect, eta, title);
            let help = "leave it out: this rule compares a job with the median of the others";
            sink.report(problem.label("has no effect").help(help));
            None
        }
        other => not_resolved(node, "rule", other, sink),
    }
}

struct Race {
    start_seeds: u32,
    max_seeds: Option<usize>,
}

fn race(node: &Node, seeds: Option<usize>, sink: &mut ProblemSink) -> Option<Race> {
    let reader = TableReader::new(node, tables::RACE);
    let start_seeds = reader.u32("start_seeds")?;
    let max_seeds = reader.u32("max_seeds").map(|n| n as usize);
    match race_problem(&reader, start_seeds, max_seeds, seeds) {
        Some(problem) => {
            sink.report(problem);
            None
        }
        None => Some(Race {
            start_seeds,
            max_seeds,
        }),
    }
}

/// Why these numbers of seeds leave no race.
fn race_problem(
    reader: &TableReader,
    start: u32,
    max: Option<usize>,
    seeds: Option<usize>,
) -> Option<Problem> {
    let none_left = "leaves no seeds for the race";
    let (key, title, label, help) = match (max, seeds) {
        (Some(max), Some(seeds)) if max <= seeds => {
            let has = counted(seeds as u64, "seed");
            let title = format!("`search.race.max_seeds` is {max}, but the experiment has {has}");
            let help = "leave it out: the race then ends at experiment.seeds";
            ("max_seeds", title, "adds no seeds", help)
        }
        (Some(max), _) if start as usize >= max => {
            let title = format!("`search.race.start_seeds` is {start}, but `max_seeds` is {max}");
            ("start_seeds", title, none_left, "raise max_seeds")
        }
        (None, Some(seeds)) if start as usize >= seeds => {
            let has = counted(seeds as u64, "seed");
            let title =
                format!("`search.race.start_seeds` is {start}, but the experiment has {has}");
            let help = "the race trains further seeds only for promising configurations: raise \
                        experiment.seeds, or set max_seeds";
            ("start_seeds", title, none_left, help)
        }
        (Some(_) | None, Some(_) | None) => return None,
    };
    let problem = Problem::of(ProblemCode::WrongValue, reader.given(key)?, title);
    Some(problem.label(label).help(help))
}

/// The rule that a word of the command line names, with the defaults of the language: `asha`,
/// `median:first=3`, `race:start_seeds=2`.
pub fn rule_of(text: &str) -> Option<SearchSettings> {
    let (name, options) = text.split_once(':').unwrap_or((text, ""));
    if name == "race" {
        return race_of(options);
    }
    let node = built_in(&format!("{{ rule = {name:?}, {options} }}"))?;
    let mut sink = ProblemSink::default();
    if !Checker::whole(&mut sink).section(&node, tables::STOP_RULE, "rule") {
        return None;
    }
    Some(SearchSettings {
        stop: Some(stop_rule(&node, &mut sink)?),
        start_seeds: None,
    })
}

fn race_of(options: &str) -> Option<SearchSettings> {
    let start_seeds = match options {
        "" => DEFAULT_START_SEEDS,
        options => options.strip_prefix("start_seeds=")?.parse().ok()?,
    };
    Some(SearchSettings {
        stop: None,
        start_seeds: Some(start_seeds).filter(|n| *n >= DEFAULT_START_SEEDS),
    })
}
