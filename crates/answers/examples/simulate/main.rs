//! `just bench answers`: how often the answers are wrong, and how much of what is true they find.
//!
//! Sweeps of forty real seeds are taken as the truth. A few seeds are drawn of each configuration
//! many times, as a user would train them, and what [`Answers`] says of them is counted. Beside it,
//! the procedure that it replaced: t-tests paired by seed with Holm's correction. A second table is
//! about races over seeds, margins, and the suggested numbers of further seeds.
//!
//! Arguments: number of draws (1,000), then files (all in `forty-seeds`).

mod draw;
mod judge;
mod race;
mod truth;

use judge::Counts;
use race::RaceCounts;
use std::path::PathBuf;
use truth::{ForgettingWhat, Sweep};

/// Numbers of seeds that are drawn.
const SEEDS: [usize; 4] = [2, 3, 5, 8];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let draws = arguments
        .next()
        .map_or(1000, |n| n.parse().expect("a number of draws"));
    let mut files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    if files.is_empty() {
        let folder = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/simulate/forty-seeds"
        ));
        for (name, _) in truth::IMAGES {
            files.push(folder.join(format!("{name}.csv")));
        }
    }
    let sweeps: Vec<Sweep> = files.iter().map(|file| Sweep::read(file)).collect();
    println!("{}", Counts::header());
    for sweep in &sweeps {
        for seeds in SEEDS {
            let mut row = Counts::default();
            for what in ForgettingWhat::ALL {
                for draw in 0..draws {
                    let drawn = draw::draw(sweep, seeds, what, draw);
                    judge::judge(&mut row, &drawn, what);
                }
            }
            println!("{}", row.row(&sweep.name, seeds));
        }
    }
    println!(
        "\nThree of the configurations, chosen anew for each draw:\n\n{}",
        Counts::header()
    );
    for sweep in &sweeps {
        for seeds in SEEDS {
            let mut row = Counts::default();
            for what in ForgettingWhat::ALL {
                for draw in 0..draws {
                    let three = draw::some_of(sweep, 3, draw);
                    let drawn = draw::draw(&three, seeds, what, draw);
                    judge::judge(&mut row, &drawn, what);
                }
            }
            println!("{}", row.row(&sweep.name, seeds));
        }
    }
    println!("\n{}", race::HEADER);
    for sweep in &sweeps {
        let mut row = RaceCounts::default();
        for what in ForgettingWhat::ALL {
            for draw in 0..draws {
                row.judge(sweep, what, draw);
            }
        }
        println!("{}", row.row(&sweep.name));
    }
}
