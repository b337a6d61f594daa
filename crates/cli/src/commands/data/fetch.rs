//! `data fetch`: downloads a built-in set.

use super::sets::built_in;
use crate::context::Context;
use crate::exit::{Exit, data_failure, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_spec::data::Source;
use convsweep_spec::words::{bytes, duration};
use serde_json::json;
use std::time::Instant;

/// Downloads and verifies a built-in set.
///
/// # Errors
/// If the name is unknown, or the download fails.
pub fn fetch(context: &Context, name: &str, as_json: bool) -> Result<()> {
    let source = match built_in(name) {
        Some(source) if !matches!(source, Source::Shapes(_)) => source,
        Some(_) | None => {
            let message = format!(
                "\"{name}\" cannot be fetched: cifar10, cifar100, mnist and fashion-mnist can"
            );
            return Err(failure(Exit::Wrong, message));
        }
    };
    let phase = context.phase(format!("fetching {name}"));
    let since = Instant::now();
    let mut progress = |done: u64, total: Option<u64>| {
        phase.becomes(format!(
            "fetching {name}: {}",
            progress_words(done, total, since)
        ));
    };
    let fetched = convsweep_data::fetch(context.data()?, &source, &mut progress);
    drop(phase);
    fetched.map_err(data_failure)?;
    let folder = context.data()?;
    match as_json {
        true => say_json(&json!({ "source": name, "folder": folder })),
        false => say(&format!("{name} is in {}", folder.display())),
    }
}

/// How much is there, how fast it comes, and how long it will take.
fn progress_words(done: u64, total: Option<u64>, since: Instant) -> String {
    let rate = done as f64 / since.elapsed().as_secs_f64().max(1e-3);
    let there = bytes(done as f64);
    let speed = bytes(rate);
    match total {
        Some(total) if total >= done => {
            let left = duration((total - done) as f64 / rate.max(1.0));
            format!(
                "{there} of {}, {speed} a second, {left} left",
                bytes(total as f64)
            )
        }
        Some(_) | None => format!("{there}, {speed} a second"),
    }
}
