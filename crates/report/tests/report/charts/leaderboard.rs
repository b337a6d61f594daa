//! The leaderboard's dot plot.

use super::chart_of;
use crate::marks::{bars, discs, lines, markers, text, words};
use crate::synthetic::cases::{self, six};
use convsweep_report::charts::ChartData;
use convsweep_report::charts::leaderboard::Leaderboard;
use convsweep_report::draw::color::{INK, SERIES};
use convsweep_report::job_files::JobFiles;
use convsweep_report::ranking::Ranking;

/// Radius of the point of a single run.
const RUN: f64 = 1.7;

#[test]
fn rows_are_in_the_order_of_the_ranking() {
    let rows = six().rows();
    let scene = chart_of(&rows, "leaderboard").scene;
    let ranking = Ranking::new(&rows);
    let heights: Vec<f64> = (0..6)
        .map(|rank| text(&scene, &ranking.name(rank)).at.1)
        .collect();
    assert!(heights.is_sorted(), "{heights:?}");
    let best = ranking.best().and_then(|c| c.score).expect("a result");
    let figure = format!(
        "{:.2} ± {:.2}",
        best.mean * 100.0,
        best.sd.expect("seeds") * 100.0
    );
    let name = text(&scene, &ranking.name(0));
    assert!((text(&scene, &figure).at.1 - name.at.1).abs() < 2.0);
}

#[test]
fn every_row_has_its_mean_and_every_run() {
    let scene = chart_of(&six().rows(), "leaderboard").scene;
    let runs = discs(&scene)
        .into_iter()
        .filter(|(_, radius)| *radius == RUN);
    let mut per_row = std::collections::BTreeMap::<i64, Vec<f64>>::new();
    for ((x, y), _) in runs {
        per_row.entry((y * 10.0) as i64).or_default().push(x);
    }
    assert_eq!(per_row.len(), 6, "a line of points below each mean");
    assert!(per_row.values().all(|runs| runs.len() == 3));
    // The baseline is the best here; its mean is the large marker in ink.
    let means = markers(&scene, INK);
    let (x, y) = *means.last().expect("the mean is drawn last");
    let own = per_row.get(&(((y + 6.0) * 10.0) as i64)).expect("its runs");
    assert!((own.iter().sum::<f64>() / 3.0 - x).abs() < 0.01);
}

#[test]
fn intervals_are_centred_on_their_means() {
    let scene = chart_of(&six().rows(), "leaderboard").scene;
    let second = SERIES[0];
    let interval = lines(&scene)
        .find(|l| l.color == second && l.width == 1.6)
        .expect("an interval");
    let [(left, y), (right, _)] = interval.points[..] else {
        panic!("a straight line");
    };
    let mean = markers(&scene, second)
        .into_iter()
        .find(|at| at.1 == y)
        .expect("a mean");
    assert!(((left + right) / 2.0 - mean.0).abs() < 0.01);
}

#[test]
fn one_seed_has_means_without_intervals() {
    let scene = chart_of(&cases::two().rows(), "leaderboard").scene;
    assert!(words(&scene).contains(&"result"));
    assert!(lines(&scene).all(|line| !SERIES.contains(&line.color)));
    let runs = discs(&scene)
        .into_iter()
        .filter(|(_, radius)| *radius == RUN);
    assert_eq!(runs.count(), 0, "the mean is the run");
}

#[test]
fn the_baseline_is_shown_even_among_too_many() {
    let mut rows = cases::sixty().rows();
    let worst = Ranking::new(&rows).configurations[59].row.member.clone();
    rows.revision.baseline = Some(worst.configuration);
    let ranking = Ranking::new(&rows);
    let board = Leaderboard::new(&ChartData::new(&ranking, &JobFiles::default())).expect("results");
    assert_eq!((board.rows.len(), board.left_out), (40, 20));
    assert!(board.rows[39].label.ends_with("(baseline)"));
    let chart = chart_of(&rows, "leaderboard");
    assert!(chart.caption.ends_with("20 more are in the table."));
}

#[test]
fn the_axis_shows_every_run() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let board = Leaderboard::new(&ChartData::new(&ranking, &JobFiles::default())).expect("results");
    let (low, high) = board.range();
    for run in board.rows.iter().flat_map(|row| &row.runs) {
        assert!((low..=high).contains(run), "{run}");
    }
}

#[test]
fn what_may_be_the_best_is_marked() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let may = ranking
        .answers
        .standings
        .iter()
        .filter(|s| s.may_be_best)
        .count();
    assert!((1..6).contains(&may), "{may} may be the best");
    let chart = chart_of(&rows, "leaderboard");
    let bars = bars(&chart.scene, SERIES[0]);
    let bars = bars
        .iter()
        .filter(|bar| bar.width < 5.0 && bar.height > 10.0);
    assert_eq!(bars.count(), may);
    assert!(
        chart.caption.contains("may be the best"),
        "{}",
        chart.caption
    );
}
