//! Renders reports of synthetic experiments, to look at:
//! `cargo run --release -p convsweep-report --example synthetic -- FOLDER`.

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use convsweep_report::{ReportScope, report_across};
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use std::path::PathBuf;
use std::time::Instant;
use synthetic::across::sweeps;
use synthetic::cases::{self, Case};
use synthetic::predictions::predictions_file;
use synthetic::range_test;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    let results = ResultsFolder(folder);
    for case in cases::all() {
        render(&case, &results)?;
    }
    for (experiments, rates, pools) in [(2, 2, 1), (2, 8, 5), (12, 2, 1), (12, 8, 5), (3, 3, 2)] {
        let place = format!("{experiments} experiments, {} choices", rates * pools);
        let results = ResultsFolder(results.0.join(place));
        let report = report_across(
            &sweeps(experiments, rates, pools),
            None,
            &results,
            ReportScope::Page,
            &|_| (),
        )?;
        println!("== {}\n{}\n", report.html.display(), report.answer);
    }
    Ok(())
}

fn render(case: &Case, results: &ResultsFolder) -> Result<(), Box<dyn std::error::Error>> {
    let experiment = &case.experiment;
    let mut rows = experiment.rows();
    (case.edit)(&mut rows);
    let predictions = predictions_file(experiment.classes.len());
    for job in rows.configurations.iter().flat_map(|c| &c.jobs) {
        let folder = results.job(&job.job);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(PREDICTIONS), &predictions)?;
    }
    if experiment.range_test_steps.is_some() {
        range_test::write_curves(&rows, results)?;
    }
    let began = Instant::now();
    let report = convsweep_report::report(rows, results)?;
    eprintln!(
        "{}: {:.2} s",
        experiment.name,
        began.elapsed().as_secs_f64()
    );
    println!("== {}\n{}\n", experiment.name, report.answer);
    for row in &report.leaderboard.rows {
        println!("{}", row.join(" | "));
    }
    Ok(())
}
