//! Gives the program the git revision it is built from, which is part of an attempt's fingerprint,
//! and where LibTorch lies.

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
    // The worker finds the libraries that it was built with where they are.
    if let Some(folder) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") {
        let folder = Path::new(&folder).display();
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{folder}");
        println!("cargo::rustc-link-arg-benches=-Wl,-rpath,{folder}");
        println!("cargo::rustc-link-arg-tests=-Wl,-rpath,{folder}");
    }
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
