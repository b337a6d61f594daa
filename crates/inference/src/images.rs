//! Image files as inputs of networks.

use convsweep_data::{DataError, read_image};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::RequestedImages;
use convsweep_spec::shape::Shape;
use std::io::ErrorKind;
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
                Err(error) => Some(problem_of(error, file)),
            };
            found.problems.push(problem);
        }
        found
    }
}

/// What is wrong with a file, in words that follow its name.
fn problem_of(error: DataError, file: &Path) -> String {
    let refused = match error {
        DataError::Damaged { problem, .. } => return problem,
        DataError::Io(refused) | DataError::Unreadable(refused) => refused,
        other => {
            let name = format!("{}: ", file.display());
            let message = other.to_string();
            return message.strip_prefix(&name).unwrap_or(&message).to_string();
        }
    };
    match refused.source.kind() {
        ErrorKind::NotFound => "there is no such file".to_string(),
        _ => format!("cannot be read: {}", refused.source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::data::{DataSpec, Source, Split, SplitScheme};
    use std::fs;

    #[test]
    fn problems_follow_the_name_and_do_not_repeat_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let spec = DataSpec::new(
            Source::folder(),
            Split::new(SplitScheme::Validation(0.2), 0),
        );
        let mut preparation = ImagePreparation::new(&spec, [3, 4, 4]);
        preparation.limits.bytes = 9;
        let files = ["text.png", "none.png", "large.png"].map(|name| folder.path().join(name));
        fs::write(&files[0], "words").expect("writes");
        fs::write(&files[2], "more words").expect("writes");
        let found = PreparedImages::read(&files, &preparation);
        for (file, problem) in files.iter().zip(&found.problems) {
            let problem = problem.as_deref().expect("a problem");
            assert!(!problem.contains(&file.display().to_string()), "{problem}");
        }
        assert_eq!(found.problems[1].as_deref(), Some("there is no such file"));
    }
}
