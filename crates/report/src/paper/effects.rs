//! What the values of each axis do, as a table.

use super::latex_table::{EFFECTS, LatexTable, difference_heading};
use crate::answer::p_number;
use crate::ranking::Ranking;
use crate::tables::{MISSING, TextTable, interval};
use convsweep_answers::{AxisAnswer, AxisBasis, AxisContrast, Verdict};

/// The contrasts of each axis.
pub(super) fn table(ranking: &Ranking) -> LatexTable {
    let columns = [
        "axis".to_string(),
        "first".into(),
        "second".into(),
        difference_heading(ranking),
        "95 % interval".into(),
        "corrected p".into(),
        "the first is".into(),
    ];
    let mut rows = Vec::new();
    for axis in &ranking.answers.axes {
        rows.extend(axis.contrasts.iter().map(|c| row(ranking, axis, c)));
    }
    LatexTable {
        file: EFFECTS,
        caption: caption(ranking),
        align: "lllrrrl".into(),
        table: TextTable {
            columns: columns.into(),
            rows,
        },
    }
}

fn caption(ranking: &Ranking) -> String {
    let mut caption = format!(
        "Values of each axis compared by {} over the combinations of the other axes that both were \
         trained with: first minus second, 95 % confidence interval of each difference alone.",
        ranking.metric.words()
    );
    let mut axes = ranking.answers.axes.iter();
    if axes.any(|axis| axis.basis == AxisBasis::AdditiveModel) {
        caption += " With one run of each configuration the intervals assume that the effects of \
                    the axes add up; nothing is tested.";
    }
    caption
}

fn row(ranking: &Ranking, axis: &AxisAnswer, contrast: &AxisContrast) -> Vec<String> {
    let metric = &ranking.metric;
    let verdict = match (axis.basis, contrast.verdict) {
        (AxisBasis::AdditiveModel | AxisBasis::Nothing, _) => "not tested",
        (AxisBasis::Runs, Verdict::Better) => "better",
        (AxisBasis::Runs, Verdict::Worse) => "worse",
        (AxisBasis::Runs, Verdict::Equal) => "equal",
        (AxisBasis::Runs, Verdict::Unknown) => "not known",
    };
    vec![
        axis.name.clone(),
        contrast.first.clone(),
        contrast.second.clone(),
        metric.signed(contrast.difference),
        interval(contrast.interval, metric),
        contrast.corrected.map_or(MISSING.into(), p_number),
        verdict.into(),
    ]
}
