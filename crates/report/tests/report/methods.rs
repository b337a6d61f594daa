//! `methods.tex`: it says what is true of the experiment, and nothing else.

use crate::paper::{arguments, assert_is_latex, paper, read};
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::job_files::Lookups;
use convsweep_report::ranking::Ranking;
use convsweep_report::{ReportScope, report_with};
use convsweep_spec::augment::{Fill, FlipAxis, Step};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, ImageNames, Source};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::metric::{Direction, Metric, VAL_CALIBRATION_ERROR};
use convsweep_spec::train::{Course, Optimizer, Precision, Schedule};
use convsweep_store::ExperimentRows;
use std::collections::BTreeSet;

/// The paragraphs of an experiment, after checking that exactly the cited papers are listed.
fn methods(rows: ExperimentRows) -> String {
    let (_folder, paper) = paper(rows);
    let text = read(&paper, "methods.tex");
    assert_is_latex(&text);
    let keys = arguments(&text, "\\cite{");
    let cited: BTreeSet<&str> = keys.iter().flat_map(|keys| keys.split(',')).collect();
    let references = read(&paper, "references.bib");
    let entries = references.lines().filter(|line| line.starts_with('@'));
    let keys = entries.filter_map(|line| line.split_once('{'));
    let listed: BTreeSet<&str> = keys.map(|(_, key)| key.trim_end_matches(',')).collect();
    assert_eq!(cited, listed);
    text
}

#[track_caller]
fn assert_says(text: &str, said: &[&str], unsaid: &[&str]) {
    for part in said {
        assert!(text.contains(part), "{part} is not said in\n{text}");
    }
    for part in unsaid {
        assert!(!text.contains(part), "{part} is said in\n{text}");
    }
}

/// Changes the configurations of all members.
fn with(mut rows: ExperimentRows, change: impl Fn(&mut Configuration)) -> ExperimentRows {
    for configuration in &mut rows.configurations {
        change(&mut configuration.member.resolved);
    }
    rows
}

const FOLDS: &str = "cross-validation";
const MODERATED: &str = "empirical Bayes method of Smyth~\\cite{smyth2004}";
const PAIRED: &str = "paired two-sided $t$-tests";
const EQUAL: &str = "two one-sided tests~\\cite{schuirmann1987}";
const RACE: &str = "(a race)";

#[test]
fn several_seeds_are_compared_by_moderated_tests() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let may_be = ranking.answers.standings.iter().filter(|s| s.may_be_best);
    let set = format!("{} of the 6 may be", may_be.count());
    let said = [
        "compares 6 configurations that differ in pool (max; average; strided) and optimizer",
        "3 times (seeds 0, 1 and 2)",
        "random (seed 42, stratified by class), with 20~\\% for validation",
        "1,000 images for training and 1,000 for validation",
        "The 1,000 test images were evaluated once",
        "for the chosen configuration and the baseline only",
        "The training images were not augmented.",
        "10 epochs with Adam~\\cite{kingma2015}",
        "a batch of 64 images",
        "those of the last epoch",
        "Convsweep 0.1.0 (revision 0123abc) with the backend flex on cpu (avx2)",
        MODERATED,
        "of 15 pairs, were corrected together by Holm's method~\\cite{holm1979}",
        "\\cite{hsu1981}",
        &set,
        "over 3 seeds",
        "the larger of two",
    ];
    let unsaid = [
        FOLDS,
        PAIRED,
        EQUAL,
        RACE,
        "diverged",
        "did not train",
        "stage",
    ];
    assert_says(&methods(rows.clone()), &said, &unsaid);
}

#[test]
fn the_numbers_of_the_network_are_those_of_the_database() {
    let rows = cases::two().rows();
    let members = rows.configurations.iter().map(|c| &c.member);
    let numbers: Vec<u64> = members.flat_map(|m| [m.parameters, m.macs]).collect();
    let text = methods(rows).replace(',', "");
    for number in numbers {
        assert_says(&text, &[&number.to_string()], &[]);
    }
    assert_says(&text, &["(pool: max)", "flatten; dense 10"], &[]);
}

#[test]
fn one_seed_is_not_tested() {
    let unsaid = [MODERATED, "Holm", "\\cite{hsu1981}", "\\cite{varma2006}"];
    let said = [
        "one seed only",
        "no two configurations were tested",
        "1 time (seed 0)",
    ];
    assert_says(&methods(cases::two().rows()), &said, &unsaid);
    let grid = Synthetic { seeds: 1, ..six() };
    let said = [
        "assume that the effects of the axes add up",
        "no verdict is based on them",
    ];
    assert_says(&methods(grid.rows()), &said, &unsaid);
}

#[test]
fn folds_are_compared_with_their_own_variance() {
    let said = [
        "5-fold cross-validation (seed 42, stratified by class)",
        "fold by fold by two-sided $t$-tests with the variance corrected for it~\\cite{nadeau2003}.",
        "(smaller is better)",
    ];
    assert_says(&methods(cases::folds().rows()), &said, &[MODERATED, PAIRED]);
    let grid = Synthetic {
        axes: six().axes,
        ..cases::folds()
    };
    let said = [
        "Its variance is that of the same difference fold by fold, with the correction for the \
         training images that folds share~\\cite{nadeau2003}.",
    ];
    assert_says(&methods(grid.rows()), &said, &["satterthwaite1946"]);
    let repeated = Synthetic {
        seeds: 2,
        ..cases::folds()
    };
    let said = [
        "repetitions~\\cite{bouckaert2004}",
        "once for each fold and seed",
    ];
    assert_says(&methods(repeated.rows()), &said, &[MODERATED, PAIRED]);
}

#[test]
fn the_images_of_a_folder_are_counted_only_where_they_are_known() {
    let folder = |c: &mut Configuration| c.data.source = Source::folder();
    let said = ["1,000 images for validation and the others for training"];
    assert_says(&methods(with(six().rows(), folder)), &said, &[]);
    let said = ["4,000 images for training and 1,000 for validation"];
    assert_says(&methods(with(cases::folds().rows(), folder)), &said, &[]);
    let names = |c: &DataSpec, _: &str| {
        let training = (0..2500).map(|i| format!("{i}.png")).collect();
        (c.source == Source::folder()).then_some(ImageNames {
            training,
            test: vec![],
        })
    };
    let place = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(place.path().into());
    let scope = ReportScope::PageAndPaper;
    let lookups = Lookups::of_names(names);
    let made = report_with(
        with(six().rows(), folder),
        &results,
        scope,
        lookups,
        &|_| (),
    );
    let text = read(
        &made.expect("reports").paper.expect("a paper"),
        "methods.tex",
    );
    assert_says(
        &text,
        &["1,500 images for training and 1,000 for validation"],
        &[],
    );
    let limited = |c: &mut Configuration| {
        folder(c);
        c.data.limit = Some(1500);
    };
    let said = [
        "subset of 1,500",
        "500 images for training and 1,000 for validation",
    ];
    assert_says(&methods(with(six().rows(), limited)), &said, &[]);
}

#[test]
fn another_precision_than_f32_is_told() {
    let in_bf16 = |c: &mut Configuration| c.train.precision = Precision::Bf16;
    let words = "bfloat16, with weights, losses and the optimizer in 32 bits";
    let all = format!("Convolutions and dense layers were computed in {words}.");
    assert_says(&methods(with(six().rows(), in_bf16)), &[&all], &[]);
    assert_says(&methods(six().rows()), &[], &["computed in"]);
    let mut rows = cases::two().rows();
    rows.configurations[1].member.resolved.train.precision = Precision::Bf16;
    assert_says(&methods(rows), &["32-bit floating point", words], &[]);
}

#[test]
fn a_race_is_told_with_its_looks() {
    let mut rows = six().rows();
    rows.race_rounds = 4;
    assert_says(
        &methods(rows),
        &[RACE, "look at the results 4 times", "(Bonferroni)"],
        &[],
    );
}

#[test]
fn without_test_images_and_baseline_neither_is_claimed() {
    let mut rows = Synthetic::default().rows();
    assert_says(
        &methods(rows.clone()),
        &["for the chosen configuration only"],
        &["baseline"],
    );
    for job in rows.configurations.iter_mut().flat_map(|c| &mut c.jobs) {
        job.test = None;
    }
    assert_says(
        &methods(rows),
        &["There were no test images"],
        &["evaluated once"],
    );
}

#[test]
fn runs_that_go_on_from_one_state_are_compared_in_pairs() {
    let mut rows = Synthetic::default().rows();
    let mut shorter = rows.configurations[0].member.resolved.clone();
    shorter.train.phases.truncate(1);
    rows.configurations[1].member.resolved = shorter;
    let said = [
        PAIRED,
        "seed by seed",
        "then for 5 epochs",
        "where the $p$-value is below 5~\\%",
    ];
    assert_says(
        &methods(rows),
        &said,
        &[MODERATED, "Holm", "\\cite{hsu1981}"],
    );
}

#[test]
fn a_margin_is_told_with_its_test() {
    let mut rows = six().rows();
    rows.revision.margin = Some(0.005);
    let said = [EQUAL, "within 0.50 percentage points"];
    assert_says(&methods(rows), &said, &[]);
}

#[test]
fn runs_without_a_result_and_diverged_ones_are_counted() {
    let mut rows = cases::twenty_four().rows();
    cases::with_failures(&mut rows);
    let said = [
        "Of 120 jobs 117 finished (1 diverged, 1 failed and 1 not trained to the end)",
        "1 of those that count",
        "1 of 118 runs did not train",
        "\\cite{gelman2013}",
    ];
    assert_says(&methods(rows.clone()), &said, &[]);
    cases::with_further_scores(&mut rows);
    rows.revision.metric = Metric {
        name: VAL_CALIBRATION_ERROR.into(),
        direction: Direction::Min,
    };
    let said = ["the worst of the experiment"];
    assert_says(&methods(rows), &said, &["0, the chance level"]);
    let mut rows = six().rows();
    cases::with_pruned_jobs(&mut rows);
    assert_says(&methods(rows), &["6 stopped by a rule"], &["diverged"]);
}

#[test]
fn range_tests_and_stages_are_what_they_are() {
    let said = [
        "a learning-rate range test~\\cite{smith2017}",
        "no result to compare",
    ];
    let unsaid = [MODERATED, "were ranked", "weights that were evaluated"];
    assert_says(&methods(cases::range_test().rows()), &said, &unsaid);
    let mut rows = six().rows();
    cases::with_a_stage(&mut rows);
    assert_says(
        &methods(rows),
        &["An earlier stage, architecture, chose"],
        &[],
    );
    let mut rows = six().rows();
    cases::without_results(&mut rows);
    assert_says(
        &methods(rows),
        &["nothing was compared"],
        &[MODERATED, "trained by"],
    );
}

#[test]
fn augmentation_and_schedule_are_told_with_their_papers() {
    let rows = with(six().rows(), |c| {
        let p = 0.5;
        let rotate = Step::Rotate {
            degrees: 15.0,
            fill: Fill::Reflect,
            p: 1.0,
        };
        let flip = Step::Flip {
            axis: FlipAxis::Horizontal,
            p,
        };
        c.augment.steps = vec![rotate, flip, Step::Cutmix { alpha: 1.0, p }];
        let cosine = Course::Cosine {
            epochs: 10,
            min_lr: 0.0,
        };
        c.train.phases[0].schedule = Schedule::new(cosine);
        c.train.phases[0].optimizer = Optimizer::sgd(0.1, 0.9).with_decay(5e-4);
        c.train.phases.truncate(1);
        c.train.ema = Some(0.999);
    });
    let said = [
        "rotation by up to $\\pm$15 degrees, filled by reflection, horizontal flips (with \
         probability 0.5), CutMix~\\cite{yun2019} with $\\alpha$ = 1 (with probability 0.5)",
        "stochastic gradient descent (learning rate 0.1, momentum 0.9, weight decay $5 \\cdot \
         10^{-4}$), the rate falling along half a cosine~\\cite{loshchilov2017} over 10 epochs to 0",
        "exponential moving average over the steps (decay 0.999)",
    ];
    assert_says(&methods(rows), &said, &["kingma2015"]);
}
