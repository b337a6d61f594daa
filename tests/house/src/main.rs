//! Measures the sources of the workspace and checks them against limits.
//!
//! `convsweep-house [--report | --rooms] [FOLDER]` prints figures by crate and every violation with
//! its place. It exits with 1 if a limit is exceeded, with 0 in any case under `--report`, and
//! with 2 if the sources cannot be read. With `--rooms` it looks at the order of the rooms alone
//! and prints nothing if it is kept. `FOLDER` is the workspace; the current one by default.

mod circles;
mod forbidden;
mod imports;
mod limits;
mod measure;
mod names;
mod report;
mod rooms;
mod scan;
mod source;
mod statistics;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;
use workspace::Figures;

const USAGE: &str = "usage: convsweep-house [--report | --rooms] [FOLDER]";

/// What is printed, and what decides on the exit code.
enum Mode {
    Limits,
    Report,
    Rooms,
}

fn main() -> ExitCode {
    let mut mode = Mode::Limits;
    let mut root = PathBuf::from(".");
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--report" => mode = Mode::Report,
            "--rooms" => mode = Mode::Rooms,
            option if option.starts_with('-') => return refuse(&format!("{option}? {USAGE}")),
            folder => root = PathBuf::from(folder),
        }
    }
    let figures = match Figures::read(&root) {
        Ok(figures) => figures,
        Err(error) => return refuse(&error),
    };
    let is_kept = match mode {
        Mode::Limits => report::print(&figures),
        Mode::Report => {
            report::print(&figures);
            true
        }
        Mode::Rooms => report::print_room_order(&figures),
    };
    if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("house: {reason}");
    ExitCode::from(2)
}
