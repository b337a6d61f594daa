//! Lists the images of a folder, in which each class has a folder of its own.
//!
//! The folders of the classes are in the set's folder itself, or in folders of training, validation
//! and test images, which have the usual names or those that the file gives.

use super::layout::{SetLayout, named, recognised};
use super::listing::{FileListing, ListedFile, judge_classes, numbered};
use super::part_folder::{PartFolder, is_image, is_plain_folder};
use super::similar_names::similar_names;
use super::walk::{Entry, FolderWalk, FoundImage, entries, is_there, reason};
use crate::DataError;
use convsweep_spec::data::{PartNames, ReadPlace, SetPart};
use convsweep_spec::words::counted;
use std::collections::HashMap;
use std::path::Path;

/// Endings of archives that people take for folders.
const ARCHIVES: [&str; 7] = [".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2"];

/// Lists all images of a folder, and counts what is none.
///
/// # Errors
/// `Missing` if there is no such folder or it has no classes, `Invalid` if it can be read in two
/// ways or a class has no images.
pub(super) fn list(root: &Path, names: &PartNames) -> Result<FileListing, DataError> {
    if !is_there(root)? {
        return Err(DataError::Missing(format!(
            "{}: there is no such folder (data.path)",
            root.display()
        )));
    }
    if !root.is_dir() {
        return Err(DataError::Missing(format!(
            "{} is a file, and data.path of a folder of images names a folder (a table is read with \
             source = {{ name = \"csv\", … }})",
            root.display()
        )));
    }
    let layout = match names.is_empty() {
        true => recognised(root)?,
        false => named(root, names)?,
    };
    let mut reader = FolderReader {
        root,
        walk: FolderWalk::default(),
        files: Vec::new(),
    };
    reader.walk.reserve(root, ".")?;
    let folders = reader.class_folders(&layout)?;
    let mut classes = training_classes(root, &folders)?;
    let notes = similar_names(&classes)?;
    classes.extend(folders.iter().map(|folder| folder.class.clone()));
    classes.sort_unstable();
    classes.dedup();
    judge_classes(classes.len(), || {
        let count = counted(classes.len() as u64, "folder");
        format!("{} holds {count} of classes", root.display())
    })?;
    let number_of = numbered(&mut classes);
    reader.read(&folders, &number_of)?;
    reader.leave_out(&layout)?;
    let mut listing = reader.listing(classes, &layout);
    listing.notes = [layout.notes, notes].concat();
    Ok(listing)
}

/// The folder of a class in one of the parts.
struct ClassFolder<'a> {
    class: String,
    part: &'a PartFolder,
    /// Index of the part.
    place: usize,
    folder: Entry,
}

/// Reads the folders of one set.
struct FolderReader<'a> {
    root: &'a Path,
    walk: FolderWalk,
    files: Vec<(FoundImage, u16, usize)>,
}

impl FolderReader<'_> {
    /// The folders of classes in all parts. Files beside them are counted as left out.
    fn class_folders<'l>(
        &mut self,
        layout: &'l SetLayout,
    ) -> Result<Vec<ClassFolder<'l>>, DataError> {
        for part in layout.parts.iter().filter(|part| !part.name.is_empty()) {
            self.walk.reserve(&part.path, &part.name)?;
        }
        let mut folders = Vec::new();
        for (place, part) in layout.parts.iter().enumerate() {
            // A folder is read under its own name, if a link leads to it as well.
            let mut entries = entries(&part.path)?;
            entries.sort_by_key(|entry| entry.is_link);
            for entry in entries {
                let name = below(&part.name, &entry.name);
                let is_part = |other: &PartFolder| other.path == entry.path;
                if layout.parts.iter().any(is_part) {
                    continue;
                } else if let Some(why) = entry.why_not_looked_into().filter(|_| entry.is_folder) {
                    entry.leave_out(&mut self.walk.left_out, why, &name);
                } else if !entry.is_folder {
                    self.walk.leave_out_entry(&entry, &name, reason::NO_CLASS);
                } else if self.walk.reserve(&entry.path, &name)? {
                    folders.push(ClassFolder {
                        class: entry.name.clone(),
                        part,
                        place,
                        folder: entry,
                    });
                }
            }
        }
        Ok(folders)
    }

    fn read(
        &mut self,
        folders: &[ClassFolder],
        number_of: &HashMap<String, u16>,
    ) -> Result<(), DataError> {
        for folder in folders {
            let name = below(&folder.part.name, &folder.class);
            let class = number_of.get(&folder.class).copied().unwrap_or_default();
            for found in self.walk.images(&folder.folder.path, &name)? {
                self.files.push((found, class, folder.place));
            }
        }
        Ok(())
    }

    /// Counts what is in no part.
    fn leave_out(&mut self, layout: &SetLayout) -> Result<(), DataError> {
        for (entries, why) in [
            (&layout.unlabelled, reason::NO_LABEL),
            (&layout.others, reason::NO_PART),
        ] {
            for entry in entries {
                if let Some(why) = entry.why_not_looked_into().filter(|_| entry.is_folder) {
                    entry.leave_out(&mut self.walk.left_out, why, &entry.name);
                } else if entry.is_folder {
                    // It may lead to a part, through a link or a name of several folders.
                    if self.walk.is_known(&entry.path)? {
                        continue;
                    }
                    self.walk.leave_out(&entry.path, &entry.name, why);
                } else {
                    self.walk.leave_out_entry(entry, &entry.name, why);
                }
            }
        }
        Ok(())
    }

    fn listing(mut self, classes: Vec<String>, layout: &SetLayout) -> FileListing {
        let found = self.walk.without_repeated_links(self.files);
        let mut files = Vec::with_capacity(found.len());
        for (found, class, place) in found {
            let below_root = found.path.strip_prefix(self.root).unwrap_or(&found.path);
            let is_as_named = below_root.as_os_str() == found.name.as_str();
            let file = (!is_as_named).then(|| below_root.to_owned());
            files.push(ListedFile {
                path: found.name,
                file,
                class,
                part: layout.parts[place].part,
                place,
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let places = layout.parts.iter().map(|folder| ReadPlace {
            name: format!(
                "{}/",
                if folder.name.is_empty() {
                    "."
                } else {
                    &folder.name
                }
            ),
            part: folder.part,
            images: 0,
        });
        let places = places.collect();
        FileListing {
            root: self.root.to_owned(),
            classes,
            files,
            places,
            left_out: self.walk.left_out,
            notes: Vec::new(),
        }
    }
}

/// A name in a folder, relative to the set's folder.
fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_string(),
        folder => format!("{folder}/{name}"),
    }
}

/// The classes, which are those of the training images.
fn training_classes(root: &Path, folders: &[ClassFolder]) -> Result<Vec<String>, DataError> {
    let training = folders.iter().filter(|f| f.part.part == SetPart::Training);
    let mut classes: Vec<String> = training.map(|folder| folder.class.clone()).collect();
    classes.sort_unstable();
    classes.dedup();
    if let [only] = classes.as_slice() {
        let inner = folders.iter().find(|folder| folder.class == *only);
        let inner = inner.map_or(root, |inner| &inner.folder.path);
        return Err(DataError::Missing(format!(
            "{} holds 1 folder of classes, {only}/, at least 2 expected (one folder of images for \
             each class){}",
            root.display(),
            folder_below(inner)?
        )));
    }
    if classes.is_empty() {
        return Err(DataError::Missing(format!(
            "{} holds 0 folders of classes, at least 2 expected (one folder of images for each \
             class; labels that are in a table are read with source = {{ name = \"csv\", … }}){}",
            root.display(),
            loose_files(root)?
        )));
    }
    judge_classes(classes.len(), || {
        let count = counted(classes.len() as u64, "folder");
        format!("{} holds {count} of classes", root.display())
    })?;
    Ok(classes)
}

/// The folder below `folder` that data.path may mean, as the end of a message: the first one that
/// holds more than a single folder.
fn folder_below(folder: &Path) -> Result<String, DataError> {
    let mut folders = Vec::new();
    for entry in entries(folder)? {
        if is_plain_folder(&entry) {
            folders.push(entry);
        }
    }
    match folders.as_slice() {
        [] => Ok(String::new()),
        [only] if !only.is_link => match folder_below(&only.path)?.as_str() {
            "" => Ok(format!("; should data.path be {}?", folder.display())),
            deeper => Ok(deeper.to_string()),
        },
        _ => Ok(format!("; should data.path be {}?", folder.display())),
    }
}

/// What a folder without folders of classes holds instead, as the end of a message.
fn loose_files(root: &Path) -> Result<String, DataError> {
    let (mut images, mut archives) = (0, Vec::new());
    for entry in entries(root)? {
        images += u64::from(is_image(&entry));
        let name = entry.name.to_lowercase();
        if !entry.is_folder && ARCHIVES.iter().any(|ending| name.ends_with(ending)) {
            archives.push(entry.name);
        }
    }
    let mut hints = String::new();
    if images > 0 {
        let images = counted(images, "image");
        hints += &format!(
            "; it holds {images} itself: put those of each class into a folder of its own, or list \
             them with their labels in a table"
        );
    }
    if let Some(first) = archives.first() {
        hints += &format!("; archives such as {first} are not read: unpack them");
    }
    Ok(hints)
}
