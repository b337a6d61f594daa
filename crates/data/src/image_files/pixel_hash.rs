//! A hash of an image's pixels, by which copies are found.

use crate::convert::strips;
use image::DynamicImage;
use twox_hash::XxHash3_128;

/// Hash of an image's size and colours, however its file writes them.
///
/// It need not withstand anyone who makes images with equal hashes on purpose, and takes a small
/// part of the time of decoding.
pub(super) fn pixel_hash(image: &DynamicImage, is_transparent: bool) -> String {
    let size = u64::from(image.width()) << 32 | u64::from(image.height());
    let mut hasher = XxHash3_128::with_seed(size);
    match image {
        DynamicImage::ImageRgb8(image) => {
            // Much faster than in parts.
            let hash = XxHash3_128::oneshot_with_seed(size, image.as_raw());
            return hexadecimal(hash);
        }
        DynamicImage::ImageLuma8(image) => {
            for row in image.as_raw().chunks(image.width().max(1) as usize) {
                let colours: Vec<[u8; 3]> = row.iter().map(|level| [*level; 3]).collect();
                hasher.write(colours.as_flattened());
            }
        }
        image if is_transparent => {
            strips(image).for_each(|strip| hasher.write(strip.as_raw()));
        }
        image => {
            for strip in strips(image) {
                hasher.write(DynamicImage::from(strip).into_rgb8().as_raw());
            }
        }
    }
    hexadecimal(hasher.finish_128())
}

fn hexadecimal(hash: u128) -> String {
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::is_transparent;
    use image::{GrayImage, Luma, Rgb, RgbImage, Rgba};

    fn hash(image: &DynamicImage) -> String {
        pixel_hash(image, is_transparent(image))
    }

    #[test]
    fn only_size_and_colours_count() {
        let grey: DynamicImage = GrayImage::from_fn(5, 40, |x, y| Luma([(x * y) as u8])).into();
        let as_others = [
            DynamicImage::from(grey.to_luma_alpha8()),
            grey.to_rgb8().into(),
            grey.to_rgba8().into(),
            grey.to_luma16().into(),
            grey.to_rgb16().into(),
            grey.to_rgba16().into(),
        ];
        for other in as_others {
            assert_eq!(hash(&other), hash(&grey), "{:?}", other.color());
        }
        let mut rgba = grey.to_rgba8();
        rgba.put_pixel(4, 39, Rgba([156, 156, 156, 254]));
        assert_ne!(hash(&rgba.into()), hash(&grey), "a transparent pixel");
        let mut rgb = grey.to_rgb8();
        rgb.put_pixel(4, 39, Rgb([156, 156, 157]));
        assert_ne!(hash(&rgb.into()), hash(&grey), "another colour");
        let [wide, high] = [(4, 2), (2, 4)].map(|(w, h)| RgbImage::new(w, h).into());
        assert_ne!(hash(&wide), hash(&high), "another size");
    }
}
