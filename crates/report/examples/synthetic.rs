//! Renders reports of made-up rows, to look at:
//! `cargo run --release -p convsweep-report --example synthetic -- FOLDER`.

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use convsweep_spec::metric::Direction;
use std::path::PathBuf;
use synthetic::{Made, predictions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    let hundred = (0..100).map(|i| {
        format!(
            "{} {i}",
            ["maple tree", "orchid", "sweet pepper", "lawn mower", "ray"][i % 5]
        )
    });
    let cases = [
        Made {
            name: "one",
            axes: vec![],
            seeds: 1,
            ..Made::default()
        },
        Made {
            name: "two",
            seeds: 1,
            ..Made::default()
        },
        Made {
            name: "six",
            axes: vec![
                ("model.parameters.pool", vec!["max", "average", "strided"]),
                ("train.optimizer", vec!["sgd", "adam"]),
            ],
            baseline: Some(3),
            ..Made::default()
        },
        Made {
            name: "twentyfour",
            axes: vec![
                ("model.parameters.width", vec!["16", "32", "64"]),
                ("train.optimizer.lr", vec!["0.0001", "0.001", "0.01", "0.1"]),
                (
                    "augment",
                    vec!["none", "rotate 15°, scale 0.9–1.1, flip horizontally"],
                ),
            ],
            seeds: 5,
            baseline: Some(20),
            ..Made::default()
        },
        Made {
            name: "hundred-classes",
            classes: hundred.collect(),
            seeds: 2,
            noise: 0.02,
            ..Made::default()
        },
        Made {
            name: "folds",
            folds: Some(5),
            seeds: 1,
            metric: ("val_loss", Direction::Min),
            ..Made::default()
        },
        Made {
            name: "sixty",
            axes: vec![
                ("a", vec!["1", "2", "3", "4", "5"]),
                ("b", vec!["red", "green", "blue"]),
                ("c", vec!["left", "right"]),
                ("d", vec!["up", "down"]),
            ],
            ..Made::default()
        },
    ];
    for case in cases {
        let mut rows = case.rows();
        if case.name == "twentyfour" {
            for (i, outcome) in [(3, Some("diverged")), (7, Some("crashed")), (8, None)] {
                rows.configurations[i].jobs[1].outcome = outcome.map(String::from);
            }
        }
        let results = ResultsFolder(folder.clone());
        for job in rows.configurations.iter().flat_map(|c| &c.jobs) {
            std::fs::create_dir_all(results.job(&job.job))?;
            std::fs::write(
                results.job(&job.job).join(PREDICTIONS),
                predictions(case.classes.len()),
            )?;
        }
        let began = std::time::Instant::now();
        let report = convsweep_report::report(&rows, &results)?;
        println!(
            "== {} ({:.2} s)\n{}\n",
            case.name,
            began.elapsed().as_secs_f64(),
            report.answer
        );
    }
    Ok(())
}
