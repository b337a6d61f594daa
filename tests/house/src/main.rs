//! Measures the sources of the workspace and checks their limits.
//!
//! `convsweep-house [--report] [FOLDER]` prints figures by crate and every violation with its
//! place. It exits with 1 where a limit is exceeded, with 0 in any case under `--report`, and with 2
//! where the sources cannot be read. `FOLDER` is the workspace; the current one by default.

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

fn main() -> ExitCode {
    let mut only_report = false;
    let mut root = PathBuf::from(".");
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--report" => only_report = true,
            option if option.starts_with('-') => {
                eprintln!(
                    "house: unknown option {option}; usage: convsweep-house [--report] [FOLDER]"
                );
                return ExitCode::from(2);
            }
            folder => root = PathBuf::from(folder),
        }
    }
    let figures = match Figures::read(&root) {
        Ok(figures) => figures,
        Err(error) => {
            eprintln!("house: {error}");
            return ExitCode::from(2);
        }
    };
    let passed = report::print(&figures);
    if passed || only_report {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
