//! What a file is by its name and its first bytes.

use image::ImageFormat;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Extensions of the formats that are read.
const READ: [&str; 13] = [
    "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "png", "webp", "bmp", "dib", "gif", "tif", "tiff",
];
/// Extensions of pictures in formats that are not read.
const OTHER_PICTURES: [&str; 27] = [
    "heic", "heif", "avif", "jxl", "jp2", "j2k", "svg", "ico", "psd", "xcf", "tga", "dds", "exr",
    "hdr", "ppm", "pgm", "pbm", "pnm", "eps", "raw", "cr2", "nef", "arw", "dng", "dcm", "nii",
    "mp4",
];
/// Names that operating systems, archives and tools leave behind, in lower case.
const JUNK: [&str; 13] = [
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "icon\r",
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "__pycache__",
    "folder.htt",
];
/// Bytes that tell a format.
pub(super) const LONGEST_SIGNATURE: usize = 32;

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// Hidden, or left behind by a system or tool.
    Junk,
    /// Its extension is that of a format that is read.
    Image,
    /// Its extension is that of another format of pictures.
    OtherPicture,
    /// Anything else: only its content tells.
    Unknown,
}

/// Whether a file or folder is hidden or left behind by a system or tool.
pub(super) fn is_junk(name: &str) -> bool {
    name.starts_with('.') || JUNK.contains(&name.to_lowercase().as_str())
}

/// What a file is by its name.
pub(super) fn kind_of_name(name: &str) -> NameKind {
    if is_junk(name) {
        return NameKind::Junk;
    }
    let extension = Path::new(name).extension().unwrap_or_default();
    let extension = extension.to_string_lossy().to_lowercase();
    if READ.contains(&extension.as_str()) {
        NameKind::Image
    } else if OTHER_PICTURES.contains(&extension.as_str()) {
        NameKind::OtherPicture
    } else {
        NameKind::Unknown
    }
}

/// The format of an image that is read, by the first bytes of its file.
pub(super) fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    let starts = |signature: &[u8]| bytes.starts_with(signature);
    if starts(&[0xFF, 0xD8]) {
        Some(ImageFormat::Jpeg)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Some(ImageFormat::Gif)
    } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(ImageFormat::WebP)
    } else if starts(b"II*\0") || starts(b"MM\0*") {
        Some(ImageFormat::Tiff)
    } else if starts(b"BM") && has_bitmap_header(bytes) {
        Some(ImageFormat::Bmp)
    } else {
        None
    }
}

/// Behind "BM": the size of the file, four bytes of zeros, the offset of the pixels, and the length
/// of a header of some version.
fn has_bitmap_header(bytes: &[u8]) -> bool {
    const LENGTHS: [u8; 7] = [12, 40, 52, 56, 64, 108, 124];
    let is_reserved = bytes.get(6..10) == Some(&[0; 4]);
    match bytes.get(14..18) {
        Some([length, 0, 0, 0]) => is_reserved && LENGTHS.contains(length),
        _ => false,
    }
}

/// Whether the file's content is that of an image that is read. A file that cannot be opened is
/// taken for one, so that whoever reads it says why it cannot be.
pub(super) fn holds_image(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return true;
    };
    let mut start = Vec::with_capacity(LONGEST_SIGNATURE);
    match file.take(LONGEST_SIGNATURE as u64).read_to_end(&mut start) {
        Ok(_) => format_of(&start).is_some(),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_images_from_junk() {
        let check = |name, kind| assert_eq!(kind_of_name(name), kind, "{name}");
        check("a.JPG", NameKind::Image);
        check("a.jfif", NameKind::Image);
        check("photo.heic", NameKind::OtherPicture);
        check("labels.csv", NameKind::Unknown);
        check("no extension", NameKind::Unknown);
        check("._a.jpg", NameKind::Junk);
        check("Thumbs.db", NameKind::Junk);
        check("Icon\r", NameKind::Junk);
    }

    #[test]
    fn content_tells_formats() {
        let mut bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        assert_eq!(format_of(&bitmap), Some(ImageFormat::Bmp));
        bitmap[6] = b'w';
        assert_eq!(format_of(&bitmap), None, "a text that begins with BM");
        assert_eq!(format_of(b"RIFF\0\0\0\0WEBPVP8 "), Some(ImageFormat::WebP));
        assert_eq!(format_of(b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(format_of(b""), None);
    }
}
