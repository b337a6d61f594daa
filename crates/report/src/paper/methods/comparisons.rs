//! How configurations were compared: tests, corrections and levels.

use super::prose::{count, percent};
use crate::ranking::Ranking;
use crate::tables::escaped;
use convsweep_answers::{AxisBasis, FAMILY_LEVEL, PairMethod, RunUnit, Verdict};
use convsweep_spec::metric::VAL_CALIBRATION_ERROR;
use convsweep_spec::words::{listed_with, thousands};

pub(super) fn sentences(ranking: &Ranking) -> Vec<String> {
    let answers = &ranking.answers;
    if answers.are_range_tests {
        return vec!["Range tests have no result to compare.".into()];
    }
    let metric = ranking.metric.words();
    let mut sentences = vec![format!(
        "Configurations were ranked by the mean {metric} of their runs ({} is better).",
        if ranking.metric.larger_is_better() {
            "larger"
        } else {
            "smaller"
        }
    )];
    if answers.standings.len() < 2 {
        sentences.push("Fewer than two have a result, so that nothing was compared.".into());
        return sentences;
    }
    sentences.extend(diverged(ranking));
    if is_tested(ranking) {
        sentences.extend(untrained(ranking));
        sentences.extend(tests(ranking));
        sentences.extend(corrections(ranking));
        sentences.extend(best_set(ranking));
        sentences.extend(margin(ranking));
    } else {
        sentences.push(untested(ranking));
    }
    sentences.extend(race(ranking));
    sentences
}

/// Whether any two configurations were tested.
pub(super) fn is_tested(ranking: &Ranking) -> bool {
    ranking
        .answers
        .pairs
        .iter()
        .any(|pair| pair.result.p.is_some())
}

fn untested(ranking: &Ranking) -> String {
    let one_each = ranking.answers.standings.iter().all(|s| s.runs < 2);
    let unit = ranking.unit.name();
    match one_each {
        true => format!(
            "Each has the result of one {unit} only, so that nothing is known of the spread \
             between runs: no two configurations were tested, and their order is no finding."
        ),
        false => "The runs show no spread that two configurations could be judged by: none were \
                  tested."
            .into(),
    }
}

fn diverged(ranking: &Ranking) -> Option<String> {
    let answers = &ranking.answers;
    let value = answers.diverged_value?;
    let runs: usize = answers.standings.iter().map(|s| s.diverged).sum();
    // No network without training has a certain calibration error.
    let level = match ranking.metric.name == VAL_CALIBRATION_ERROR {
        true => "the worst of the experiment",
        false => "the chance level",
    };
    (runs > 0).then(|| {
        format!(
            "Runs whose loss or weights were no longer finite ({} of those that count) count with \
             a {} of {}, {level}.",
            thousands(runs as u64),
            ranking.metric.words(),
            escaped(&ranking.metric.value(value))
        )
    })
}

/// How runs that do not train are counted, where there are any.
fn untrained(ranking: &Ranking) -> Vec<String> {
    let answers = &ranking.answers;
    if !answers.some_do_not_train {
        return Vec::new();
    }
    let runs: usize = answers.standings.iter().map(|s| s.runs).sum();
    let trained: usize = answers.standings.iter().map(|s| s.trained).sum();
    let mut sentences = vec![format!(
        "A run counts as trained unless it diverged or its validation accuracy could be that of \
         always answering the most frequent class (one-sided binomial test at the level 0.001); {} \
         of {} runs did not train. The share of a configuration's runs that train was estimated by \
         a hierarchical beta-binomial model~\\cite{{gelman2013}} over all configurations.",
        thousands((runs - trained) as u64),
        thousands(runs as u64)
    )];
    if uses(ranking, PairMethod::Independent) {
        sentences.push(
            "The expected result of one more run is the mean of the trained runs and the chance \
             level, weighted by this share; where all runs of two configurations trained, it is \
             their mean."
                .into(),
        );
    }
    let results = match uses(ranking, PairMethod::Independent) {
        true => "expected results",
        false => "results of all runs",
    };
    sentences.push(format!(
        "Compared were {results}, means of the trained runs, and shares of runs that train, whose \
         errors are taken as normally distributed."
    ));
    sentences
}

/// Whether two configurations were tested by this method.
fn uses(ranking: &Ranking, method: PairMethod) -> bool {
    let mut tested = ranking.answers.pairs.iter();
    tested.any(|pair| pair.method == method && pair.result.p.is_some())
}

/// The tests, by the methods that were used.
fn tests(ranking: &Ranking) -> Vec<String> {
    let by = ranking.unit.pairing();
    let has_folds = all_cross_validated(ranking);
    let shares_states = uses(ranking, PairMethod::SharedTraining);
    let is_paired = shares_states || uses(ranking, PairMethod::Folds);
    let mut sentences = Vec::new();
    let moderated = match (uses(ranking, PairMethod::Independent), is_paired) {
        (true, true) => "Configurations without a common beginning of training",
        (true, false) => "Configurations",
        (false, _) => "Means of trained runs",
    };
    let when_trained = ranking.answers.pairs.iter().filter_map(|p| p.when_trained);
    let compares_trained = when_trained.filter_map(|means| means.p).next().is_some();
    if uses(ranking, PairMethod::Independent) || compares_trained {
        sentences.push(format!(
            "{moderated} were compared by two-sided $t$-tests for unequal \
             variances~\\cite{{welch1947,satterthwaite1946}}, in which the variance of each \
             configuration is drawn towards the one common to all by the empirical Bayes method of \
             Smyth~\\cite{{smyth2004}}; the common variance counts for at most half of the degrees \
             of freedom of all configurations but the one with most."
        ));
    }
    if shares_states && !has_folds {
        sentences.push(format!(
            "The results of configurations whose runs of one seed go on from the same training \
             state were compared {by} by {by} by paired two-sided $t$-tests."
        ));
    }
    if is_paired && has_folds {
        let repeated = match ranking.unit {
            RunUnit::SeedAndFold => ", extended to repetitions~\\cite{bouckaert2004}",
            RunUnit::Seed | RunUnit::Fold => "",
        };
        sentences.push(format!(
            "Since folds share training images, results were compared {by} by {by} by two-sided \
             $t$-tests with the variance corrected for it~\\cite{{nadeau2003}}{repeated}."
        ));
    }
    sentences
}

/// Whether every configuration was cross-validated, so that its runs are compared as folds.
fn all_cross_validated(ranking: &Ranking) -> bool {
    let configurations = ranking.configurations.iter();
    let folds = |folds: Option<u32>| folds.is_some_and(|folds| folds > 1);
    let mut splits = configurations.map(|c| c.row.member.resolved.data.split.folds());
    splits.all(folds)
}

fn corrections(ranking: &Ranking) -> Vec<String> {
    let answers = &ranking.answers;
    let configurations = answers.standings.len();
    let all = configurations * (configurations - 1) / 2;
    let tested = count(answers.pairs_tested as u64, "pair");
    let level = percent(FAMILY_LEVEL);
    let mut sentences = vec![match answers.pairs_tested == all {
        true if all == 1 && !answers.some_do_not_train => {
            format!("A difference is called known where the $p$-value is below {level}.")
        }
        true => format!(
            "The $p$-values of all comparisons, of {tested}, were corrected together by Holm's \
             method~\\cite{{holm1979}}, and a difference is called known where the corrected value \
             is below {level}, so that some false statement is made with a probability of at most \
             {level}."
        ),
        false => format!(
            "Only the {tested} with the best configuration and with the baseline were tested; \
             their $p$-values were corrected as if all {} pairs had been (Bonferroni), at a level \
             of {level} for all together.",
            thousands(all as u64)
        ),
    }];
    sentences.push(
        "Intervals are 95~\\% confidence intervals of one difference or one configuration alone."
            .into(),
    );
    sentences
}

/// Which configurations may be the best; of two, their comparison says it.
fn best_set(ranking: &Ranking) -> Option<String> {
    let members = ranking.answers.standings.iter().filter(|s| s.may_be_best);
    let others = (ranking.answers.standings.len() - 1) as u64;
    (others > 1).then(|| format!(
        "A configuration may be the best unless another one is better by multiple comparisons with \
         the best~\\cite{{hsu1981}} (two-sided tests, the $p$-value multiplied by the {} others) \
         or by the comparison of all pairs; {} of the {} may be. Where the first beats every other \
         one by these tests, these $p$-values are used where they are smaller.",
        thousands(others),
        thousands(members.count() as u64),
        thousands(others + 1)
    ))
}

fn margin(ranking: &Ranking) -> Option<String> {
    let margin = ranking.answers.margin?;
    let equal = ranking.answers.pairs.iter();
    let equal = equal.filter(|pair| pair.result.verdict == Verdict::Equal);
    Some(format!(
        "Two configurations are called equal where their difference is shown to be within {} by \
         two one-sided tests~\\cite{{schuirmann1987}}, corrected in the same way as a family of \
         their own; this is so of {}.",
        escaped(&ranking.metric.difference(margin)),
        count(equal.count() as u64, "pair")
    ))
}

fn race(ranking: &Ranking) -> Option<String> {
    let rounds = ranking.answers.race_rounds;
    (rounds > 0).then(|| {
        format!(
            "Further seeds were trained only of configurations that might still be the best (a \
             race), which may look at the results {}; $p$-values are multiplied by this \
             number and intervals widened accordingly (Bonferroni).",
            count(rounds.into(), "time")
        )
    })
}

/// The effects of the axes.
pub(super) fn axes(ranking: &Ranking) -> Vec<String> {
    let axes = &ranking.answers.axes;
    let has = |basis: AxisBasis| axes.iter().any(|axis| axis.basis == basis);
    let mut sentences = Vec::new();
    if axes.is_empty() || ranking.answers.are_range_tests {
        return sentences;
    }
    if ranking.revision.axes.len() > 1 {
        sentences.push(
            "Two values of an axis were compared by the mean difference over the combinations of \
             the other axes' values that both were trained with."
                .to_string(),
        );
    }
    if has(AxisBasis::AdditiveModel) {
        sentences.push(
            "The intervals of these differences assume that the effects of the axes add up, and \
             take what this model leaves over as the noise; no verdict is based on them."
                .into(),
        );
    } else if has(AxisBasis::Runs) && ranking.revision.axes.len() > 1 {
        sentences.extend(axis_tests(ranking));
    }
    sentences.extend(shares(ranking));
    sentences.extend(interactions(ranking));
    sentences
}

/// How the differences of two values of an axis were tested.
fn axis_tests(ranking: &Ranking) -> Vec<String> {
    let by = ranking.unit.pairing();
    let is_paired = uses(ranking, PairMethod::SharedTraining) || uses(ranking, PairMethod::Folds);
    let mut variance = match uses(ranking, PairMethod::Independent) {
        false => format!("Its variance is that of the same difference {by} by {by}"),
        true => format!(
            "Its variance is the larger of two: that of the configurations' runs taken as \
             independent, with the degrees of freedom of \
             Satterthwaite~\\cite{{satterthwaite1946}}, and that of the same difference \
             {by} by {by}"
        ),
    };
    if uses(ranking, PairMethod::Independent) && is_paired {
        variance += "; where all configurations share the beginning of their training, the second";
    }
    if all_cross_validated(ranking) {
        variance += ", with the correction for the training images that folds \
                     share~\\cite{nadeau2003}";
    }
    vec![
        variance + ".",
        "The $p$-values of all axes were corrected together by Holm's method~\\cite{holm1979}."
            .into(),
    ]
}

fn shares(ranking: &Ranking) -> Option<String> {
    let mut told = Vec::new();
    let mut forest = None;
    for axis in &ranking.answers.axes {
        let share = axis.share?;
        forest = share.forest_explains;
        let percent = format!("{:.0}~\\%", 100.0 * share.share);
        told.push(format!("{} explains {percent}", escaped(&axis.name)));
    }
    let how = match forest {
        None => "the functional analysis of variance of the complete \
                 grid~\\cite{hooker2007,hutter2014}"
            .to_string(),
        Some(explained) => format!(
            "the functional analysis of variance~\\cite{{hutter2014}} of a random \
             forest~\\cite{{breiman2001}}, which predicts {:.0}~\\% of the variance of points that \
             it did not learn from",
            100.0 * explained
        ),
    };
    (!told.is_empty()).then(|| {
        format!(
            "Of the variance over the configurations, {} alone, by {how}.",
            listed_with(&told, "and")
        )
    })
}

fn interactions(ranking: &Ranking) -> Option<String> {
    let found = ranking.answers.interactions.len() as u64;
    (found > 0).then(|| {
        format!(
            "Of each two axes the largest interaction of two values each was tested, corrected for \
             all combinations of values searched and, by Holm's method, for all pairs of axes; {} \
             larger than the noise at the level 0.05.",
            match found {
                1 => "one is".to_string(),
                found => format!("{} are", thousands(found)),
            }
        )
    })
}

/// Where the spread of the best comes from, and by how much its choice flatters it.
pub(super) fn spread(ranking: &Ranking) -> Vec<String> {
    let mut sentences = Vec::new();
    let unit = ranking.unit;
    if let Some(noise) = ranking.answers.noise {
        let points = |sd: f64| format!("{:.2}", 100.0 * sd);
        sentences.push(format!(
            "The validation accuracy of the best configuration has a standard deviation of {} \
             percentage points over {}; after the part of the finite number of {} images is \
             taken off~\\cite{{jordan2023}}, {} are left for the networks themselves.",
            points(noise.total),
            match unit.has_folds() {
                true => format!("{} of one fold", count(noise.runs as u64, "run")),
                false => count(noise.runs as u64, "seed"),
            },
            thousands(noise.images as u64),
            points(noise.networks)
        ));
    }
    if let Some(choice) = ranking.answers.choice {
        sentences.push(format!(
            "By how much the choice of the best of {} flatters its result was estimated by \
             cross-fitting~\\cite{{varma2006}} over {}: {}.",
            count(choice.configurations as u64, "configuration"),
            escaped(&unit.count(choice.seeds)),
            escaped(&ranking.metric.difference(choice.optimism))
        ));
    }
    sentences
}
