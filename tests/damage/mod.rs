//! Random damage to a results folder: whatever is flipped, cut, zeroed, doubled, exchanged or
//! deleted, no command panics, hangs or fills the memory, and no figure that differs from the
//! undisturbed one is shown without a word about it.
//!
//! `CONVSWEEP_DAMAGE=ROUNDS` makes it long (`just test-damage`), `CONVSWEEP_DAMAGE_SEED` chooses
//! the damages.

mod kinds;
mod observed;
mod template;

use crate::faults::Random;
use crate::torture::variable;
use kinds::{Damage, FileKind};
use observed::{Verdict, observe};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use template::{Stage, Template};

/// Rounds of the ordinary tests: each kind of file once in each folder.
const FEW_ROUNDS: u64 = (FileKind::ALL.len() * Stage::ALL.len()) as u64;

/// Number of rounds by kind of file and verdict.
type Counts = BTreeMap<FileKind, BTreeMap<Verdict, u64>>;

#[test]
fn damage_is_refused_or_told() {
    let rounds = variable("CONVSWEEP_DAMAGE", FEW_ROUNDS);
    let seed = variable("CONVSWEEP_DAMAGE_SEED", 15);
    let templates = Stage::ALL.map(Template::of);
    let next_round = AtomicU64::new(0);
    let counts = Mutex::new(Counts::new());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                loop {
                    let round = next_round.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        break;
                    }
                    let (kind, verdict, failure) = one_round(&templates, seed, round);
                    let mut counts = counts.lock().expect("no thread has panicked");
                    *counts.entry(kind).or_default().entry(verdict).or_default() += 1;
                    if let Some(failure) = failure {
                        eprintln!("round {round}: {failure}");
                        failures
                            .lock()
                            .expect("no thread has panicked")
                            .push(failure);
                    }
                }
            });
        }
    });
    let counts = counts.into_inner().expect("no thread has panicked");
    print_counts(&counts);
    let failures = failures.into_inner().expect("no thread has panicked");
    assert!(
        failures.is_empty(),
        "{} of {rounds} rounds failed (seed {seed}):\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Damages one file of a copy of a results folder, and looks what the commands do. The kind of
/// file, the verdict, and what was wrong, if anything was.
fn one_round(templates: &[Template], seed: u64, round: u64) -> (FileKind, Verdict, Option<String>) {
    let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(round));
    // The first numbers of neighbouring seeds resemble each other.
    for _ in 0..8 {
        random.below(2);
    }
    let kind = FileKind::ALL[round as usize % FileKind::ALL.len()];
    let template = &templates[(round as usize / FileKind::ALL.len()) % templates.len()];
    let workdir = template.copy();
    let Some(damage) = Damage::inject(&workdir, kind, &mut random) else {
        return (kind, Verdict::NoSuchFile, None);
    };
    let (verdict, problems) = observe(&workdir, template, &damage);
    let failure = (!problems.is_empty()).then(|| {
        format!(
            "{damage}, {}: {}",
            template.stage.name(),
            problems.join("; ")
        )
    });
    (kind, verdict, failure)
}

fn print_counts(counts: &Counts) {
    println!(
        "{:<22}{}",
        "",
        Verdict::ALL.map(|v| format!("{:>14}", v.name())).concat()
    );
    for (kind, verdicts) in counts {
        let cell = |verdict: &Verdict| verdicts.get(verdict).copied().unwrap_or(0);
        let cells = Verdict::ALL.map(|verdict| format!("{:>14}", cell(&verdict)));
        println!("{:<22}{}", kind.name(), cells.concat());
    }
}
