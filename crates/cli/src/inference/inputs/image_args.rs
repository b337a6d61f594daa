//! Arguments about the images, of the commands that name some.

use super::named_images::NamedImages;
use crate::exit::{Exit, failure};
use anyhow::Result;
use clap::Args;
use convsweep_data::TableReading;
use convsweep_spec::data::{ImageLimits, ImageTable};
use std::path::PathBuf;

/// How images and tables are read.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Tables: the column with paths, by its name, or its number from 1 [default: as in the table
    /// that the network was trained on, else one with a usual name].
    #[arg(long, value_name = "COLUMN", help_heading = "Tables and images")]
    pub path_column: Option<String>,
    /// Tables: the column with classes [default: as for --path-column; there may be none].
    #[arg(long, value_name = "COLUMN", help_heading = "Tables and images")]
    pub label_column: Option<String>,
    /// Tables: the folder that paths are relative to [default: as in the table that the network was
    /// trained on, else the table's].
    #[arg(long, value_name = "FOLDER", help_heading = "Tables and images")]
    pub root: Option<PathBuf>,
    /// Tables: what is appended to paths without an extension, such as .jpg.
    #[arg(long, value_name = "EXTENSION", help_heading = "Tables and images")]
    pub extension: Option<String>,
    /// The largest image that is decoded, in pixels.
    #[arg(
        long,
        value_name = "PIXELS",
        default_value_t = ImageLimits::default().pixels,
        help_heading = "Tables and images"
    )]
    pub max_pixels: u64,
    /// The largest file of an image that is read, in bytes.
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = ImageLimits::default().bytes,
        help_heading = "Tables and images"
    )]
    pub max_file_bytes: u64,
}

impl ImageArgs {
    /// How tables are read for a network that was trained on one, if it was.
    pub fn table_reading(&self, trained_on: Option<&ImageTable>) -> TableReading {
        let extension = self.extension.as_deref();
        let with_dot = |extension: &str| format!(".{}", extension.trim_start_matches('.'));
        TableReading {
            path_column: self.path_column.clone(),
            label_column: self.label_column.clone(),
            root: self.root.clone(),
            extension: extension.map(with_dot),
            trained_on: trained_on.cloned(),
        }
    }

    /// The largest images that are read.
    pub fn limits(&self) -> ImageLimits {
        ImageLimits {
            pixels: self.max_pixels,
            bytes: self.max_file_bytes,
        }
    }

    /// Refuses options about tables where there are none.
    ///
    /// # Errors
    /// If that is so.
    pub fn require_use(&self, images: &NamedImages) -> Result<()> {
        let options = [
            ("--path-column", self.path_column.is_some()),
            ("--label-column", self.label_column.is_some()),
            ("--root", self.root.is_some()),
            ("--extension", self.extension.is_some()),
        ];
        match options.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if !images.have_tables() => {
                let message = format!(
                    "{option} says how a table is read, and no table (.csv, .tsv) is named"
                );
                Err(failure(Exit::Wrong, message))
            }
            _ => Ok(()),
        }
    }
}
