//! How sources hand over decoded images.

use crate::DataError;

/// Takes the next image as planes, `[channels, height, width]`, and its label. Training images come
/// before test images.
pub(crate) type ImageSink<'a> = dyn FnMut(&[u8], u16) -> Result<(), DataError> + 'a;
