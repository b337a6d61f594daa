//! What the header of an image file says: before anything is decoded it must be known how large the
//! image is and how much memory decoding takes.

use super::file_kind::format_of;
use convsweep_spec::data::Resize;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Bytes of the signature of a PNG.
const PNG_SIGNATURE: usize = 8;
/// Bytes of the start of a JPEG.
const JPEG_START: usize = 2;
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
    /// Bytes for each pixel that the decoder needs besides its result.
    scratch_per_pixel: u64,
    /// Bytes of each decoded pixel.
    bytes_per_pixel: u64,
}

impl PhotoHeader {
    /// Reads the header; an error says why this is not an image that can be read.
    pub(super) fn read(bytes: &[u8]) -> Result<PhotoHeader, String> {
        if bytes.is_empty() {
            return Err("is empty".to_string());
        }
        let header = match format_of(bytes) {
            Some(ImageFormat::Png) => png(&bytes[PNG_SIGNATURE..]),
            Some(ImageFormat::Jpeg) => jpeg(&bytes[JPEG_START..]),
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

    /// Memory in bytes that resizing needs at most: it stretches the image vertically first, into
    /// four numbers of four bytes for each pixel.
    pub(super) fn resizing_bytes(&self, resize: Option<&Resize>) -> u64 {
        resize.map_or(0, |to| 16 * u64::from(self.width) * u64::from(to.height))
    }

    /// Memory in bytes that the decoder needs, with the decoded image.
    pub(super) fn decoding_bytes(&self) -> u64 {
        self.pixels() * (self.scratch_per_pixel + self.bytes_per_pixel)
    }
}

/// The header as the format's decoder reads it.
fn of_decoder(bytes: &[u8], format: ImageFormat) -> Result<PhotoHeader, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(HEADER_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder();
    let decoder = decoder.map_err(|error| format!("cannot be decoded: {error}"))?;
    let (width, height) = decoder.dimensions();
    let bytes_per_pixel = u64::from(decoder.color_type().bytes_per_pixel());
    Ok(PhotoHeader {
        format,
        width,
        height,
        // A frame of an animation is decoded and then laid over the canvas.
        scratch_per_pixel: bytes_per_pixel.max(4),
        bytes_per_pixel,
    })
}

/// `IHDR`, which is the first chunk: length, name, width, height, bits of a sample, kind of colour,
/// three more bytes, and a CRC-32 of all this but the length. A damaged size says nothing.
fn png(after_signature: &[u8]) -> Option<PhotoHeader> {
    let named = after_signature.get(4..)?;
    let chunk = named.strip_prefix(b"IHDR")?;
    if chunk.get(13..17)? != crc32fast::hash(named.get(..17)?).to_be_bytes() {
        return None;
    }
    let [width, height] = [0, 4].map(|at| chunk.get(at..at + 4));
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
    let (bits, colour) = (*chunk.get(8)?, *chunk.get(9)?);
    let samples = match colour {
        0 => 1,
        4 => 2,
        2 => 3,
        // A palette may have transparent colours.
        _ => 4,
    };
    Some(PhotoHeader {
        format: ImageFormat::Png,
        width: number(width?)?,
        height: number(height?)?,
        // The decoder copies the image once where it is interlaced or has few bits.
        scratch_per_pixel: samples,
        bytes_per_pixel: samples * if bits == 16 { 2 } else { 1 },
    })
}

/// The frame header, behind any number of other segments.
fn jpeg(mut rest: &[u8]) -> Option<PhotoHeader> {
    loop {
        // A marker may be preceded by any number of 0xFF.
        let start = rest.iter().position(|&b| b == 0xFF)?;
        rest = &rest[start..];
        rest = &rest[rest.iter().position(|&b| b != 0xFF)?..];
        let (&marker, after) = rest.split_first()?;
        rest = after;
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => continue,
            0xD9 | 0xDA => return None,
            // 0xC4, 0xC8 and 0xCC are tables.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return jpeg_frame(marker, rest.get(2..)?);
            }
            _ => rest = rest.get(usize::from(big_endian(rest)?)..)?,
        }
    }
}

/// Bits of a sample, height, width and number of components.
fn jpeg_frame(marker: u8, frame: &[u8]) -> Option<PhotoHeader> {
    let components = u64::from(*frame.get(5)?);
    let is_progressive = matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE);
    Some(PhotoHeader {
        format: ImageFormat::Jpeg,
        width: u32::from(big_endian(frame.get(3..)?)?),
        height: u32::from(big_endian(frame.get(1..)?)?),
        // A progressive JPEG is decoded when all of its coefficients, of two bytes, are there.
        scratch_per_pixel: components * if is_progressive { 3 } else { 1 },
        bytes_per_pixel: components.max(3),
    })
}

fn big_endian(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
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
        let mut png = written(DynamicImage::new_rgb16(10, 10), ImageFormat::Png);
        assert_eq!(
            PhotoHeader::read(&png).expect("a header").decoding_bytes(),
            900
        );
        png[24] = 8;
        assert!(PhotoHeader::read(&png).is_err(), "the checksum is wrong");
        let checksum = crc32fast::hash(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(
            PhotoHeader::read(&png).expect("a header").decoding_bytes(),
            600
        );
        let mut jpeg = written(DynamicImage::new_rgb8(10, 10), ImageFormat::Jpeg);
        assert_eq!(
            PhotoHeader::read(&jpeg).expect("a header").decoding_bytes(),
            600
        );
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]);
        jpeg[frame.expect("a baseline frame") + 1] = 0xC2;
        assert_eq!(
            PhotoHeader::read(&jpeg).expect("a header").decoding_bytes(),
            1200
        );
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
