//! `data fetch`: downloads a built-in set.

use super::sets::built_in;
use crate::context::Context;
use crate::exit::{Exit, data_failure, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_spec::data::Source;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

const BAR: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

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
    let style = ProgressStyle::with_template(BAR);
    let bar = ProgressBar::new(0);
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut progress = |done: u64, total: Option<u64>| {
        bar.set_length(total.unwrap_or(done));
        bar.set_position(done);
    };
    let fetched = convsweep_data::fetch(context.data()?, &source, &mut progress);
    bar.finish_and_clear();
    fetched.map_err(data_failure)?;
    let folder = context.data()?;
    match as_json {
        true => say_json(&json!({ "source": name, "folder": folder })),
        false => say(&format!("{name} is in {}", folder.display())),
    }
}
