//! What a JPEG says before its first scan.

use image::metadata::Orientation;

/// Bytes of the start of a JPEG.
const START: usize = 2;
/// Density of a component with one coefficient for each pixel.
const DENSITY_OF_ONE: u64 = 4096;

/// The segments of a JPEG before its first scan.
pub(super) struct JpegHeader {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: u8,
    /// As EXIF gives it.
    pub(super) orientation: Option<Orientation>,
    /// Coefficients of all components for each [`DENSITY_OF_ONE`] pixels.
    density: u64,
    /// Whether no pixel is known until all of the coefficients are.
    waits_for_all: bool,
}

impl JpegHeader {
    /// Reads the header; `None` if there is no frame.
    pub(super) fn read(bytes: &[u8]) -> Option<JpegHeader> {
        let mut rest = bytes.get(START..)?;
        let (mut frame, mut orientation): (Option<JpegHeader>, _) = (None, None);
        while let Some((marker, payload)) = next_segment(&mut rest) {
            match marker {
                0xE1 if orientation.is_none() => {
                    let exif = payload.strip_prefix(b"Exif\0\0");
                    orientation = exif.and_then(Orientation::from_exif_chunk);
                }
                0xDA => {
                    // A scan of some components only is followed by those of the others.
                    let in_scan = payload.first();
                    if let Some(frame) = frame.as_mut() {
                        frame.waits_for_all |= in_scan != Some(&frame.components);
                    }
                    break;
                }
                // 0xC4, 0xC8 and 0xCC are tables.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    frame = Some(of_frame(marker, payload)?);
                }
                _ => {}
            }
        }
        let frame = frame?;
        Some(JpegHeader {
            orientation,
            ..frame
        })
    }

    /// Memory in bytes for coefficients, of two bytes each, until they become pixels.
    pub(super) fn coefficient_bytes(&self) -> u64 {
        if !self.waits_for_all {
            return 0;
        }
        let pixels = u64::from(self.width) * u64::from(self.height);
        2 * pixels * self.density / DENSITY_OF_ONE
    }
}

/// The next segment with a length, and what is in it; `None` at the end of the image.
fn next_segment<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    loop {
        // A marker may be preceded by any number of 0xFF.
        let start = rest.iter().position(|&b| b == 0xFF)?;
        *rest = &rest[start..];
        *rest = &rest[rest.iter().position(|&b| b != 0xFF)?..];
        let (&marker, after) = rest.split_first()?;
        *rest = after;
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => continue,
            0xD9 => return None,
            _ => {
                let length = usize::from(big_endian(rest)?);
                // A cut segment is given as far as it goes.
                let payload = &rest[2..rest.len().min(length.max(2))];
                *rest = rest.get(length..).unwrap_or_default();
                return Some((marker, payload));
            }
        }
    }
}

/// Bits of a sample, height, width and number of components, and three bytes for each of these, of
/// which the second holds how densely it is sampled, horizontally and vertically.
fn of_frame(marker: u8, frame: &[u8]) -> Option<JpegHeader> {
    let components = *frame.get(5)?;
    let (specified, _) = frame.get(6..)?.as_chunks::<3>();
    let sampling = specified.iter().take(usize::from(components));
    let sampling = sampling.map(|[_, s, _]| [s >> 4, s & 15].map(|n| u64::from(n.clamp(1, 4))));
    let most = |axis: usize| sampling.clone().map(|s| s[axis]).max().unwrap_or(1);
    let [across, down] = [most(0), most(1)];
    let of_component = |[h, v]: [u64; 2]| DENSITY_OF_ONE * h * v / (across * down);
    let density = sampling.clone().map(of_component).sum();
    Some(JpegHeader {
        width: big_endian(frame.get(3..)?)?,
        height: big_endian(frame.get(1..)?)?,
        components,
        orientation: None,
        density,
        waits_for_all: matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE),
    })
}

fn big_endian(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
}
