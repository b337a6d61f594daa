//! Reads a single image file for a trained network.

use super::reading::{LIMIT_KEYS, content, decoded};
use crate::DataError;
use crate::convert::Conversion;
use convsweep_files::{FileError, not_regular};
use convsweep_spec::data::ImagePreparation;
use std::fs;
use std::path::Path;

/// The options of commands for the limits that files have as [`LIMIT_KEYS`].
const LIMIT_OPTIONS: [&str; 2] = ["--max-pixels", "--max-file-bytes"];

/// Reads an image file as the images of a set are read: `[channels, height, width]`, one byte each.
///
/// # Errors
/// If it is no image, is damaged or beyond the limits, or cannot be read.
pub fn read_image(path: &Path, preparation: &ImagePreparation) -> Result<Vec<u8>, DataError> {
    let metadata = fs::metadata(path).map_err(FileError::at("read", path))?;
    if let Some(why) = not_regular(metadata.file_type()) {
        return Err(DataError::damaged(path, why));
    }
    let limits = &preparation.limits;
    let file = content(path, metadata.len(), limits).map_err(with_options)?;
    let decoded = decoded(path, &file, limits).map_err(with_options)?;
    let image = decoded.map_err(|problem| DataError::damaged(path, problem))?;
    let image = image.image;
    // What has no colours is read as grey, and each channel is then the same.
    let conversion = Conversion::for_network(preparation).for_image(!image.color().has_color());
    let mut pixels = conversion.fit(image);
    let plane = pixels.len();
    while pixels.len() < preparation.values() {
        pixels.extend_from_within(..plane);
    }
    Ok(pixels)
}

/// The error with the names that the limits have on the command line.
fn with_options(error: DataError) -> DataError {
    let DataError::Invalid(mut message) = error else {
        return error;
    };
    for (key, option) in LIMIT_KEYS.iter().zip(LIMIT_OPTIONS) {
        message = message.replace(key, option);
    }
    DataError::Invalid(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::data::{DataSpec, ImageLimits, Source, Split, SplitScheme};

    fn preparation(channels: u32, sides: [u32; 2]) -> ImagePreparation {
        let split = Split::new(SplitScheme::Validation(0.2), 0);
        let spec = DataSpec::new(Source::folder(), split);
        ImagePreparation::new(&spec, [channels, sides[0], sides[1]])
    }

    #[test]
    fn an_image_has_the_shape_that_the_network_reads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let grey = folder.path().join("grey.png");
        let image = image::GrayImage::from_fn(9, 6, |x, _| image::Luma([x as u8]));
        image.save(&grey).expect("saves");
        let pixels = read_image(&grey, &preparation(3, [6, 6])).expect("reads");
        assert_eq!(pixels.len(), 3 * 36);
        assert_eq!(pixels[..6], [1, 2, 3, 4, 5, 6], "the middle of it");
        assert_eq!(pixels[..36], pixels[72..]);
        let pixels = read_image(&grey, &preparation(1, [3, 3])).expect("reads");
        assert_eq!(pixels.len(), 9);
    }

    #[test]
    fn what_is_no_image_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = folder.path().join("a.txt");
        fs::write(&text, "words").expect("writes");
        let problem = |path: &Path| match read_image(path, &preparation(3, [4, 4])) {
            Ok(_) => panic!("{} was read", path.display()),
            Err(error) => error.to_string(),
        };
        assert!(problem(&text).contains("is neither JPEG"));
        let large = folder.path().join("large.png");
        image::GrayImage::new(9, 6).save(&large).expect("saves");
        let mut limited = preparation(3, [4, 4]);
        limited.limits.pixels = 50;
        let message = read_image(&large, &limited).expect_err("large").to_string();
        assert!(message.ends_with("or raise --max-pixels"), "{message}");
        limited.limits = ImageLimits {
            bytes: 9,
            ..ImageLimits::default()
        };
        let message = read_image(&large, &limited).expect_err("large").to_string();
        assert!(message.ends_with("or raise --max-file-bytes"), "{message}");
        assert!(problem(folder.path()).contains("folder"));
        assert!(problem(&folder.path().join("b.png")).contains("No such file"));
    }
}
