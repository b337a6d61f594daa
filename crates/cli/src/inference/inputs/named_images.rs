//! The images that the user named, in their order.

use super::class_names::ClassNames;
use super::image_input::ImageInput;
use super::standard_input::each_line;
use crate::streams::say_error;
use convsweep_spec::data::LeftOut;
use convsweep_spec::words::counted;
use std::io::stdin;
use std::path::Path;

/// What a path of the command line stands for.
#[derive(Debug)]
pub enum InputSource {
    /// Images that are known already.
    Images(Vec<ImageInput>),
    /// Paths that come from standard input, one in each line.
    StandardInput,
}

/// The images, and files that are none.
#[derive(Debug, Default)]
pub struct NamedImages {
    /// In the order of the command line.
    pub sources: Vec<InputSource>,
    /// The files in folders that are no images, by reason.
    pub left_out: Vec<LeftOut>,
    /// Why folders below those that are named cannot be read, one for each.
    pub unreadable: Vec<String>,
    /// Number of tables that were read.
    pub(super) tables: u32,
}

impl NamedImages {
    /// Says which files in folders are no images, and which folders cannot be read.
    pub fn say_left_out(&self) {
        for left_out in &self.left_out {
            say_error(&format!("note: {}", left_out.in_words()));
        }
        for problem in &self.unreadable {
            say_error(problem);
        }
        if !self.unreadable.is_empty() {
            let folders = counted(self.unreadable.len() as u64, "folder");
            say_error(&format!("{folders} could not be read and left out"));
        }
    }

    /// Whether one of the images is this file.
    pub fn contain(&self, file: &Path) -> bool {
        let Ok(file) = file.canonicalize() else {
            return false;
        };
        let is_file = |image: &ImageInput| image.path.canonicalize().is_ok_and(|path| path == file);
        self.sources.iter().any(|source| match source {
            InputSource::Images(images) => images.iter().any(is_file),
            InputSource::StandardInput => false,
        })
    }

    /// Whether tables are among what was named.
    pub fn have_tables(&self) -> bool {
        self.tables > 0
    }

    /// Passes each image to `each` as it becomes known, until that answers `false`.
    pub fn each(self, classes: &ClassNames, mut each: impl FnMut(ImageInput) -> bool) {
        for source in self.sources {
            match source {
                InputSource::Images(images) => {
                    if !images.into_iter().all(&mut each) {
                        return;
                    }
                }
                InputSource::StandardInput => {
                    if !each_line(&mut stdin().lock(), classes, &mut each) {
                        return;
                    }
                }
            }
        }
    }
}
