//! Lists the images of a folder, in which each class has a folder of its own.
//!
//! The folders of the classes are in the set's folder itself, or in folders of training, validation
//! and test images, which have the usual names or those that the file gives.

use super::layout::{PartFolder, SetLayout, named, recognised};
use super::listing::{FileListing, ListedFile, judge_classes, numbered};
use super::similar_names::{look_alike, similar_names};
use super::walk::{Entry, FolderWalk, FoundImage, entries, reason};
use crate::DataError;
use convsweep_spec::data::{LeftOut, PartNames, ReadPlace, SetPart};
use convsweep_spec::words::counted;
use std::collections::HashMap;
use std::path::Path;

/// Lists all images of a folder, and counts what is none.
///
/// # Errors
/// `Missing` if there is no such folder or it has no classes, `Invalid` if it can be read in two
/// ways or a class has no images.
pub(super) fn list(root: &Path, names: &PartNames) -> Result<FileListing, DataError> {
    if !root.is_dir() {
        return Err(DataError::Missing(format!(
            "{}: there is no such folder (data.path)",
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
    let number_of = numbered(&mut classes);
    reader.read(&folders, &number_of)?;
    reader.leave_out(&layout)?;
    let mut listing = reader.listing(classes, &layout);
    listing.notes = [layout.notes, similar_names(&listing.classes)?].concat();
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
                } else if entry.is_junk() {
                    LeftOut::add(&mut self.walk.left_out, reason::JUNK, &name);
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
            let Some(class) = number_of.get(&folder.class) else {
                return Err(other_class(folder, number_of));
            };
            for found in self.walk.images(&folder.folder.path, &name)? {
                self.files.push((found, *class, folder.place));
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
                if entry.is_junk() {
                    LeftOut::add(&mut self.walk.left_out, reason::JUNK, &entry.name);
                } else if entry.is_folder {
                    // It may lead to a part, through a link or a name of several folders.
                    if self.walk.is_known(&entry.path)? {
                        continue;
                    }
                    self.walk.leave_out(&entry.path, &entry.name, why)?;
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
        let inner_path = inner.map_or(root, |inner| &inner.folder.path);
        let has_folders = entries(inner_path)?.iter().any(|e| e.is_folder);
        let hint = match has_folders {
            true => format!("; should data.path be {}?", inner_path.display()),
            false => String::new(),
        };
        return Err(DataError::Missing(format!(
            "{} holds 1 folder of classes, {only}/, at least 2 expected (one folder of images for \
             each class){hint}",
            root.display()
        )));
    }
    if classes.is_empty() {
        return Err(DataError::Missing(format!(
            "{} holds 0 folders of classes, at least 2 expected (one folder of images for each \
             class; labels that are in a table are read with source = {{ name = \"csv\", … }})",
            root.display()
        )));
    }
    judge_classes(classes.len(), || {
        let count = counted(classes.len() as u64, "folder");
        format!("{} holds {count} of classes", root.display())
    })?;
    Ok(classes)
}

/// The error of a class that has no training images.
fn other_class(folder: &ClassFolder, number_of: &HashMap<String, u16>) -> DataError {
    let alike = number_of
        .keys()
        .find(|class| look_alike(class, &folder.class));
    let hint = match alike {
        Some(class) => format!(
            "; it has \"{class}\", which differs only in letter case, spaces or how Unicode \
             composes the letters: rename one"
        ),
        None => "; rename it, or remove it".to_string(),
    };
    DataError::Invalid(format!(
        "{}: train has no class of this name{hint}",
        folder.folder.path.display()
    ))
}
