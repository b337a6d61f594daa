//! What the axes do.

use crate::made::{Made, finished};
use convsweep_answers::{Answers, AxisBasis, Verdict};
use convsweep_spec::data::SplitScheme;

const AXES: &[(&str, &[&str])] = &[("width", &["8", "16", "32"]), ("lr", &["low", "high"])];

/// The rate adds 0.2, the width 0.02 for each step, and at width 32 the rate adds 0.1 only.
fn grid(seeds: u64, interaction: f64) -> Made {
    let mut made = Made::new(AXES);
    for (w, width) in ["8", "16", "32"].iter().enumerate() {
        for (r, rate) in ["low", "high"].iter().enumerate() {
            let lost = if w == 2 && r == 1 { interaction } else { 0.0 };
            let mean = 0.5 + 0.02 * w as f64 + 0.2 * r as f64 - lost;
            let noise = |seed: u64| 0.004 * ((seed * 7 + w as u64 * 3 + r as u64 * 4) % 5) as f64;
            let runs = (0..seeds).map(|seed| finished(seed, mean + noise(seed)));
            made = made.with_runs(&[width, rate], runs.collect());
        }
    }
    made
}

#[test]
fn the_axis_that_matters_most_is_named() {
    let made = grid(3, 0.0);
    made.says(&[
        "lr matters most: high rather than low is better by",
        "; width, 32 rather than 8, by",
        "The validation accuracy rises with width, by",
    ]);
    let answers = made.answers();
    assert_eq!(answers.axes[0].name, "lr");
    assert_eq!(answers.axes[0].basis, AxisBasis::Runs);
    let share = answers.axes[0].share.expect("a complete grid").share;
    assert!((0.9..1.0).contains(&share), "{share}");
    assert!(answers.interactions.is_empty());
}

#[test]
fn an_interaction_larger_than_the_noise_is_told() {
    let made = grid(3, 0.1);
    made.says(&["width and lr depend on each other"]);
    let interactions = made.answers().interactions;
    assert_eq!(interactions.len(), 1);
    assert!(interactions[0].difference.abs() > 0.08);
}

#[test]
fn one_seed_of_which_a_network_did_not_train_is_judged_as_any_other() {
    let mut made = Made::new(&[("lr", &["low", "high"]), ("width", &["8", "16", "32"])]);
    for (width, low, high) in [("8", 0.41, 0.60), ("16", 0.44, 0.66), ("32", 0.10, 0.71)] {
        made = made.with(&["low", width], &[low]);
        made = made.with(&["high", width], &[high]);
    }
    let answers = made.answers();
    assert!(answers.standings.iter().any(|s| s.trained == 0));
    for axis in &answers.axes {
        assert_eq!(axis.basis, AxisBasis::AdditiveModel);
        assert!(axis.contrasts.iter().all(|c| c.interval.is_some()));
        assert!(axis.contrasts.iter().all(|c| c.verdict == Verdict::Unknown));
    }
}

/// The grid with its runs as the folds of one cross-validation.
fn folded_grid(folds: u32) -> Made {
    let mut made = grid(folds.into(), 0.0);
    for configuration in &mut made.0.configurations {
        configuration.resolved.data.split.scheme = SplitScheme::Folds(folds);
        for run in &mut configuration.runs {
            run.fold = Some(run.seed as u32);
            run.seed = 0;
        }
    }
    made
}

#[test]
fn axes_over_folds_have_the_variance_of_nadeau_and_bengio() {
    let folds = folded_grid(5).answers();
    let seeds = grid(5, 0.0).answers();
    let contrast = |answers: &Answers| answers.axes[0].contrasts[0].clone();
    let (by_fold, by_seed) = (contrast(&folds), contrast(&seeds));
    assert!((by_fold.difference - by_seed.difference).abs() < 1e-12);
    let width = |ends: Option<(f64, f64)>| ends.map_or(f64::NAN, |(low, high)| high - low);
    // The same differences of single runs: their variance times 1/5 + 1/4 in place of 1/5, and 4
    // degrees. Of this grid, high minus low is 0.2 with a noise of each run.
    let runs = |high: usize, low: usize, k: usize| {
        let value = |c: usize| {
            folded_grid(5).0.configurations[c].runs[k]
                .value
                .expect("a value")
        };
        value(high) - value(low)
    };
    let differences: Vec<f64> = (0..5)
        .map(|k| (runs(0, 1, k) + runs(2, 3, k) + runs(4, 5, k)) / 3.0)
        .collect();
    let mean = differences.iter().sum::<f64>() / 5.0;
    let squares = differences.iter().map(|d| (d - mean) * (d - mean));
    let variance = squares.sum::<f64>() / 4.0;
    // scipy.stats.t.ppf(0.975, 4)
    let half = 2.7764451051977934 * (variance * (1.0 / 5.0 + 1.0 / 4.0)).sqrt();
    assert!(
        (width(by_fold.interval) - 2.0 * half).abs() < 1e-9,
        "{by_fold:?}"
    );
    let own = |answers: &Answers| width(answers.standings[0].interval);
    assert!(own(&folds) > 1.4 * own(&seeds));
}

#[test]
fn a_race_makes_the_statements_about_axes_more_careful_as_well() {
    let mut made = grid(3, 0.1);
    let before = made.answers();
    made.0.race_rounds = 2;
    let after = made.answers();
    let contrast = |answers: &Answers| answers.axes[0].contrasts[0].clone();
    let (one, two) = (contrast(&before), contrast(&after));
    assert!((two.p.expect("p") - 2.0 * one.p.expect("p")).abs() < 1e-12);
    assert!((two.corrected.expect("p") - 2.0 * one.corrected.expect("p")).abs() < 1e-12);
    let wider = |one: Option<(f64, f64)>, two: Option<(f64, f64)>| {
        let width = |ends: Option<(f64, f64)>| ends.map_or(f64::NAN, |(low, high)| high - low);
        assert!(width(two) > 1.1 * width(one), "{one:?} {two:?}");
    };
    wider(one.interval, two.interval);
    wider(before.standings[0].interval, after.standings[0].interval);
    wider(
        before.interactions[0].interval,
        after.interactions[0].interval,
    );
}

#[test]
fn one_seed_on_a_grid_says_what_an_additive_model_allows() {
    let made = grid(1, 0.0);
    made.says(&[
        "With this one seed, the axes move it as follows: lr, high rather than low, by",
        "; width, 32 rather than 8, by",
        "the intervals assume that effects add up",
    ]);
    let answers = made.answers();
    assert_eq!(answers.axes[0].basis, AxisBasis::AdditiveModel);
    let contrast = &answers.axes[0].contrasts[0];
    assert_eq!(contrast.verdict, Verdict::Unknown);
    assert!(contrast.interval.is_some_and(|(_, high)| high < 0.0));
    // Two axes of two values each leave one degree of freedom; one axis leaves none.
    let line = Made::new(&[("lr", &["low", "high"])])
        .with(&["low"], &[0.5])
        .with(&["high"], &[0.9]);
    assert_eq!(line.answers().axes[0].basis, AxisBasis::Nothing);
}

#[test]
fn an_incomplete_grid_is_compared_where_it_repeats() {
    let mut made = grid(3, 0.0);
    made.0.configurations.remove(5);
    let answers = made.answers();
    let lr = answers
        .axes
        .iter()
        .find(|axis| axis.name == "lr")
        .expect("an axis");
    assert_eq!((lr.contrasts[0].combinations, lr.share), (2, None));
    assert_eq!(lr.contrasts[0].verdict, Verdict::Worse);
}

#[test]
fn sampled_points_are_explained_by_a_forest() {
    let rates: Vec<String> = (0..40)
        .map(|i| format!("{:.6}", 1e-4 * 1.15f64.powi(i)))
        .collect();
    let drops: Vec<String> = (0..40).map(|i| format!("0.{:02}", (i * 17) % 40)).collect();
    let as_labels =
        |labels: &'static [String]| -> Vec<&str> { labels.iter().map(String::as_str).collect() };
    let (rates, drops): (&'static [String], &'static [String]) = (rates.leak(), drops.leak());
    let mut made = Made::new(&[("lr", &as_labels(rates)), ("dropout", &as_labels(drops))]);
    for (i, (rate, drop)) in rates.iter().zip(drops).enumerate() {
        let peak = 1.0 - ((i as f64 - 22.0) / 22.0).powi(2);
        made = made.with(&[rate, drop], &[0.5 + 0.3 * peak, 0.505 + 0.3 * peak]);
    }
    made.says(&["Over the 40 configurations that were sampled, lr explains "]);
    let answers = made.answers();
    let share = answers.axes[0].share.expect("told");
    assert_eq!(answers.axes[0].name, "lr");
    assert!(
        share.share > 0.6 && share.forest_explains.is_some_and(|e| e > 0.5),
        "{share:?}"
    );
}
