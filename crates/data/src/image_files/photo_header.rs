//! What the header of an image file says: before anything is decoded it must be known how large the
//! image is and how much memory decoding takes.

use super::file_kind::format_of;
use super::jpeg_header::JpegHeader;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Bytes of the signature of a PNG.
const PNG_SIGNATURE: usize = 8;
/// Bytes that reading a header may take.
const HEADER_BYTES: u64 = 64 << 20;

/// The header of an image file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PhotoHeader {
    pub(super) format: ImageFormat,
    /// Width in pixels, before the EXIF orientation is applied.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
    decoding_bytes: u64,
}

impl PhotoHeader {
    /// Reads the header; an error says why this is not an image that can be read.
    pub(super) fn read(bytes: &[u8]) -> Result<PhotoHeader, String> {
        if bytes.is_empty() {
            return Err("is empty".to_string());
        }
        let header = match format_of(bytes) {
            Some(ImageFormat::Png) => png(&bytes[PNG_SIGNATURE..]),
            Some(ImageFormat::Jpeg) => JpegHeader::read(bytes).map(|jpeg| of_jpeg(&jpeg)),
            Some(format) => Some(of_decoder(bytes, format)?),
            None => return Err("is neither JPEG nor PNG, WebP, BMP, GIF or TIFF".to_string()),
        };
        match header {
            Some(header) if header.pixels() > 0 => Ok(header),
            Some(_) | None => Err("cannot be decoded: it has no usable header".to_string()),
        }
    }

    /// Number of pixels.
    pub(super) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Memory in bytes that the decoder needs, with the decoded image turned and in eight bits.
    pub(super) fn decoding_bytes(&self) -> u64 {
        self.decoding_bytes
    }
}

/// The header as the format's decoder reads it.
fn of_decoder(bytes: &[u8], format: ImageFormat) -> Result<PhotoHeader, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(HEADER_BYTES);
    reader.limits(limits);
    let broken = |error| format!("cannot be decoded: {error}");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let image = decoder.total_bytes();
    let pixels = u64::from(width) * u64::from(height);
    let besides = match format {
        ImageFormat::Bmp => 0,
        // Brightness, and colours at half the size.
        ImageFormat::WebP if bytes.get(12..16) == Some(b"VP8 ") => 2 * pixels,
        // As four channels; and a frame is laid over the canvas.
        ImageFormat::WebP | ImageFormat::Gif => 4 * pixels,
        _ => image,
    };
    let is_turned = turns(decoder.orientation().map_err(broken)?);
    Ok(PhotoHeader {
        format,
        width,
        height,
        decoding_bytes: image
            + if is_turned {
                besides.max(image)
            } else {
                besides
            },
    })
}

/// Whether turning an image as its orientation says takes a copy of it.
fn turns(orientation: Orientation) -> bool {
    use Orientation::{FlipHorizontal, FlipVertical, NoTransforms, Rotate180};
    !matches!(
        orientation,
        NoTransforms | Rotate180 | FlipHorizontal | FlipVertical
    )
}

/// A JPEG without colours has one byte for each pixel, any other one three.
fn of_jpeg(jpeg: &JpegHeader) -> PhotoHeader {
    let pixels = u64::from(jpeg.width) * u64::from(jpeg.height);
    let image = pixels * if jpeg.components == 1 { 1 } else { 3 };
    let besides = jpeg.coefficient_bytes();
    let is_turned = jpeg.orientation.is_some_and(turns);
    PhotoHeader {
        format: ImageFormat::Jpeg,
        width: u32::from(jpeg.width),
        height: u32::from(jpeg.height),
        decoding_bytes: image
            + if is_turned {
                besides.max(image)
            } else {
                besides
            },
    }
}

/// `IHDR`, which is the first chunk: length, name, width, height, bits of a sample, kind of colour,
/// three more bytes, and a CRC-32 of all this but the length. A damaged size says nothing. Samples of
/// 16 bits are there with those of eight that are made of them.
fn png(after_signature: &[u8]) -> Option<PhotoHeader> {
    let named = after_signature.get(4..)?;
    let chunk = named.strip_prefix(b"IHDR")?;
    if chunk.get(13..17)? != crc32fast::hash(named.get(..17)?).to_be_bytes() {
        return None;
    }
    let [width, height] = [0, 4].map(|at| chunk.get(at..at + 4));
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
    let (bits, colour) = (*chunk.get(8)?, *chunk.get(9)?);
    let samples = match (colour, has_transparent_colour(after_signature)) {
        (0, false) => 1,
        (0 | 4, _) => 2,
        (2 | 3, false) => 3,
        _ => 4,
    };
    let bytes_per_pixel = if bits == 16 { 3 * samples } else { samples };
    let [width, height] = [number(width?)?, number(height?)?];
    Some(PhotoHeader {
        format: ImageFormat::Png,
        width,
        height,
        decoding_bytes: u64::from(width) * u64::from(height) * bytes_per_pixel,
    })
}

/// Whether a chunk before the pixels of a PNG makes a colour transparent.
fn has_transparent_colour(mut chunks: &[u8]) -> bool {
    while let Some(([a, b, c, d], named)) = chunks.split_first_chunk() {
        if named.starts_with(b"tRNS") {
            return true;
        } else if named.starts_with(b"IDAT") {
            return false;
        }
        // Behind the data are four bytes of a checksum.
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        chunks = named.get(4 + length + 4..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, GrayImage};

    fn written(image: DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    #[test]
    fn sizes_are_those_that_the_decoder_finds() {
        for (width, height) in [(1, 1), (7, 300), (513, 2)] {
            for format in [
                ImageFormat::Png,
                ImageFormat::Jpeg,
                ImageFormat::WebP,
                ImageFormat::Bmp,
                ImageFormat::Gif,
                ImageFormat::Tiff,
            ] {
                for image in [
                    GrayImage::new(width, height).into(),
                    DynamicImage::new_rgb8(width, height),
                ] {
                    if format == ImageFormat::Gif && !image.color().has_color() {
                        continue;
                    }
                    let bytes = written(image, format);
                    let header = PhotoHeader::read(&bytes).expect("a header");
                    assert_eq!((header.width, header.height), (width, height));
                    assert_eq!(header.format, format);
                    let image = super::super::photo::decode(&bytes, &header).expect("decodes");
                    assert_eq!((image.width(), image.height()), (width, height));
                }
            }
        }
    }

    #[test]
    fn the_memory_of_sixteen_bits_and_progressive_images_is_counted() {
        let memory = |bytes: &[u8]| {
            let header = PhotoHeader::read(bytes).expect("a header");
            header.decoding_bytes()
        };
        let mut png = written(DynamicImage::new_rgb16(10, 10), ImageFormat::Png);
        assert_eq!(memory(&png), 900);
        png[24] = 8;
        assert!(PhotoHeader::read(&png).is_err(), "the checksum is wrong");
        let checksum = crc32fast::hash(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(memory(&png), 300);
        // Behind the header, whose chunk has 25 bytes.
        let transparent = [0, 0, 0, 0, b't', b'R', b'N', b'S', 0, 0, 0, 0];
        png.splice(33..33, transparent);
        assert_eq!(memory(&png), 400);
        let grey = written(DynamicImage::new_luma8(16, 16), ImageFormat::Jpeg);
        assert_eq!(memory(&grey), 256);
        let mut jpeg = written(DynamicImage::new_rgb8(16, 16), ImageFormat::Jpeg);
        assert_eq!(memory(&jpeg), 768);
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]);
        let frame = frame.expect("a baseline frame");
        jpeg[frame + 1] = 0xC2;
        // One number of two bytes for each pixel and component.
        jpeg[frame + 11] = 0x11;
        assert_eq!(memory(&jpeg), 768 + 3 * 2 * 256);
        // Two components have one for each 2×2 pixels.
        jpeg[frame + 11] = 0x22;
        assert_eq!(memory(&jpeg), 768 + 3 * 256);
        for format in [ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Tiff] {
            let image = DynamicImage::new_rgba8(10, 10);
            assert_eq!(memory(&written(image, format)), 800, "{format:?}");
        }
    }

    #[test]
    fn an_image_that_is_turned_is_there_twice() {
        let jpeg = written(DynamicImage::new_rgb8(16, 16), ImageFormat::Jpeg);
        let exif = |orientation: u8| {
            let tag = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
            let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\x01".as_slice(), &tag, &[0; 4]].concat();
            let length = (exif.len() as u16 + 2).to_be_bytes();
            [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
        };
        for (orientation, expected) in [(1, 768), (3, 768), (6, 2 * 768)] {
            let header = PhotoHeader::read(&exif(orientation)).expect("a header");
            assert_eq!(header.decoding_bytes(), expected, "{orientation}");
        }
    }

    #[test]
    fn what_has_no_header_is_refused() {
        let cut_png = &written(DynamicImage::new_rgb8(2, 2), ImageFormat::Png)[..20];
        let check = |bytes: &[u8], expect: &str| {
            let problem = PhotoHeader::read(bytes).expect_err("refused");
            assert!(problem.contains(expect), "{problem}");
        };
        check(b"", "is empty");
        check(b"GIF89a", "cannot be decoded");
        check(b"a text", "neither JPEG nor PNG");
        check(cut_png, "no usable header");
        check(&[0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 1], "no usable header");
        check(&[0xFF, 0xD8, 0xFF, 0xFF, 0xFF], "no usable header");
        check(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "no usable header");
    }
}
