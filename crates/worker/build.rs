//! Gives the program the git revision it is built from, which is part of an attempt's fingerprint.

use std::path::Path;
use std::process::Command;

fn main() {
    for path in [
        "../../.git/HEAD",
        "../../.git/index",
        "../../crates",
        "../../Cargo.lock",
    ] {
        if Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    println!(
        "cargo::rustc-env=CONVSWEEP_REVISION={}",
        revision().unwrap_or_else(|| "unknown".into())
    );
}

/// The abbreviated revision, with `-dirty` appended if the sources differ from it; `None` outside a
/// repository.
fn revision() -> Option<String> {
    let head = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&[
        "status",
        "--porcelain",
        "--",
        "../../crates",
        "../../Cargo.toml",
        "../../Cargo.lock",
    ])?;
    Some(if changed.is_empty() {
        head
    } else {
        head + "-dirty"
    })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}
