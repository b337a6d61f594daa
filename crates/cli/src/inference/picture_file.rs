//! Pictures that the user asks for, in the format that the file's name says.

use super::inputs::NamedImages;
use super::output_file::OutputFile;
use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_files::Durability;
use convsweep_report::draw::render::{png, svg};
use convsweep_report::draw::scene::Scene;
use convsweep_spec::words::{counted, thousands};
use std::path::Path;

/// A file for a picture.
pub struct PictureFile {
    /// The option that names it.
    option: &'static str,
    file: OutputFile,
    format: PictureFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureFormat {
    Png,
    Svg,
    Html,
}

impl PictureFile {
    /// The file that `--picture` names.
    ///
    /// # Errors
    /// If its name has the ending of no kind of picture, or no file can be written there.
    pub fn new(path: &Path) -> Result<PictureFile> {
        PictureFile::of_option("--picture", path)
    }

    /// The file that this option names.
    ///
    /// # Errors
    /// As [`PictureFile::new`].
    pub fn of_option(option: &'static str, path: &Path) -> Result<PictureFile> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let format = match ending.to_str() {
            Some("png") => PictureFormat::Png,
            Some("svg") => PictureFormat::Svg,
            Some("html" | "htm") => PictureFormat::Html,
            _ => {
                let path = path.display();
                let message = format!("{option} {path}: name a .png, .svg or .html file");
                return Err(failure(Exit::Wrong, message));
            }
        };
        Ok(PictureFile {
            option,
            file: OutputFile::new(path)?,
            format,
        })
    }

    /// Refuses to write the picture over one of the images.
    ///
    /// # Errors
    /// If it would be.
    pub fn spare(&self, images: &NamedImages) -> Result<()> {
        match images.contain(self.file.path()) {
            false => Ok(()),
            true => {
                let path = self.file.path().display();
                let option = self.option;
                let message = format!("{option} {path}: this is one of the images: name another");
                Err(failure(Exit::Wrong, message))
            }
        }
    }

    /// Writes a picture that shows `drawn` of `all` images, and says where it is, in a sentence.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, scene: &Scene, drawn: u64, all: u64) -> Result<String> {
        let bytes = match self.format {
            PictureFormat::Png => png(scene).code(Exit::Internal)?,
            PictureFormat::Svg => svg(scene).code(Exit::Internal)?.into_bytes(),
            PictureFormat::Html => {
                let svg = svg(scene).code(Exit::Internal)?;
                let head = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
                    <title>Convsweep</title>";
                format!("{head}<body>{svg}</body></html>\n").into_bytes()
            }
        };
        self.file.write(&bytes, Durability::SystemCache)?;
        let shown = match drawn < all {
            true => format!(
                " shows the first {} of {}",
                thousands(drawn),
                counted(all, "image")
            ),
            false => String::new(),
        };
        Ok(format!("picture: {}{shown}", self.file.path().display()))
    }
}
