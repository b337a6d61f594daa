//! What is found when an image file is looked at.

use super::file_version::FileVersion;
use super::fitted::FittedStore;
use super::pixel_hash::pixel_hash;
use super::reading::{FileContent, content, decoded, judge_bytes, judge_pixels};
use crate::DataError;
use crate::convert::{Conversion, is_transparent};
use crate::identity::content_hash;
use convsweep_files::not_regular;
use convsweep_spec::data::ImageLimits;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// The system's number for too many links on the way to a file (ELOOP).
const LINKS_IN_A_CIRCLE: i32 = 40;

/// What is known of an image file. The fields are kept in the manifest's JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FileScan {
    /// The version of the file that was read.
    #[serde(flatten)]
    pub(super) version: FileVersion,
    /// Hash of the content.
    pub(super) content: String,
    /// Height in pixels, after the EXIF orientation has been applied.
    pub(super) height: u32,
    /// Width in pixels.
    pub(super) width: u32,
    /// Whether it has no colour channels.
    pub(super) grey: bool,
    /// Whether some pixel is transparent.
    pub(super) transparent: bool,
    /// Hash of the size and the pixels, by which copies are found.
    pub(super) pixels: String,
    /// Why it cannot be decoded, if it cannot.
    pub(super) damage: Option<String>,
}

/// Looks at image files.
pub(super) struct Scanner<'a> {
    pub(super) limits: &'a ImageLimits,
    /// When the look began.
    pub(super) now: SystemTime,
    /// What decoded images are brought to, and where the result is kept, so that they are decoded
    /// once.
    pub(super) fitted: Option<(Conversion<'a>, &'a FittedStore)>,
}

impl Scanner<'_> {
    /// Reads a file, unless it is known to be the one of `previous`; decodes it, unless its content
    /// is that of `previous`. What is no file, such as a pipe or a device, is damaged; it is not
    /// opened.
    ///
    /// # Errors
    /// `Invalid` for a file beyond the limits: it is not left out, so that no result depends on
    /// them.
    pub(super) fn scan(
        &self,
        path: &Path,
        previous: Option<&FileScan>,
    ) -> Result<FileScan, DataError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(missing(path)),
            Err(e) if e.raw_os_error() == Some(LINKS_IN_A_CIRCLE) => {
                return Ok(damaged("is a link in a circle of links"));
            }
            Err(e) => return Err(DataError::io("read", path)(e)),
        };
        if let Some(why) = not_regular(metadata.file_type()) {
            return Ok(damaged(why));
        }
        judge_bytes(path, metadata.len(), self.limits)?;
        // Taken before the content is read: what is written meanwhile has another version.
        let version = FileVersion::of(&metadata, self.now);
        if let Some(previous) = previous
            && previous.version.vouches_for(&metadata)
        {
            judge_pixels(path, previous.height, previous.width, self.limits)?;
            return Ok(previous.clone());
        }
        let file = content(path, metadata.len(), self.limits)?;
        let content = content_hash(&file.bytes);
        if let Some(previous) = previous
            && previous.content == content
        {
            judge_pixels(path, previous.height, previous.width, self.limits)?;
            let known = previous.clone();
            return Ok(FileScan { version, ..known });
        }
        let scan = FileScan {
            content,
            version,
            ..damaged("")
        };
        self.decode(path, &file, scan)
    }

    /// Adds to `scan` what decoding the file's content shows.
    fn decode(
        &self,
        path: &Path,
        file: &FileContent,
        scan: FileScan,
    ) -> Result<FileScan, DataError> {
        let decoded = match decoded(path, file, self.limits)? {
            Ok(decoded) => decoded,
            Err(problem) => {
                let damage = Some(problem);
                return Ok(FileScan { damage, ..scan });
            }
        };
        let image = decoded.image;
        let transparent = is_transparent(&image);
        let scan = FileScan {
            height: image.height(),
            width: image.width(),
            grey: !image.color().has_color(),
            transparent,
            pixels: pixel_hash(&image, transparent),
            damage: None,
            ..scan
        };
        if let Some((conversion, store)) = self.fitted {
            let conversion = conversion.for_image(scan.grey);
            store.keep(&scan.content, &conversion.fit(image))?;
        }
        Ok(scan)
    }
}

/// The scan of a file that a table or a link names and that does not exist.
fn missing(path: &Path) -> FileScan {
    match fs::symlink_metadata(path) {
        Ok(_) => damaged("is a link to a file that is not there"),
        Err(_) => damaged("is not there"),
    }
}

/// The scan of something that is no image.
pub(super) fn damaged(problem: &str) -> FileScan {
    FileScan {
        version: FileVersion::default(),
        content: String::new(),
        height: 0,
        width: 0,
        grey: true,
        transparent: false,
        pixels: String::new(),
        damage: Some(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    fn scan_file(
        path: &Path,
        previous: Option<&FileScan>,
        limits: &ImageLimits,
        now: SystemTime,
    ) -> Result<FileScan, DataError> {
        let fitted = None;
        let scanner = Scanner {
            limits,
            now,
            fitted,
        };
        scanner.scan(path, previous)
    }

    /// A scan that names another content than the file has: where it comes back, nothing was read.
    fn forged(path: &Path, now: SystemTime) -> FileScan {
        let scan = scan_file(path, None, &ImageLimits::default(), now).expect("scans");
        let content = "of another file".to_string();
        FileScan { content, ..scan }
    }

    fn image(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("a.png");
        image::GrayImage::new(3, 2).save(&path).expect("saves");
        path
    }

    #[test]
    fn only_what_has_changed_is_read_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = image(folder.path());
        let later = SystemTime::now() + Duration::from_secs(60);
        let limits = ImageLimits::default();
        let kept = forged(&path, later);
        let again = |now| scan_file(&path, Some(&kept), &limits, now).expect("scans");
        assert_eq!(again(later), kept, "not read");
        // Its time of modification can be set back, but not that of its last change, which a coarse
        // clock gives.
        std::thread::sleep(Duration::from_millis(50));
        let modified = fs::metadata(&path).expect("is there").modified();
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(modified?))
            .expect("sets the time");
        let read = again(later);
        assert_eq!((read.content.len(), read.height), (32, 2), "read");
    }

    #[test]
    fn another_file_in_its_place_is_read_although_its_times_are_the_same() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = image(folder.path());
        let later = SystemTime::now() + Duration::from_secs(60);
        let limits = ImageLimits::default();
        let again = |kept: &FileScan| scan_file(&path, Some(kept), &limits, later).expect("scans");
        let kept = forged(&path, later);
        assert_eq!(again(&kept), kept, "not read");
        for field in ["bytes", "modified", "changed", "inode"] {
            let mut other = serde_json::to_value(&kept).expect("is JSON");
            other[field] = (other[field].as_u64().expect("a number") + 1).into();
            let other = serde_json::from_value(other).expect("a scan");
            assert_eq!(again(&other).content.len(), 32, "another {field}");
        }
    }

    #[test]
    fn two_files_that_change_places_are_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (cat, dog) = (folder.path().join("cat"), folder.path().join("dog"));
        for (class, value) in [(&cat, 0), (&dog, 9)] {
            fs::create_dir(class).expect("makes");
            let pixels = image::GrayImage::from_pixel(3, 2, image::Luma([value]));
            pixels.save(class.join("a.png")).expect("saves");
        }
        let later = SystemTime::now() + Duration::from_secs(60);
        let limits = ImageLimits::default();
        let scan = |class: &Path, previous: Option<&FileScan>| {
            scan_file(&class.join("a.png"), previous, &limits, later).expect("scans")
        };
        let (of_cat, of_dog) = (scan(&cat, None), scan(&dog, None));
        assert_ne!(of_cat.content, of_dog.content);
        // The folders change places, which changes nothing of the files.
        let other = folder.path().join("other");
        for (from, to) in [(&cat, &other), (&dog, &cat), (&other, &dog)] {
            fs::rename(from, to).expect("renames");
        }
        assert_eq!(scan(&cat, Some(&of_cat)), of_dog);
        assert_eq!(scan(&dog, Some(&of_dog)), of_cat);
    }

    #[test]
    fn a_file_that_has_just_changed_is_read_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Before the file is written, however long that takes.
        let now = SystemTime::now();
        let path = image(folder.path());
        let kept = forged(&path, now);
        let later = now + Duration::from_secs(60);
        let again = scan_file(&path, Some(&kept), &ImageLimits::default(), later);
        assert_ne!(again.expect("scans").content, kept.content);
    }

    #[test]
    fn the_content_decides_whether_a_file_is_decoded_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = image(folder.path());
        let (now, limits) = (SystemTime::now(), ImageLimits::default());
        let mut kept = scan_file(&path, None, &limits, now).expect("scans");
        kept.damage = Some("kept".into());
        kept.version.bytes += 1;
        let again = scan_file(&path, Some(&kept), &limits, now).expect("scans");
        assert_eq!((again.damage, again.content), (kept.damage, kept.content));
        assert_eq!(
            again.version,
            FileVersion::of(&fs::metadata(&path).unwrap(), now)
        );
    }
}
