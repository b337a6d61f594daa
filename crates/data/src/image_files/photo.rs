//! Decodes one JPEG or PNG file.

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::io::Cursor;

/// Decodes a file's content and turns the image as its EXIF orientation says; an error says what is
/// wrong with the file.
pub(super) fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    if bytes.is_empty() {
        return Err("is empty".to_string());
    }
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    match reader.format() {
        Some(ImageFormat::Jpeg) if !has_jpeg_end(bytes) => {
            return Err("is cut: a JPEG without its end".to_string());
        }
        Some(ImageFormat::Jpeg | ImageFormat::Png) => {}
        _ => return Err("is neither JPEG nor PNG".to_string()),
    }
    let broken = |e: ImageError| format!("cannot be decoded: {e}");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Whether an end marker follows the start of the last scan. Without this check a truncated file
/// would pass: the decoder silently fills with grey what is missing.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    match (last([0xFF, 0xDA]), last([0xFF, 0xD9])) {
        (Some(scan), Some(end)) => end > scan,
        _ => false,
    }
}
