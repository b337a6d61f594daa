//! Walks through folders: every file is either an image or counted with the reason why not.

use super::file_kind::{NameKind, holds_image, is_junk, kind_of_name};
use super::pseudo_files::leads_to_pseudo_files;
use crate::DataError;
use convsweep_files::not_regular;
use convsweep_spec::data::LeftOut;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many folders may lead to an image below the folder of its class.
const MAX_DEPTH: usize = 8;

/// A file that results folders have.
const DATABASE: &str = "convsweep.sqlite";

/// Why a file is left out, in words that follow a number of files.
pub(super) mod reason {
    pub const JUNK: &str = "hidden, or made by the operating system or a tool";
    pub const OTHER_PICTURE: &str = "of a format that is not read";
    pub const NO_IMAGE: &str = "no image";
    pub const NO_CLASS: &str = "not in the folder of a class";
    pub const TOO_DEEP: &str = "more than eight folders below the folder of its class";
    pub const NO_PART: &str = "in no folder of training, validation or test images";
    pub const NO_LABEL: &str = "without a label, since the folder has no folders of classes";
    pub const LINK: &str = "a link to what is read under another name";
    pub const NO_FILE: &str = "no file but a pipe, socket or device";
    pub const PSEUDO: &str = "a link to what the system makes up, such as /proc";
    pub const DAMAGED: &str = "not decodable";
    pub const UNREADABLE: &str = "not there, or not readable";
    pub const NO_TRAINING: &str = "of a class that the training images lack";
    pub const ROW_WITHOUT_LABEL: &str = "test images without a label in the table";
    pub const COPY: &str = "test images that are copies of others";
}

/// Something in a folder.
pub(super) struct Entry {
    /// Its name; bytes that are no UTF-8 are written as `\xE9`.
    pub(super) name: String,
    /// Its path, to open it.
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
    pub(super) is_link: bool,
}

impl Entry {
    /// Whether it is hidden, left behind by a system or tool, or a results folder of this program.
    pub(super) fn is_junk(&self) -> bool {
        is_junk(&self.name) || self.is_folder && self.path.join(DATABASE).exists()
    }

    /// Why it is not looked into, whatever its content: junk, and links out of the world of files.
    pub(super) fn why_not_looked_into(&self) -> Option<&'static str> {
        match self.is_junk() {
            true => Some(reason::JUNK),
            false => (self.is_link && leads_to_pseudo_files(&self.path)).then_some(reason::PSEUDO),
        }
    }

    /// Counts it as left out under a name, without a look into it.
    pub(super) fn leave_out(&self, left_out: &mut Vec<LeftOut>, reason: &str, name: &str) {
        match self.is_folder {
            true => LeftOut::add_folder(left_out, reason, name),
            false => LeftOut::add(left_out, reason, name),
        }
    }
}

/// An image file that was found.
pub(super) struct FoundImage {
    /// Its name relative to the set's folder.
    pub(super) name: String,
    /// Its path, to open it.
    pub(super) path: PathBuf,
    /// Whether its name or that of a folder above it is a link.
    is_link: bool,
}

/// Device and inode, which tell files and folders apart whatever links lead to them.
type FileIdentity = (u64, u64);

/// What was found on walks through folders of one set.
#[derive(Default)]
pub(super) struct FolderWalk {
    pub(super) left_out: Vec<LeftOut>,
    /// Folders that have been entered, or that are not to be entered through a link.
    known: HashSet<FileIdentity>,
    /// Whether the folders walked through have links, so that a file may be met twice.
    has_links: bool,
    /// Why folders below those of a set cannot be read, if that ends no walk.
    pub(super) unreadable: Option<Vec<DataError>>,
}

impl FolderWalk {
    /// Keeps links from leading into a folder, which is read or not read under this name. The
    /// answer is whether it was not known yet; a repeated one counts as left out.
    pub(super) fn reserve(&mut self, folder: &Path, name: &str) -> Result<bool, DataError> {
        let metadata = fs::metadata(folder).map_err(DataError::io("read folder", folder))?;
        let is_new = self.known.insert((metadata.dev(), metadata.ino()));
        if !is_new {
            LeftOut::add_folder(&mut self.left_out, reason::LINK, &format!("{name}/"));
        }
        Ok(is_new)
    }

    /// Whether a folder has been reserved or entered, under whatever name.
    pub(super) fn is_known(&self, folder: &Path) -> Result<bool, DataError> {
        let metadata = fs::metadata(folder).map_err(DataError::io("read folder", folder))?;
        Ok(self.known.contains(&(metadata.dev(), metadata.ino())))
    }

    /// All images in a reserved folder and below it.
    pub(super) fn images(
        &mut self,
        folder: &Path,
        name: &str,
    ) -> Result<Vec<FoundImage>, DataError> {
        let mut found = Vec::new();
        self.enter(folder, name, (0, false), &mut found)?;
        Ok(found)
    }

    fn enter(
        &mut self,
        folder: &Path,
        name: &str,
        (depth, below_link): (usize, bool),
        found: &mut Vec<FoundImage>,
    ) -> Result<(), DataError> {
        // Folders behind links come last: a folder is read under its own name if it has one.
        let mut entries = entries(folder)?;
        entries.sort_by_key(|entry| entry.is_link && entry.is_folder);
        for entry in entries {
            let name = format!("{name}/{}", entry.name);
            self.has_links |= entry.is_link;
            let is_link = below_link || entry.is_link;
            if !entry.is_folder {
                if let Some(reason) = why_not_image(&entry) {
                    LeftOut::add(&mut self.left_out, reason, &name);
                    continue;
                }
                let path = entry.path;
                found.push(FoundImage {
                    name,
                    path,
                    is_link,
                });
            } else if let Some(why) = entry.why_not_looked_into() {
                LeftOut::add_folder(&mut self.left_out, why, &format!("{name}/"));
            } else if depth >= MAX_DEPTH {
                LeftOut::add_folder(&mut self.left_out, reason::TOO_DEEP, &format!("{name}/"));
            } else {
                let entered = self.enter_below(&entry, &name, (depth + 1, is_link), found);
                match (entered, &mut self.unreadable) {
                    (Err(error), Some(unreadable)) => unreadable.push(error),
                    (entered, _) => entered?,
                }
            }
        }
        Ok(())
    }

    /// Enters a folder below, unless it is known.
    fn enter_below(
        &mut self,
        entry: &Entry,
        name: &str,
        at: (usize, bool),
        found: &mut Vec<FoundImage>,
    ) -> Result<(), DataError> {
        match self.reserve(&entry.path, name)? {
            true => self.enter(&entry.path, name, at, found),
            false => Ok(()),
        }
    }

    /// Counts everything in a folder and below it as left out for one reason, without entering
    /// links. A folder that cannot be read is left out as a whole.
    pub(super) fn leave_out(&mut self, folder: &Path, name: &str, why: &str) {
        let Ok(entries) = entries(folder) else {
            LeftOut::add_folder(&mut self.left_out, reason::UNREADABLE, &format!("{name}/"));
            return;
        };
        for entry in entries {
            let name = format!("{name}/{}", entry.name);
            if entry.is_junk() {
                entry.leave_out(&mut self.left_out, reason::JUNK, &name);
            } else if entry.is_folder && !entry.is_link {
                self.leave_out(&entry.path, &name, why);
            } else {
                self.leave_out_entry(&entry, &name, why);
            }
        }
    }

    /// Counts a file that is not where images belong: for this reason, if it is an image.
    pub(super) fn leave_out_entry(&mut self, entry: &Entry, name: &str, why: &str) {
        let other = match entry.is_folder {
            true => None,
            false => why_not_image(entry),
        };
        entry.leave_out(&mut self.left_out, other.unwrap_or(why), name);
    }

    /// Of several links to one file, or a file and links to it, one is kept: the file itself if it
    /// is among them.
    pub(super) fn without_repeated_links(
        &mut self,
        mut found: Vec<(FoundImage, u16, usize)>,
    ) -> Vec<(FoundImage, u16, usize)> {
        if !self.has_links {
            return found;
        }
        found.sort_by_key(|(file, ..)| file.is_link);
        let mut met: HashSet<FileIdentity> = HashSet::new();
        let left_out = &mut self.left_out;
        found.retain(|(file, ..)| {
            let Ok(metadata) = fs::metadata(&file.path) else {
                return true;
            };
            let is_new = met.insert((metadata.dev(), metadata.ino()));
            if !is_new && file.is_link {
                LeftOut::add(left_out, reason::LINK, &file.name);
            }
            is_new || !file.is_link
        });
        found
    }
}

/// Why a file is no image that is read; `None` if it may be one.
fn why_not_image(entry: &Entry) -> Option<&'static str> {
    let otherwise = match kind_of_name(&entry.name) {
        NameKind::Junk => return Some(reason::JUNK),
        NameKind::Image => return None,
        NameKind::OtherPicture => reason::OTHER_PICTURE,
        NameKind::Unknown => reason::NO_IMAGE,
    };
    if let Some(why) = entry.why_not_looked_into() {
        return Some(why);
    }
    let Ok(metadata) = fs::metadata(&entry.path) else {
        return Some(reason::NO_IMAGE);
    };
    if not_regular(metadata.file_type()).is_some() {
        return Some(reason::NO_FILE);
    }
    (!holds_image(&entry.path)).then_some(otherwise)
}

/// Whether something is in this place.
///
/// # Errors
/// Where the system does not let the program look.
pub(super) fn is_there(path: &Path) -> Result<bool, DataError> {
    convsweep_files::exists(path).map_err(DataError::io("look at", path))
}

/// What is in a folder, sorted by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let found: Result<Vec<Entry>, DataError> = unsorted(folder)?.collect();
    let mut found = found?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether something in a folder is of a kind. It is read up to the first that is.
pub(super) fn holds(folder: &Path, kind: impl Fn(&Entry) -> bool) -> Result<bool, DataError> {
    for entry in unsorted(folder)? {
        if kind(&entry?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unsorted(folder: &Path) -> Result<impl Iterator<Item = Result<Entry, DataError>>, DataError> {
    let found = fs::read_dir(folder).map_err(DataError::io("read folder", folder))?;
    Ok(found.map(move |entry| {
        let entry = entry.map_err(DataError::io("read folder", folder))?;
        let file_type = entry.file_type();
        let file_type = file_type.map_err(DataError::io("read folder", folder))?;
        let path = entry.path();
        let is_folder = file_type.is_dir() || file_type.is_symlink() && path.is_dir();
        Ok(Entry {
            name: shown(&entry.file_name()),
            path,
            is_folder,
            is_link: file_type.is_symlink(),
        })
    }))
}

/// A name as text; bytes that are no UTF-8 are written as `\xE9`.
pub(super) fn shown(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}
