//! What the answers say, held against the truth.

use crate::draw::{Drawn, Truth};
use crate::truth::ForgettingWhat;
use convsweep_answers::{
    Answers, AxisAnswer, ConfigurationResults, Difference, FAMILY_LEVEL, Verdict,
};
use convsweep_statistics::holm::holm;
use convsweep_statistics::paired::paired_t;

/// Differences below this are rounding.
const ROUNDING: f64 = 1e-9;

/// Events of one kind, and how often they could have happened.
#[derive(Default)]
pub struct Rate {
    happened: f64,
    possible: f64,
}

impl Rate {
    pub fn add(&mut self, happened: bool) {
        self.happened += f64::from(u8::from(happened));
        self.possible += 1.0;
    }

    /// Adds `part` of `whole`.
    pub fn add_share(&mut self, part: usize, whole: usize) {
        self.happened += part as f64;
        self.possible += whole as f64;
    }

    pub fn percent(&self) -> String {
        match self.possible > 0.0 {
            true => format!("{:.1}", 100.0 * self.happened / self.possible),
            false => "–".into(),
        }
    }
}

/// The counts of one row.
#[derive(Default)]
pub struct Counts {
    /// Sweeps with a wrong statement about pairs, by what was forgotten.
    wrong: [Rate; 3],
    /// The same of the replaced procedure.
    wrong_before: [Rate; 3],
    /// Sweeps with a wrong statement about axes.
    wrong_axes: [Rate; 3],
    /// True differences of expected results that are found.
    found: Rate,
    found_before: Rate,
    found_axes: Rate,
    /// Sweeps in which the set that may be the best holds it.
    holds_best: [Rate; 3],
    /// Members of the set, as a share of the configurations.
    members: Rate,
    /// Intervals of differences that cover the true one.
    cover: Rate,
    cover_axes: Rate,
}

impl Counts {
    pub fn header() -> &'static str {
        "| sweep | seeds | wrong statements about pairs, % of sweeps: true data / equal means / all the same | replaced \
         procedure | wrong about axes | true differences found, % | replaced procedure | effects of axes found, % | best \
         in the set, % | members, % of configurations | 95 % intervals that cover, %: pairs / axes |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    }

    pub fn row(&self, name: &str, seeds: usize) -> String {
        let three = |rates: &[Rate; 3]| {
            let parts: Vec<String> = rates.iter().map(Rate::percent).collect();
            parts.join(" / ")
        };
        format!(
            "| {name} | {seeds} | {} | {} | {} | {} | {} | {} | {} | {} | {} / {} |",
            three(&self.wrong),
            three(&self.wrong_before),
            three(&self.wrong_axes),
            self.found.percent(),
            self.found_before.percent(),
            self.found_axes.percent(),
            three(&self.holds_best),
            self.members.percent(),
            self.cover.percent(),
            self.cover_axes.percent()
        )
    }
}

/// Counts what is said of one drawn sweep.
pub fn judge(counts: &mut Counts, drawn: &Drawn, what: ForgettingWhat) {
    let answers = Answers::of(&drawn.results);
    let truth = |rank: usize| drawn.truths[answers.standings[rank].position];
    let is_true = what == ForgettingWhat::Nothing;
    let mut is_wrong = false;
    for pair in &answers.pairs {
        let (a, b) = (truth(pair.first), truth(pair.second));
        is_wrong |= contradicts(Some(pair.result), a.mean - b.mean);
        let when_trained = a
            .when_trained
            .zip(b.when_trained)
            .map_or(0.0, |(a, b)| a - b);
        is_wrong |= contradicts(pair.when_trained, when_trained);
        is_wrong |= contradicts(pair.trains, a.share - b.share);
        let difference = a.mean - b.mean;
        if is_true && difference.abs() > ROUNDING {
            let is_found = pair.result.verdict != Verdict::Unknown;
            counts
                .found
                .add(is_found && !contradicts(Some(pair.result), difference));
        }
        if let Some((low, high)) = pair.result.interval {
            // Where all runs of both trained, the interval is about runs that train.
            let always = |rank: usize| {
                let standing = &answers.standings[rank];
                standing.trained == standing.runs
            };
            let all_trained = always(pair.first) && always(pair.second);
            let difference = if all_trained {
                when_trained
            } else {
                difference
            };
            counts.cover.add(low <= difference && difference <= high);
        }
    }
    counts.wrong[what as usize].add(is_wrong);
    let best = drawn.truths.iter().map(|t| t.mean).fold(f64::MIN, f64::max);
    for (rank, standing) in answers.standings.iter().enumerate() {
        if is_true {
            counts.members.add(standing.may_be_best);
        }
        if truth(rank).mean >= best - ROUNDING {
            counts.holds_best[what as usize].add(standing.may_be_best);
        }
    }
    let is_wrong = judge_axes(counts, drawn, &answers.axes, is_true);
    counts.wrong_axes[what as usize].add(is_wrong);
    judge_before(counts, drawn, what);
}

/// Whether a statement is wrong, given the true difference.
pub fn contradicts(said: Option<Difference>, truth: f64) -> bool {
    said.is_some_and(|said| is_contradicted(said.verdict, truth))
}

fn is_contradicted(verdict: Verdict, truth: f64) -> bool {
    match verdict {
        Verdict::Better => truth <= ROUNDING,
        Verdict::Worse => truth >= -ROUNDING,
        Verdict::Equal | Verdict::Unknown => false,
    }
}

/// Whether a statement about an axis is wrong.
fn judge_axes(counts: &mut Counts, drawn: &Drawn, axes: &[AxisAnswer], is_true: bool) -> bool {
    let mut is_wrong = false;
    for axis in axes {
        for contrast in &axis.contrasts {
            let labels = (contrast.first.as_str(), contrast.second.as_str());
            let truth = true_contrast(drawn, &axis.path, labels);
            let is_contradicted = is_contradicted(contrast.verdict, truth);
            is_wrong |= is_contradicted;
            if is_true && truth.abs() > ROUNDING {
                let is_found = contrast.verdict != Verdict::Unknown;
                counts.found_axes.add(is_found && !is_contradicted);
            }
            if let Some((low, high)) = contrast.interval {
                counts.cover_axes.add(low <= truth && truth <= high);
            }
        }
    }
    is_wrong
}

/// The true difference of two values of an axis, over the combinations of the others that both have.
fn true_contrast(drawn: &Drawn, axis: &str, (first, second): (&str, &str)) -> f64 {
    let others = |configuration: &ConfigurationResults| -> Vec<String> {
        let values = configuration.values.iter().filter(|v| v.path != axis);
        values.map(|value| value.label.clone()).collect()
    };
    let mut differences = Vec::new();
    let configurations = || drawn.results.configurations.iter().zip(&drawn.truths);
    for (a, one) in configurations().filter(|(c, _)| c.axis_label(axis) == Some(first)) {
        for (b, other) in configurations().filter(|(c, _)| c.axis_label(axis) == Some(second)) {
            if others(a) == others(b) {
                differences.push(one.mean - other.mean);
            }
        }
    }
    differences.iter().sum::<f64>() / differences.len() as f64
}

/// The replaced procedure: t-tests over seeds, paired, with Holm's correction over all pairs.
fn judge_before(counts: &mut Counts, drawn: &Drawn, what: ForgettingWhat) {
    let (mut p_values, mut differences) = (Vec::new(), Vec::new());
    for (i, a) in drawn.results.configurations.iter().enumerate() {
        for (j, b) in drawn.results.configurations.iter().enumerate().skip(i + 1) {
            let runs = a.runs.iter().zip(&b.runs);
            let pairs = runs.filter_map(|(x, y)| Some(x.value? - y.value?));
            let test = paired_t(&pairs.collect::<Vec<f64>>());
            let Some((p, mean)) = test.and_then(|test| Some((test.p?, test.difference.mean)))
            else {
                continue;
            };
            p_values.push(p);
            differences.push((mean, true_difference(&drawn.truths, i, j)));
        }
    }
    let mut is_wrong = false;
    for (p, (mean, truth)) in holm(&p_values).into_iter().zip(differences) {
        let is_right = truth.abs() > ROUNDING && mean * truth > 0.0;
        is_wrong |= p < FAMILY_LEVEL && !is_right;
        if what == ForgettingWhat::Nothing && truth.abs() > ROUNDING {
            counts.found_before.add(p < FAMILY_LEVEL && is_right);
        }
    }
    counts.wrong_before[what as usize].add(is_wrong);
}

fn true_difference(truths: &[Truth], i: usize, j: usize) -> f64 {
    truths[i].mean - truths[j].mean
}
