//! Helpers of the tests: reproducible numbers, and comparison with a reference in f64.
#![allow(dead_code)]

/// `count` reproducible numbers from −1 to 1 that depend on the seed.
pub fn numbers(seed: usize, count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0)
        .collect()
}

/// Asserts that the values differ by less than 4e-6 of the largest one, or of 1 if that is larger.
pub fn close(what: &str, found: &[f32], expected: &[f64]) {
    close_at_scale(1.0, what, found, expected);
}

/// Asserts that the values differ by less than 4e-6 of the largest one, or of `least` if that is
/// larger: for sums that are much smaller than their summands.
pub fn close_at_scale(least: f64, what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(least, |a: f64, b| a.max(b.abs()));
    for (i, (&f, &e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(f) - e).abs() < 4e-6 * scale,
            "{what} {i}: {f}, expected {e}"
        );
    }
}

/// Runs the tests of this program again with each narrower instruction set.
pub fn on_narrower_instruction_sets() {
    const VARIABLE: &str = "CONVSWEEP_INSTRUCTIONS";
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    for set in ["avx2", "portable"] {
        let program = std::env::current_exe().expect("a program");
        let run = std::process::Command::new(program)
            .env(VARIABLE, set)
            .output()
            .expect("it starts");
        assert!(
            run.status.success(),
            "on {set}:\n{}",
            String::from_utf8_lossy(&run.stdout)
        );
    }
}
