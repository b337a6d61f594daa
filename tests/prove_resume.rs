//! The proof that anyone can run: `just prove-resume`.

use crate::support::{ProgramRun, root};
use std::path::Path;
use std::process::Command;

fn prove(kills: &str) -> ProgramRun {
    let program = Path::new(env!("CARGO_BIN_EXE_convsweep"));
    let target = program.ancestors().nth(2).expect("in a target folder");
    let mut script = Command::new(root().join("tests/prove_resume.sh"));
    ProgramRun::of(script.arg(kills).env("CARGO_TARGET_DIR", target))
}

#[test]
fn a_job_whose_worker_is_killed_leaves_equal_hashes() {
    let run = prove("3").exits(0);
    let text = run.stdout();
    assert!(text.contains("killed 3 times"), "{text}");
    assert_eq!(
        text.matches("epoch ").count(),
        3,
        "three attempts went on: {text}"
    );
    assert_eq!(text.lines().last(), Some("equal to the bit"), "{text}");
    for file in ["model", "predictions", "metrics"] {
        let mut hashes = text.lines().filter(|line| line.trim().starts_with(file));
        assert_eq!(hashes.next(), hashes.next(), "{text}");
    }
}

#[test]
fn the_number_of_kills_is_checked() {
    prove("none").exits(2).says(&["usage: just prove-resume"]);
}
