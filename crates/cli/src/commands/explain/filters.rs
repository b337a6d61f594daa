//! A picture of the filters of the first convolution, as the report draws them.

use crate::exit::{Exit, failure};
use crate::inference::{NamedImages, NamedModel, PictureFile};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_report::charts::filters::scene;
use convsweep_report::job_files::FirstFilters;
use std::path::Path;

/// Draws the filters.
///
/// # Errors
/// If the network has none that can be drawn, or the picture cannot be written.
pub(super) fn draw(model: &NamedModel, path: &Path, images: &NamedImages) -> Result<()> {
    let file = PictureFile::of_option("--filters", path)?;
    file.spare(images)?;
    let network = &model.ensemble.networks[0];
    let folder = network.weights.parent().unwrap_or(Path::new("."));
    // The seed is for captions.
    let found = FirstFilters::read(folder, None, &network.architecture, 0);
    match found.map_err(|problem| failure(Exit::Results, problem))? {
        Some(filters) => {
            say_error(&file.write(&scene(&filters), 0, 0)?);
            Ok(())
        }
        None => Err(failure(
            Exit::Wrong,
            "--filters: the first layer with weights is no convolution over the images' channels \
            with kernels of several pixels",
        )),
    }
}
