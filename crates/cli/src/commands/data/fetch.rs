//! `data fetch`: downloads a published image set.

use super::sets::built_in;
use crate::context::Context;
use crate::exit::{Exit, Failure, data_failure};
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_spec::data::Source;
use indicatif::{ProgressBar, ProgressStyle};

const PROGRESS: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// Downloads the set of this name into the data cache, with a progress bar on stderr.
pub(super) fn fetch(context: &Context, name: &str) -> Result<Exit> {
    let source = match built_in(name) {
        Some(source) if !matches!(source, Source::Shapes(_)) => source,
        _ => {
            return Err(Failure {
                exit: Exit::Wrong,
                message: format!(
                    "\"{name}\" cannot be fetched: cifar10, cifar100, mnist and fashion-mnist can"
                ),
            }
            .into());
        }
    };
    let style = ProgressStyle::with_template(PROGRESS);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let mut progress = |done: u64, total: Option<u64>| {
        bar.set_length(total.unwrap_or(done));
        bar.set_position(done);
    };
    let fetched = convsweep_data::fetch(&context.data, &source, &mut progress);
    bar.finish_and_clear();
    fetched.map_err(data_failure)?;
    say(&format!("{name} is in {}", context.data.display()))?;
    Ok(Exit::Complete)
}
