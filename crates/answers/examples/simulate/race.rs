//! Races over seeds, margins and numbers of further seeds, held against the truth.

use crate::draw::{self, Drawn};
use crate::judge::{Rate, contradicts};
use crate::truth::{ForgettingWhat, Sweep};
use convsweep_answers::{Answers, SweepResults, Verdict, may_still_be_best};

/// Seeds with which every configuration starts, and at which the race ends.
const RACE: (usize, usize) = (2, 8);
/// Within this difference of accuracies configurations count as equal.
const MARGIN: f64 = 0.02;
/// Seeds from which it is said how many more would tell.
const BEFORE: usize = 3;
/// More seeds than this are not drawn.
const MOST_MORE: usize = 30;

pub const HEADER: &str = "| sweep | wrong statements after a race, % of races: true data / equal means / all the same | \
    best dropped, % | seeds trained, % of the grid's | 95 % intervals after a race that cover, % | margin of 0.02, 3 seeds: \
    wrong `equal`, % of sweeps | true equals found, % | the suggested number of seeds told, % |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- |";

/// The counts of one row.
#[derive(Default)]
pub struct RaceCounts {
    wrong: [Rate; 3],
    dropped: [Rate; 3],
    trained: Rate,
    cover: Rate,
    wrong_equal: Rate,
    found_equal: Rate,
    told: Rate,
}

impl RaceCounts {
    pub fn row(&self, name: &str) -> String {
        let three = |rates: &[Rate; 3]| {
            let parts: Vec<String> = rates.iter().map(Rate::percent).collect();
            parts.join(" / ")
        };
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            three(&self.wrong),
            three(&self.dropped),
            self.trained.percent(),
            self.cover.percent(),
            self.wrong_equal.percent(),
            self.found_equal.percent(),
            self.told.percent()
        )
    }

    /// Counts one draw.
    pub fn judge(&mut self, sweep: &Sweep, what: ForgettingWhat, number: u64) {
        let drawn = race(draw::draw(sweep, RACE.1, what, number));
        self.judge_race(&drawn, what);
        if what == ForgettingWhat::Nothing {
            self.judge_margin(sweep, number);
            self.judge_more(sweep, number);
        }
    }

    fn judge_race(&mut self, drawn: &Drawn, what: ForgettingWhat) {
        let answers = Answers::of(&drawn.results);
        let truth = |rank: usize| drawn.truths[answers.standings[rank].position];
        let mut is_wrong = false;
        for pair in &answers.pairs {
            let (a, b) = (truth(pair.first), truth(pair.second));
            let when_trained = a
                .when_trained
                .zip(b.when_trained)
                .map_or(0.0, |(a, b)| a - b);
            is_wrong |= contradicts(Some(pair.result), a.mean - b.mean);
            is_wrong |= contradicts(pair.when_trained, when_trained);
            is_wrong |= contradicts(pair.trains, a.share - b.share);
            if let Some((low, high)) = pair.result.interval {
                let difference = a.mean - b.mean;
                self.cover.add(low <= difference && difference <= high);
            }
        }
        self.wrong[what as usize].add(is_wrong);
        let best = drawn.truths.iter().map(|t| t.mean).fold(f64::MIN, f64::max);
        let configurations = drawn.results.configurations.iter().zip(&drawn.truths);
        for (configuration, truth) in configurations {
            if what == ForgettingWhat::Nothing {
                self.trained.add_share(configuration.runs.len(), RACE.1);
            }
            if truth.mean >= best - 1e-9 {
                self.dropped[what as usize].add(configuration.label.ends_with(DROPPED));
            }
        }
    }

    fn judge_margin(&mut self, sweep: &Sweep, number: u64) {
        let mut drawn = draw::draw(sweep, BEFORE, ForgettingWhat::Nothing, number);
        drawn.results.margin = Some(MARGIN);
        let answers = Answers::of(&drawn.results);
        let mut is_wrong = false;
        for pair in &answers.pairs {
            let mean = |rank: usize| drawn.truths[answers.standings[rank].position].mean;
            let is_equal = (mean(pair.first) - mean(pair.second)).abs() <= MARGIN;
            let said = pair.result.verdict == Verdict::Equal;
            is_wrong |= said && !is_equal;
            if is_equal {
                self.found_equal.add(said);
            }
        }
        self.wrong_equal.add(is_wrong);
    }

    /// Whether the difference of the best and the second is known with as many more seeds as were
    /// suggested.
    fn judge_more(&mut self, sweep: &Sweep, number: u64) {
        let before = draw::draw(sweep, BEFORE, ForgettingWhat::Nothing, number);
        let answers = Answers::of(&before.results);
        for pair in &answers.pairs {
            let Some(more) = pair.more_runs.filter(|more| *more <= MOST_MORE) else {
                continue;
            };
            let place = |rank: usize| answers.standings[rank].position;
            let (a, b) = (place(pair.first), place(pair.second));
            let after = draw::draw(sweep, BEFORE + more, ForgettingWhat::Nothing, number);
            let after = Answers::of(&after.results);
            let rank = |place| after.standings.iter().position(|s| s.position == place);
            if let (Some(a), Some(b)) = (rank(a), rank(b))
                && let Some(pair) = after.pair(a, b)
            {
                self.told.add(pair.result.verdict != Verdict::Unknown);
            }
        }
    }
}

/// Marks the label of a configuration that the race dropped.
const DROPPED: &str = " (dropped)";

/// What a race leaves of a drawn sweep: the runs that it would have trained.
fn race(mut drawn: Drawn) -> Drawn {
    let (start, end) = RACE;
    let count = drawn.results.configurations.len();
    let mut trained = vec![start; count];
    let mut may_be = vec![true; count];
    for _ in start..end {
        let values = values(&drawn.results, &trained);
        let survivors = may_still_be_best(drawn.results.metric.direction, &values, end - start);
        for (may_be, survives) in may_be.iter_mut().zip(survivors) {
            *may_be &= survives;
        }
        if may_be.iter().filter(|may_be| **may_be).count() < 2 {
            break;
        }
        for (trained, may_be) in trained.iter_mut().zip(&may_be) {
            *trained += usize::from(*may_be);
        }
    }
    let configurations = drawn.results.configurations.iter_mut();
    for ((configuration, trained), may_be) in configurations.zip(trained).zip(may_be) {
        configuration.runs.truncate(trained);
        if !may_be {
            configuration.label += DROPPED;
        }
    }
    drawn.results.race_rounds = (end - start) as u32;
    drawn
}

fn values(results: &SweepResults, trained: &[usize]) -> Vec<Vec<Option<f64>>> {
    let mut values = Vec::with_capacity(trained.len());
    for (configuration, trained) in results.configurations.iter().zip(trained) {
        let runs = configuration.runs.iter().take(*trained);
        values.push(runs.map(|run| run.value).collect());
    }
    values
}
