//! Logging: warnings on stderr, and the `run.log` of an experiment while it runs.
//!
//! `CONVSWEEP_LOG=debug` shows everything on stderr; the syntax is that of
//! `tracing_subscriber::filter::Targets`.

mod bounded_file;
mod run_log;
mod stderr_writer;

use run_log::RunLogWriter;
pub use run_log::{OpenRunLog, note_internal_error, open_run_log};
use stderr_writer::StderrWriter;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// The library that draws charts as PNG.
const RASTERISER: &str = "tiny_skia";

/// Starts logging. With `quiet`, stderr shows errors only, unless `CONVSWEEP_LOG` says otherwise.
pub fn start(quiet: bool) {
    let level = if quiet { Level::ERROR } else { Level::WARN };
    // What a rasteriser says of lines without a length concerns nobody.
    let usual = Targets::new()
        .with_default(level)
        .with_target(RASTERISER, LevelFilter::OFF);
    let asked_for = std::env::var("CONVSWEEP_LOG").unwrap_or_default();
    let filter = match asked_for.parse() {
        Ok(filter) if !asked_for.is_empty() => filter,
        _ => usual,
    };
    let stderr = fmt::layer()
        .with_writer(StderrWriter)
        .without_time()
        .with_filter(filter);
    let ours = Targets::new()
        .with_default(Level::WARN)
        .with_target(RASTERISER, LevelFilter::OFF)
        .with_target("convsweep", Level::INFO);
    let run_log = fmt::layer()
        .with_writer(RunLogWriter)
        .with_ansi(false)
        .with_filter(ours);
    tracing_subscriber::registry()
        .with(stderr)
        .with(run_log)
        .init();
}
