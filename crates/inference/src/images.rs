//! Image files as inputs of networks.

use convsweep_data::read_image;
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::RequestedImages;
use convsweep_spec::shape::Shape;
use std::path::{Path, PathBuf};

/// The shape of an image as networks read it.
pub(crate) fn image_shape(preparation: &ImagePreparation) -> Shape {
    Shape::Image {
        channels: preparation.channels,
        height: preparation.resize.height,
        width: preparation.resize.width,
    }
}

/// Channels, height and width of an image as networks read it.
pub(crate) fn image_sides(preparation: &ImagePreparation) -> [usize; 3] {
    let resize = &preparation.resize;
    [preparation.channels, resize.height, resize.width].map(|n| n as usize)
}

/// The images of some files.
pub(crate) struct PreparedImages {
    /// `[images, channels, height, width]`, of those that can be read.
    pub(crate) pixels: Vec<u8>,
    /// For each file why it cannot be read, if it cannot.
    pub(crate) problems: Vec<Option<String>>,
}

impl PreparedImages {
    /// The images of a request.
    pub(crate) fn of(images: &RequestedImages, preparation: &ImagePreparation) -> PreparedImages {
        match images {
            RequestedImages::Files(files) => PreparedImages::read(files, preparation),
            RequestedImages::Pixels(images) => PreparedImages::checked(images, preparation),
        }
    }

    /// Images that are prepared already.
    fn checked(images: &[Vec<u8>], preparation: &ImagePreparation) -> PreparedImages {
        let values = preparation.values();
        let problem = |image: &Vec<u8>| {
            let is_whole = image.len() == values;
            (!is_whole).then(|| format!("has {} values instead of {values}", image.len()))
        };
        PreparedImages {
            problems: images.iter().map(problem).collect(),
            pixels: images
                .iter()
                .filter(|image| image.len() == values)
                .flatten()
                .copied()
                .collect(),
        }
    }

    /// Reads the files.
    pub(crate) fn read(files: &[PathBuf], preparation: &ImagePreparation) -> PreparedImages {
        let mut found = PreparedImages {
            pixels: Vec::with_capacity(files.len() * preparation.values()),
            problems: Vec::with_capacity(files.len()),
        };
        for file in files {
            let problem = match read_image(file, preparation) {
                Ok(image) => {
                    found.pixels.extend(image);
                    None
                }
                Err(error) => Some(without_path(&error.to_string(), file)),
            };
            found.problems.push(problem);
        }
        found
    }
}

/// A message without the name of the file at its beginning, which stands beside it.
fn without_path(message: &str, file: &Path) -> String {
    let name = format!("{}: ", file.display());
    message.strip_prefix(&name).unwrap_or(message).to_string()
}
