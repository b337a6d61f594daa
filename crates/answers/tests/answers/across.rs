//! The same choices over several experiments.

use crate::made::Made;
use convsweep_answers::{AcrossExperiments, Answers, RunEnd, SweepResults};

const RATES: [&str; 3] = ["1", "2", "3"];

/// An experiment over three rates with two seeds around these means.
fn experiment(name: &str, means: &[f64]) -> SweepResults {
    let mut made = Made::new(&[("rate", &RATES)]);
    for (rate, mean) in RATES.iter().zip(means) {
        made = made.with(&[rate], &[mean - 0.01, mean + 0.01]);
    }
    let mut sweep = made.0;
    sweep.experiment = name.into();
    for configuration in &mut sweep.configurations {
        configuration.data_hash = name.into();
    }
    sweep
}

fn across(sweeps: &[SweepResults]) -> AcrossExperiments {
    let answers: Vec<Answers> = sweeps.iter().map(Answers::of).collect();
    let pairs: Vec<_> = sweeps.iter().zip(&answers).collect();
    AcrossExperiments::of(&pairs)
}

fn said(across: &AcrossExperiments) -> String {
    [across.sentences(), across.caveats()].concat().join("\n")
}

#[test]
fn choices_are_ranked_over_all_experiments() {
    let sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
        experiment("c", &[0.2, 0.3, 0.4]),
    ];
    let across = across(&sweeps);
    let labels: Vec<&str> = across.choices.iter().map(|c| &*c.label).collect();
    assert_eq!(labels, ["3", "2", "1"]);
    assert_eq!(across.choices[0].ranks, [1.0, 2.0, 1.0]);
    let ranks = across.ranks.as_ref().expect("ranks");
    // scipy.stats.friedmanchisquare gives 4.666…, and q(0.05, 3) / √2 is 2.343 (Demšar's table 5).
    assert!((ranks.friedman.chi_square - 14.0 / 3.0).abs() < 1e-12);
    let critical = ranks.critical_difference.expect("a difference");
    assert!(
        (critical - 2.3437 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-3,
        "{critical}"
    );
    let best: Vec<bool> = across.choices[0]
        .cells
        .iter()
        .map(|c| c.is_some_and(|c| c.is_best))
        .collect();
    assert_eq!(best, [true, false, true]);
    let said = said(&across);
    for text in [
        "Over 3 experiments, 3 has the best mean rank of 3 choices: 1.33",
        "Ranks ignore",
    ] {
        assert!(said.contains(text), "{said}");
    }
}

#[test]
fn choices_that_some_experiment_lacks_are_listed_and_not_ranked() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
    ];
    sweeps[1].configurations.remove(2);
    let across = across(&sweeps);
    assert_eq!((across.common, across.choices.len()), (2, 3));
    assert!(across.choices[2].mean_rank.is_none());
    assert!(
        said(&across).contains("not ranked: 3."),
        "{}",
        said(&across)
    );
    assert!(said(&across).contains("cannot show"), "{}", said(&across));
}

#[test]
fn every_table_that_has_no_ranks_says_why() {
    let first = experiment("a", &[0.5, 0.7, 0.9]);
    let mut second = experiment("b", &[0.6, 0.8, 0.7]);
    assert!(said(&across(std::slice::from_ref(&first))).contains("at least two of them"));
    second.configurations.truncate(1);
    let one = across(&[first.clone(), second.clone()]);
    assert!(said(&one).contains("only 1 has a result"), "{}", said(&one));
    second.configurations.clear();
    let none = across(&[first, second]);
    assert!(
        said(&none).contains("no choice has a result"),
        "{}",
        said(&none)
    );
    let equal = [experiment("a", &[0.5; 3]), experiment("b", &[0.6; 3])];
    let equal = across(&equal);
    assert!(equal.ranks.is_none() && said(&equal).contains("equally good"));
}

#[test]
fn experiments_on_the_same_images_are_called_dependent() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
    ];
    assert!(!said(&across(&sweeps)).contains("not independent"));
    for sweep in &mut sweeps {
        for configuration in &mut sweep.configurations {
            configuration.data_hash = "one".into();
        }
    }
    assert!(said(&across(&sweeps)).contains("a and b validate on images that another"));
    sweeps[1].metric.name = "val_macro_f1".into();
    assert!(
        said(&across(&sweeps))
            .contains("different metrics (validation accuracy, validation macro f1)")
    );
    for configuration in &mut sweeps[1].configurations {
        configuration.resolved.data.limit = Some(100);
    }
    assert!(said(&across(&sweeps)).contains("from one set"));
}

#[test]
fn what_is_unfinished_failed_or_stopped_is_counted() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
    ];
    for end in [RunEnd::Waiting, RunEnd::Failed, RunEnd::Stopped] {
        let configuration = &mut sweeps[1].configurations[end as usize % 3];
        configuration.runs[1].end = end;
        configuration.runs[1].value = None;
    }
    let across = across(&sweeps);
    assert_eq!(across.common, 3);
    let said = said(&across);
    for text in [
        "Not finished: b (5 of 6 jobs).",
        "Failed jobs do not count: b (1 of 6 jobs). `convsweep retry NAME`",
        "a rule stopped do not count: b (1 of 6 jobs)",
        "In b, choices are ranked by a single run",
    ] {
        assert!(said.contains(text), "{text} is not in:\n{said}");
    }
    let cell = across.choices[0].cells[1].expect("a result");
    assert_eq!((cell.runs, cell.jobs), (1, 2));
}

#[test]
fn an_experiment_without_results_is_named_with_a_remedy() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
        experiment("c", &[0.6, 0.8, 0.7]),
    ];
    for run in sweeps[1]
        .configurations
        .iter_mut()
        .flat_map(|c| &mut c.runs)
    {
        (run.end, run.value) = (RunEnd::Waiting, None);
    }
    let across = across(&sweeps);
    assert!(across.ranks.is_none());
    let said = said(&across);
    for text in [
        "no choice has a result in all of the 3 experiments",
        "b has no result (0 of 6 jobs ended): `convsweep status b`",
        "Without it, there may be ranks",
    ] {
        assert!(said.contains(text), "{text} is not in:\n{said}");
    }
}

#[test]
fn choices_of_one_name_with_different_values_are_named() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
    ];
    assert!(!said(&across(&sweeps)).contains("Matched by their names"));
    sweeps[1].configurations[2].values[0].value = "other".into();
    let said = said(&across(&sweeps));
    assert!(
        said.contains("values that the files give them differ: 3."),
        "{said}"
    );
}

#[test]
fn the_same_results_in_another_order_share_a_rank() {
    let mut sweeps = [
        experiment("a", &[0.5, 0.7, 0.9]),
        experiment("b", &[0.6, 0.8, 0.7]),
    ];
    let orders = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.4, 0.1]];
    let means: Vec<f64> = orders.iter().map(|o| o.iter().sum::<f64>() / 3.0).collect();
    assert!(means[0] != means[1], "they differ by rounding");
    for (configuration, order) in sweeps[0].configurations.iter_mut().zip(orders) {
        let run = configuration.runs[0].clone();
        configuration.runs = vec![run; 3];
        for (seed, value) in order.into_iter().enumerate() {
            configuration.runs[seed].seed = seed as u64;
            configuration.runs[seed].value = Some(value);
        }
    }
    let across = across(&sweeps);
    let mut ranks: Vec<f64> = across.choices.iter().map(|c| c.ranks[0]).collect();
    ranks.sort_by(f64::total_cmp);
    assert_eq!(ranks, [1.0, 2.5, 2.5]);
}
