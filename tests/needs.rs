//! What a test needs of the machine beside a compiler: root, tmux, control groups, strace.
//!
//! A test that lacks something says so and is counted at the end of `just test`. Where `CI` is set
//! it fails: a machine of continuous integration has everything, and a test that does nothing
//! there would go unnoticed.

use std::io::Write;

/// Call this and return where the running test cannot go on because of what `missing` says.
#[track_caller]
pub fn skip(missing: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{missing}; where CI is set, no test is skipped"
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not `eprintln!`: libtest keeps to itself what a test that passes prints by it.
    writeln!(std::io::stderr(), "skipped: {test} because {missing}").expect("stderr is open");
}
