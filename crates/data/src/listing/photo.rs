//! One JPEG or PNG file.

use image::{DynamicImage, ImageDecoder, ImageReader};
use std::io::Cursor;

/// Decodes a file's content, turned as its EXIF orientation says; an error says what is wrong with
/// it.
pub(crate) fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let broken = |e: image::ImageError| format!("cannot be decoded: {e}");
    if bytes.is_empty() {
        return Err("is empty".to_string());
    }
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    match reader.format() {
        Some(image::ImageFormat::Jpeg) if !jpeg_is_whole(bytes) => {
            return Err("is cut: a JPEG without its end".to_string());
        }
        Some(image::ImageFormat::Jpeg | image::ImageFormat::Png) => {}
        _ => return Err("is neither JPEG nor PNG".to_string()),
    }
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Whether an end marker follows the last scan's begin: the decoder fills what a cut file lacks
/// with grey, without a word.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    match (last([0xFF, 0xDA]), last([0xFF, 0xD9])) {
        (Some(scan), Some(end)) => end > scan,
        _ => false,
    }
}
