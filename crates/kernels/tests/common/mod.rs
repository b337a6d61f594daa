//! What the tests share: numbers, and closeness to a reference in f64.
#![allow(dead_code)]

/// As many numbers from −1 to 1, other ones for another seed.
pub fn numbers(seed: usize, count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0)
        .collect()
}

/// Within 4e-6 of the largest value, which counts as 1 at least.
pub fn close(what: &str, found: &[f32], expected: &[f64]) {
    close_at_scale(1.0, what, found, expected);
}

/// Within 4e-6 of the largest value, which counts as `least` at least: for sums that are much
/// smaller than their summands.
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

/// Runs this program's tests again on each instruction set that is narrower than the widest here.
pub fn on_narrower_instruction_sets() {
    const ASKED: &str = "CONVSWEEP_INSTRUCTIONS";
    if std::env::var_os(ASKED).is_some() {
        return;
    }
    for set in ["avx2", "portable"] {
        let program = std::env::current_exe().expect("a program");
        let run = std::process::Command::new(program)
            .env(ASKED, set)
            .output()
            .expect("it starts");
        assert!(
            run.status.success(),
            "on {set}:\n{}",
            String::from_utf8_lossy(&run.stdout)
        );
    }
}
