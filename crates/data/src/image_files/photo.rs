//! Decodes one image file; of several pictures in it, the first one.

use super::photo_header::PhotoHeader;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Bytes that a decoder may use besides the image: for a colour profile, and for a few rows.
const DECODER_BYTES: u64 = 32 << 20;

/// Decodes a file's content and turns the image as its EXIF orientation says; an error says what is
/// wrong with the file. The caller has judged the header.
pub(super) fn decode(bytes: &[u8], header: &PhotoHeader) -> Result<DynamicImage, String> {
    if header.format == ImageFormat::Jpeg && !has_jpeg_end(bytes) {
        return Err("is cut: a JPEG without its end".to_string());
    }
    let broken = |e: ImageError| format!("cannot be decoded: {e}");
    let mut reader = ImageReader::with_format(Cursor::new(bytes), header.format);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(header.width);
    limits.max_image_height = Some(header.height);
    limits.max_alloc = Some(header.decoding_bytes() + DECODER_BYTES);
    reader.limits(limits);
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
