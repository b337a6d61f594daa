//! Brings images to the channels and size that the experiment asks for.

use convsweep_spec::data::{DataFacts, Resize, ResizeMethod};
use image::imageops::FilterType;
use image::{DynamicImage, GenericImage, GrayImage, RgbImage};

/// The image as planes of `facts`' `[channels, height, width]`.
///
/// Without `resize` the image must already have that size. Resizing is bilinear, with a wider
/// filter for shrinking so that nothing aliases. Grey is Rec. 709 luma, computed before resizing.
pub(crate) fn fit(image: DynamicImage, facts: &DataFacts, resize: Option<&Resize>) -> Vec<u8> {
    let image = match facts.channels {
        1 => DynamicImage::ImageLuma8(image.into_luma8()),
        _ => DynamicImage::ImageRgb8(image.into_rgb8()),
    };
    let image = match resize {
        Some(resize) if (image.height(), image.width()) != (resize.height, resize.width) => {
            scale(image, resize)
        }
        _ => image,
    };
    planes(&image)
}

/// An image from the planes of 1 or 3 channels.
pub(crate) fn from_planes(bytes: &[u8], channels: usize, height: u32, width: u32) -> DynamicImage {
    let plane = (height * width) as usize;
    let value = |c: usize, x: u32, y: u32| bytes[(c % channels) * plane + (y * width + x) as usize];
    match channels {
        1 => GrayImage::from_fn(width, height, |x, y| image::Luma([value(0, x, y)])).into(),
        _ => RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([value(0, x, y), value(1, x, y), value(2, x, y)])
        })
        .into(),
    }
}

/// The image in the size of `to`, by its method.
fn scale(image: DynamicImage, to: &Resize) -> DynamicImage {
    let (width, height) = (image.width(), image.height());
    let ratio = |a: u32, b: u32, c: u32| {
        ((u64::from(a) * u64::from(b)) as f64 / f64::from(c)).round() as u32
    };
    match to.method {
        ResizeMethod::Squash => image.resize_exact(to.width, to.height, FilterType::Triangle),
        ResizeMethod::Crop => {
            let cut_width = ratio(height, to.width, to.height).clamp(1, width);
            let cut_height = ratio(width, to.height, to.width).clamp(1, height);
            let (left, top) = ((width - cut_width) / 2, (height - cut_height) / 2);
            let cut = image.crop_imm(left, top, cut_width, cut_height);
            cut.resize_exact(to.width, to.height, FilterType::Triangle)
        }
        ResizeMethod::Pad => {
            let new_width = ratio(width, to.height, height).clamp(1, to.width);
            let new_height = ratio(height, to.width, width).clamp(1, to.height);
            let small = image.resize_exact(new_width, new_height, FilterType::Triangle);
            let mut padded = DynamicImage::new(to.width, to.height, image.color());
            let (left, top) = ((to.width - new_width) / 2, (to.height - new_height) / 2);
            // Copying cannot fail: the small image lies inside.
            let copied = padded.copy_from(&small, left, top);
            debug_assert!(copied.is_ok());
            padded
        }
    }
}

/// The channels of an image, one after another.
fn planes(image: &DynamicImage) -> Vec<u8> {
    let (bytes, channels) = (image.as_bytes(), usize::from(image.color().channel_count()));
    let plane = bytes.len() / channels;
    let mut out = vec![0; bytes.len()];
    for (i, pixel) in bytes.chunks_exact(channels).enumerate() {
        for (c, value) in pixel.iter().enumerate() {
            out[c * plane + i] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(channels: u32, height: u32, width: u32) -> DataFacts {
        DataFacts {
            hash: String::new(),
            classes: vec![],
            train_images: 0,
            test_images: 0,
            channels,
            height,
            width,
        }
    }

    /// Left half red, right half blue; 40 wide, 20 high.
    fn halves() -> DynamicImage {
        RgbImage::from_fn(40, 20, |x, _| {
            image::Rgb(if x < 20 { [200, 0, 0] } else { [0, 0, 100] })
        })
        .into()
    }

    fn check(method: ResizeMethod, expect: &[((usize, usize), [u8; 3])]) {
        let resize = Resize {
            height: 10,
            width: 10,
            method,
        };
        let out = fit(halves(), &facts(3, 10, 10), Some(&resize));
        for ((y, x), pixel) in expect {
            let found = [0, 1, 2].map(|c| out[c * 100 + y * 10 + x]);
            assert_eq!(found, *pixel, "{method:?} at row {y}, column {x}");
        }
    }

    #[test]
    fn methods_treat_the_aspect_ratio_as_they_say() {
        let (red, blue, black) = ([200, 0, 0], [0, 0, 100], [0, 0, 0]);
        check(
            ResizeMethod::Squash,
            &[((0, 0), red), ((9, 3), red), ((5, 6), blue), ((0, 9), blue)],
        );
        check(
            ResizeMethod::Crop,
            &[((0, 0), red), ((9, 3), red), ((5, 6), blue), ((0, 9), blue)],
        );
        check(
            ResizeMethod::Pad,
            &[
                ((0, 0), black),
                ((1, 5), black),
                ((5, 0), red),
                ((5, 9), blue),
                ((8, 9), black),
            ],
        );
    }

    #[test]
    fn grey_and_colour_are_converted_into_each_other() {
        let grey = fit(halves(), &facts(1, 20, 40), None);
        assert_eq!((grey.len(), grey[0], grey[39]), (800, 43, 7));
        let colour = fit(
            GrayImage::from_pixel(2, 1, image::Luma([9])).into(),
            &facts(3, 1, 2),
            None,
        );
        assert_eq!(colour, [9; 6]);
    }

    #[test]
    fn planes_survive_a_round_trip() {
        let bytes: Vec<u8> = (0..24).collect();
        assert_eq!(planes(&from_planes(&bytes, 3, 2, 4)), bytes);
        assert_eq!(planes(&from_planes(&bytes[..8], 1, 2, 4)), bytes[..8]);
    }
}
