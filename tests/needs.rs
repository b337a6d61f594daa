//! Skips tests on machines that lack something: root, tmux, control groups, strace.
//!
//! A skipped test prints why, and `just test` lists and counts it. Where `CI` is set it fails
//! instead, since nobody would notice a test that is always skipped.

use std::io::Write;

/// Reports that the running test is skipped because of `missing`; the test must return then.
///
/// # Panics
/// Where `CI` is set.
#[track_caller]
pub fn skip(missing: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{missing}; where CI is set, no test is skipped"
    );
    tell(missing);
}

/// Reports that the running test is skipped because of `missing`, also where `CI` is set.
pub fn tell(missing: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not `eprintln!`, whose output libtest captures and drops when the test passes.
    writeln!(std::io::stderr(), "skipped: {test} because {missing}").expect("stderr is open");
}
