//! Test figures are shown for the chosen configuration and the baseline only, unless the file asks
//! for more.

use crate::synthetic::Synthetic;
use crate::synthetic::cases::twenty_four;
use convsweep_report::answer::answer;
use convsweep_report::ranking::Ranking;
use convsweep_report::tables;
use convsweep_store::ExperimentRows;

/// 24 configurations with three seeds, all with the same test accuracy.
fn rows() -> ExperimentRows {
    let three_seeds = Synthetic {
        seeds: 3,
        ..twenty_four()
    };
    let mut rows = three_seeds.rows();
    for job in rows.configurations.iter_mut().flat_map(|c| &mut c.jobs) {
        job.test.as_mut().expect("evaluated").accuracy = 0.123456;
    }
    rows
}

/// Test accuracies in the leaderboard, and test evaluations in the CSV file.
fn shown(rows: &ExperimentRows) -> (usize, usize) {
    let ranking = Ranking::new(rows);
    let table = tables::leaderboard(&ranking);
    let cells = table.rows.iter().flatten();
    let in_table = cells.filter(|cell| cell.starts_with("12.35")).count();
    let csv = tables::evaluations_csv(&ranking).expect("writes");
    let csv = String::from_utf8(csv).expect("UTF-8");
    let in_csv = csv.lines().filter(|line| line.contains(",test,")).count();
    (in_table, in_csv)
}

#[test]
fn test_figures_of_the_others_stay_sealed() {
    let mut rows = rows();
    assert_eq!(shown(&rows), (2, 2 * 3), "the best and the baseline");
    rows.revision.show_test = true;
    assert_eq!(shown(&rows), (24, 24 * 3));
    let words = answer(&Ranking::new(&rows)).join(" ");
    assert!(words.contains("no sealed images left"), "{words}");
}
