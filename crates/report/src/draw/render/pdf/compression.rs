//! Compressing the streams of a PDF file.

use crate::draw::render::RenderError;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// The bytes for a stream with the filter `FlateDecode`.
pub(super) fn compressed(bytes: &[u8]) -> Result<Vec<u8>, RenderError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|error| RenderError::Drawing(error.to_string()))
}
