//! Brings images to the channels and size that the experiment asks for.

mod resample;

use convsweep_spec::data::{DataSpec, ImagePreparation, Luma, Resize, ResizeMethod};
use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};
use resample::Region;

/// What a viewer shows behind transparent pixels.
const WHITE: [u8; 3] = [255; 3];
/// Rows of a strip.
const STRIP: u32 = 16;

/// How images are brought to the planes that a network reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conversion<'a> {
    channels: u32,
    resize: Option<&'a Resize>,
    luma: Luma,
    background: [u8; 3],
}

impl<'a> Conversion<'a> {
    /// The conversion that an experiment asks for, to this number of channels.
    pub(crate) fn of(spec: &'a DataSpec, channels: u32) -> Conversion<'a> {
        Conversion {
            channels,
            resize: spec.resize.as_ref(),
            luma: spec.luma,
            background: background(spec),
        }
    }

    /// The conversion to what a trained network reads.
    pub(crate) fn for_network(preparation: &'a ImagePreparation) -> Conversion<'a> {
        Conversion {
            channels: preparation.channels,
            resize: Some(&preparation.resize),
            luma: preparation.luma,
            background: preparation.background.unwrap_or(WHITE),
        }
    }

    /// The conversion of an image to as many channels as it needs: what has no colours needs one.
    pub(crate) fn for_image(self, is_grey: bool) -> Conversion<'a> {
        let channels = if is_grey { 1 } else { self.channels };
        Conversion { channels, ..self }
    }

    /// The image as planes, `[channels, height, width]`.
    ///
    /// Without `resize` the image must already have its size. Resizing is bilinear, with a wider
    /// filter for shrinking so that nothing aliases. Transparent pixels are laid over the
    /// background, and colours become grey, before resizing.
    pub(crate) fn fit(&self, image: DynamicImage) -> Vec<u8> {
        let image = match image.color().has_alpha() {
            true => over(image, self.background),
            false => image,
        };
        let image = match (self.channels, self.luma) {
            (1, Luma::Rec601) if image.color().has_color() => rec601(&image.into_rgb8()).into(),
            (1, _) => DynamicImage::ImageLuma8(image.into_luma8()),
            _ => DynamicImage::ImageRgb8(image.into_rgb8()),
        };
        let channels = usize::from(image.color().channel_count());
        match self.resize {
            Some(resize) => planes(&scale(&image, resize), channels),
            None => planes(image.as_bytes(), channels),
        }
    }
}

/// The colour behind transparent pixels.
pub(crate) fn background(spec: &DataSpec) -> [u8; 3] {
    spec.background.unwrap_or(WHITE)
}

/// Whether some pixel of an image is transparent, if only a little.
pub(crate) fn is_transparent(image: &DynamicImage) -> bool {
    let is_clear = |strip: RgbaImage| strip.pixels().any(|pixel| pixel.0[3] < 255);
    image.color().has_alpha() && strips(image).any(is_clear)
}

/// The image in strips of a few rows, for what would else take a copy of it in other colours.
pub(crate) fn strips(image: &DynamicImage) -> impl Iterator<Item = RgbaImage> {
    let (width, height) = (image.width(), image.height());
    let strip = move |top: u32| {
        let rows = STRIP.min(height - top);
        image.crop_imm(0, top, width, rows).into_rgba8()
    };
    (0..height).step_by(STRIP as usize).map(strip)
}

/// The image laid over one colour, in the memory of the image.
fn over(image: DynamicImage, background: [u8; 3]) -> DynamicImage {
    let (width, height) = (image.width(), image.height());
    let is_grey = !image.color().has_color() && background.iter().all(|c| *c == background[0]);
    // Neither can fail: there are as many bytes as the image needs.
    if is_grey {
        let bytes = blended(image.into_luma_alpha8().into_raw(), [background[0]]);
        return GrayImage::from_raw(width, height, bytes)
            .unwrap_or_default()
            .into();
    }
    let bytes = blended(image.into_rgba8().into_raw(), background);
    RgbImage::from_raw(width, height, bytes)
        .unwrap_or_default()
        .into()
}

/// Lays pixels of some colours and their opacity over a background.
fn blended<const COLOURS: usize>(mut bytes: Vec<u8>, background: [u8; COLOURS]) -> Vec<u8> {
    let pixels = bytes.len() / (COLOURS + 1);
    for i in 0..pixels {
        let pixel = i * (COLOURS + 1);
        let alpha = u32::from(bytes[pixel + COLOURS]);
        for (c, behind) in background.iter().enumerate() {
            let sum = u32::from(bytes[pixel + c]) * alpha + u32::from(*behind) * (255 - alpha);
            bytes[i * COLOURS + c] = ((sum + 127) / 255) as u8;
        }
    }
    bytes.truncate(pixels * COLOURS);
    bytes
}

/// ITU-R BT.601 luma in fixed point, as Pillow computes it.
fn rec601(image: &RgbImage) -> GrayImage {
    let mut grey = GrayImage::new(image.width(), image.height());
    for (luma, pixel) in grey.iter_mut().zip(image.as_chunks::<3>().0) {
        let [red, green, blue] = pixel.map(u32::from);
        *luma = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16) as u8;
    }
    grey
}

/// An image for people from the planes of 1 or 3 channels, `[channels, height, width]`.
///
/// # Panics
/// If there are fewer bytes.
pub fn picture(bytes: &[u8], [channels, height, width]: [usize; 3]) -> RgbImage {
    from_planes(bytes, channels, height as u32, width as u32).into_rgb8()
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

/// The image's pixels in the size of `to`, by its method.
fn scale(image: &DynamicImage, to: &Resize) -> Vec<u8> {
    let (width, height) = (image.width(), image.height());
    let ratio = |a: u32, b: u32, c: u32| {
        ((u64::from(a) * u64::from(b)) as f64 / f64::from(c)).round() as u32
    };
    let whole = Region::of(image);
    match to.method {
        ResizeMethod::Squash => whole.resized(to.width, to.height),
        ResizeMethod::Crop => {
            let cut_width = ratio(height, to.width, to.height).clamp(1, width);
            let cut_height = ratio(width, to.height, to.width).clamp(1, height);
            let cut = whole.middle(cut_width, cut_height);
            cut.resized(to.width, to.height)
        }
        ResizeMethod::Pad => {
            let new_width = ratio(width, to.height, height).clamp(1, to.width);
            let new_height = ratio(height, to.width, width).clamp(1, to.height);
            let channels = usize::from(image.color().channel_count());
            let [new_row, row] = [new_width, to.width].map(|width| width as usize * channels);
            let mut padded = vec![0; to.height as usize * row];
            let small = whole.resized(new_width, new_height);
            let (left, top) = ((to.width - new_width) / 2, (to.height - new_height) / 2);
            let (left, top) = (left as usize * channels, top as usize);
            let rows = padded.chunks_exact_mut(row).skip(top);
            for (padded, small) in rows.zip(small.chunks_exact(new_row)) {
                padded[left..left + new_row].copy_from_slice(small);
            }
            padded
        }
    }
}

/// The channels of pixels, one after another.
fn planes(bytes: &[u8], channels: usize) -> Vec<u8> {
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
    use image::GrayAlphaImage;

    fn conversion(channels: u32, resize: Option<&Resize>) -> Conversion<'_> {
        Conversion {
            channels,
            resize,
            luma: Luma::default(),
            background: WHITE,
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
        let out = conversion(3, Some(&resize)).fit(halves());
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
        let grey = conversion(1, None).fit(halves());
        assert_eq!((grey.len(), grey[0], grey[39]), (800, 43, 7));
        let of_pillow = Conversion {
            luma: Luma::Rec601,
            ..conversion(1, None)
        };
        let grey = of_pillow.fit(halves());
        assert_eq!((grey[0], grey[39]), (60, 11), "PIL.Image.convert(\"L\")");
        let nine: DynamicImage = GrayImage::from_pixel(2, 1, image::Luma([9])).into();
        assert_eq!(conversion(3, None).fit(nine.clone()), [9; 6]);
        assert_eq!(of_pillow.fit(nine), [9; 2]);
    }

    #[test]
    fn transparent_pixels_show_the_background() {
        let pixel = |rgba| DynamicImage::from(RgbaImage::from_pixel(1, 1, image::Rgba(rgba)));
        let seen = |rgba, background| {
            let over = Conversion {
                background,
                ..conversion(3, None)
            };
            over.fit(pixel(rgba))
        };
        assert_eq!(seen([9, 8, 7, 0], WHITE), [255; 3]);
        assert_eq!(seen([9, 8, 7, 255], WHITE), [9, 8, 7]);
        assert_eq!(seen([200, 100, 0, 128], [0, 0, 255]), [100, 50, 127]);
        let grey = |background| {
            let pixels = GrayAlphaImage::from_raw(3, 1, vec![200, 0, 200, 128, 9, 255]);
            let over = Conversion {
                background,
                ..conversion(3, None)
            };
            over.fit(pixels.expect("an image").into())
        };
        assert_eq!(grey([100; 3]), [[100, 150, 9]; 3].concat());
        assert_eq!(grey([100, 100, 0]), [100, 150, 9, 100, 150, 9, 0, 100, 9]);
        assert!(is_transparent(&pixel([0, 0, 0, 254])));
        assert!(!is_transparent(&pixel([0, 0, 0, 255])));
        assert!(!is_transparent(&halves()));
    }

    #[test]
    fn planes_survive_a_round_trip() {
        let bytes: Vec<u8> = (0..24).collect();
        assert_eq!(planes(from_planes(&bytes, 3, 2, 4).as_bytes(), 3), bytes);
        let plane = from_planes(&bytes[..8], 1, 2, 4);
        assert_eq!(planes(plane.as_bytes(), 1), bytes[..8]);
    }
}
