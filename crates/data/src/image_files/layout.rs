//! Which folders of a set hold what: folders of classes, or folders of training, validation and
//! test images that hold those.

use super::part_folder::{PartFolder, holds_classes, innermost, is_image, is_plain_folder};
use super::part_names::{may_validate_or_test, usual_part};
use super::unclear_parts::refuse_unclear_parts;
use super::walk::{Entry, entries, holds};
use crate::DataError;
use convsweep_spec::data::{PartNames, SetPart};
use convsweep_spec::words::listed;
use std::path::{Path, PathBuf};

/// How a set's folder is read.
pub(super) struct SetLayout {
    /// The folders that hold folders of classes, in the order of their parts.
    pub(super) parts: Vec<PartFolder>,
    /// Folders with images that have no labels.
    pub(super) unlabelled: Vec<Entry>,
    /// Everything else in the set's folder.
    pub(super) others: Vec<Entry>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// The layout that the file names.
pub(super) fn named(root: &Path, names: &PartNames) -> Result<SetLayout, DataError> {
    let mut parts = Vec::new();
    for part in SetPart::ALL {
        for name in names.of(part) {
            let trimmed = name.trim_end_matches('/');
            let name = if trimmed == "." { "" } else { trimmed };
            let path = root.join(name);
            if !path.is_dir() {
                return Err(DataError::Missing(format!(
                    "{}: there is no such folder (data.source.{})",
                    path.display(),
                    part.name()
                )));
            }
            let name = name.to_string();
            parts.push(PartFolder { name, path, part });
        }
    }
    refuse_repeated(&parts)?;
    let is_named = |entry: &Entry| {
        let holds = |p: &PartFolder| p.name == entry.name || p.path.starts_with(&entry.path);
        parts.iter().any(holds)
    };
    let mut others = entries(root)?;
    others.retain(|entry| !is_named(entry));
    if parts.iter().any(|part| part.name.is_empty()) {
        others.clear();
    }
    Ok(SetLayout {
        parts,
        unlabelled: Vec::new(),
        others,
        notes: Vec::new(),
    })
}

/// Refuses a folder that is named twice, under whatever names.
fn refuse_repeated(parts: &[PartFolder]) -> Result<(), DataError> {
    let mut known: Vec<(PathBuf, &PartFolder)> = Vec::new();
    for part in parts {
        let real = std::fs::canonicalize(&part.path);
        let real = real.map_err(DataError::io("read folder", &part.path))?;
        if let Some((_, earlier)) = known.iter().find(|(path, _)| *path == real) {
            return Err(DataError::Invalid(format!(
                "{}: the folder is named twice, as {} and as {} images",
                part.path.display(),
                earlier.part.name(),
                part.part.name()
            )));
        }
        known.push((real, part));
    }
    Ok(())
}

/// The layout by the usual names of folders.
///
/// # Errors
/// `Invalid` if the folder can be read in two ways, with both and the key that decides.
pub(super) fn recognised(root: &Path) -> Result<SetLayout, DataError> {
    let found = entries(root)?;
    let folders: Vec<&Entry> = found.iter().filter(|e| is_plain_folder(e)).collect();
    let looks: Vec<FolderLook> = folders.iter().map(|f| look(f)).collect::<Result<_, _>>()?;
    let with_classes = |look: &&FolderLook| look.part.is_some() && look.has_classes;
    let split: Vec<&FolderLook> = looks.iter().filter(with_classes).collect();
    if split.is_empty() {
        refuse_unlabelled_parts(root, &looks)?;
        refuse_hidden_parts(root, &folders)?;
        return Ok(folder_of_classes(root));
    }
    refuse_two_readings(root, &looks, &split)?;
    let mut parts = Vec::new();
    for part in SetPart::ALL {
        let of_part = split.iter().filter(|look| look.part == Some(part));
        for look in of_part {
            let (name, path) = innermost(&look.name, &look.path)?;
            parts.push(PartFolder { name, path, part });
        }
    }
    refuse_repeated(&parts)?;
    refuse_unusable_validation(root, &looks)?;
    let other = |look: &&FolderLook| look.part.is_none();
    let others: Vec<&str> = looks
        .iter()
        .filter(other)
        .map(|l| l.name.as_str())
        .collect();
    refuse_unclear_parts(root, &others, &parts)?;
    let is_part = |entry: &Entry| split.iter().any(|look| look.name == entry.name);
    let is_unlabelled = |entry: &Entry| {
        let mut same = looks.iter().filter(|look| look.name == entry.name);
        same.any(FolderLook::may_lack_labels)
    };
    let rest = found.into_iter().filter(|entry| !is_part(entry));
    let (unlabelled, others) = rest.partition(is_unlabelled);
    let is_empty =
        |look: &&FolderLook| look.part.is_some() && !look.has_classes && !look.has_images;
    let empty = looks.iter().filter(is_empty);
    Ok(SetLayout {
        parts,
        unlabelled,
        others,
        notes: empty
            .map(|look| format!("{}/ holds no images", look.name))
            .collect(),
    })
}

/// Refuses folders that look like parts of a set although their names say nothing, as in `fold1/cat`
/// and `fold2/cat`, and folders of classes that are divided themselves, as in `cat/train`.
fn refuse_hidden_parts(root: &Path, folders: &[&Entry]) -> Result<(), DataError> {
    let mut inner: Vec<Vec<String>> = Vec::new();
    for folder in folders {
        if holds(&folder.path, is_image)? {
            return Ok(());
        }
        let names = entries(&folder.path)?.into_iter().filter(is_plain_folder);
        inner.push(names.map(|entry| entry.name).collect());
    }
    inner.retain(|names| names.len() > 1);
    let Some(names) = inner.first().filter(|names| inner[1..].contains(names)) else {
        return Ok(());
    };
    let (root, shown) = (root.display(), listed(&names[..names.len().min(3)]));
    Err(DataError::Invalid(
        match names.iter().all(|name| usual_part(name).is_some()) {
            true => format!(
                "{root} has folders that each hold {shown}: the classes are divided themselves. Put \
             the parts outside, as in train/cat and test/cat, list the images in a table with a \
             split_column, or, if all of a class's images belong together, say so: source = \
             {{ name = \"folder\", train = \".\" }}"
            ),
            false => format!(
                "{root} can be read in two ways: its folders are parts that each hold the classes \
             {shown} (source = {{ name = \"folder\", train = \"…\", validation = \"…\", test = \
             \"…\" }}), or they are the classes themselves (train = \".\")"
            ),
        },
    ))
}

/// The set's folder holds the folders of the classes.
fn folder_of_classes(root: &Path) -> SetLayout {
    SetLayout {
        parts: vec![PartFolder {
            name: String::new(),
            path: root.to_owned(),
            part: SetPart::Training,
        }],
        unlabelled: Vec::new(),
        others: Vec::new(),
        notes: Vec::new(),
    }
}

/// What a folder looks like from outside.
struct FolderLook {
    name: String,
    path: PathBuf,
    /// What its name says.
    part: Option<SetPart>,
    /// Whether its name is that of a part and folders in it hold images.
    has_classes: bool,
    /// Whether it holds images itself.
    has_images: bool,
}

impl FolderLook {
    /// Whether it is a part of the set that may lack folders of classes.
    fn may_lack_labels(&self) -> bool {
        self.part.is_some() || self.has_images && may_validate_or_test(&self.name)
    }
}

/// Looks into a folder no further than needed: that of a class may hold very many images.
fn look(folder: &Entry) -> Result<FolderLook, DataError> {
    let part = usual_part(&folder.name);
    Ok(FolderLook {
        name: folder.name.clone(),
        path: folder.path.clone(),
        part,
        has_classes: part.is_some() && holds_classes(&folder.path)?,
        has_images: holds(&folder.path, is_image)?,
    })
}

/// Refuses folders such as `train` and `test` that hold images without folders of classes, if there
/// are no other folders: they are no classes.
fn refuse_unlabelled_parts(root: &Path, looks: &[FolderLook]) -> Result<(), DataError> {
    let with_images: Vec<&FolderLook> = looks.iter().filter(|l| l.has_images).collect();
    if with_images.is_empty() || !with_images.iter().all(|look| look.part.is_some()) {
        return Ok(());
    }
    let (root, names) = (root.display(), names(with_images.into_iter()));
    Err(DataError::Invalid(format!(
        "{root} holds {names} with images and without folders of classes. Are these parts of the \
         set, then the labels are missing: put the images of each class into a folder of its own, \
         or list them in a table (source = {{ name = \"csv\", … }}). Are these the classes, say \
         so: source = {{ name = \"folder\", train = \".\" }}"
    )))
}

/// Refuses a folder for validation without images in folders of classes: others would validate.
fn refuse_unusable_validation(root: &Path, looks: &[FolderLook]) -> Result<(), DataError> {
    let is_unusable = |l: &&FolderLook| l.part == Some(SetPart::Validation) && !l.has_classes;
    let Some(unusable) = looks.iter().find(is_unusable) else {
        return Ok(());
    };
    Err(DataError::Invalid(format!(
        "{}: the folder for validation has no images in folders of classes. Fill or remove it, or \
         name the folders that are to be read: source = {{ name = \"folder\", train = \"…\" }}",
        root.join(&unusable.name).display()
    )))
}

/// Refuses a folder whose folders may be parts or classes, or of which two hold the same part.
fn refuse_two_readings(
    root: &Path,
    looks: &[FolderLook],
    split: &[&FolderLook],
) -> Result<(), DataError> {
    let root = root.display();
    let example = |look: &FolderLook| {
        let part = look.part.map_or("train", SetPart::name);
        format!("{part} = \"{}\"", look.name)
    };
    for part in SetPart::ALL {
        let same: Vec<&FolderLook> = split
            .iter()
            .filter(|l| l.part == Some(part))
            .copied()
            .collect();
        if same.len() > 1 {
            let (found, first) = (names(same.iter().copied()), example(same[0]));
            return Err(DataError::Invalid(format!(
                "{root} has {found}, and each could hold the {} images: say which, as in source = \
                 {{ name = \"folder\", {first} }}; several are listed in brackets",
                part.name()
            )));
        }
    }
    let has = |part| split.iter().any(|look| look.part == Some(part));
    if !has(SetPart::Training) {
        let found = names(split.iter().copied());
        return Err(DataError::Invalid(format!(
            "{root} has {found} with folders of classes, and none for training. Say which folder \
             is which: source = {{ name = \"folder\", train = \"…\", {} }}; or, if all folders \
             are classes, train = \".\"",
            example(split[0])
        )));
    }
    if split.len() == 1 && looks.iter().filter(|l| l.part.is_some()).count() == 1 {
        let mut like_classes: Vec<&FolderLook> = Vec::new();
        for look in looks.iter().filter(|l| l.part.is_none() && l.has_images) {
            if !holds_classes(&look.path)? {
                like_classes.push(look);
            }
        }
        if like_classes.is_empty() {
            return Ok(());
        }
        let (train, others) = (&split[0].name, names(like_classes.into_iter()));
        return Err(DataError::Invalid(format!(
            "{root} can be read in two ways: {train}/ holds the folders of the classes, and {others} do \
             not belong to the set (source = {{ name = \"folder\", train = \"{train}\" }}); or all \
             of them are classes (train = \".\")"
        )));
    }
    Ok(())
}

/// Names of folders, as in "a/ and b/".
fn names<'a>(looks: impl Iterator<Item = &'a FolderLook>) -> String {
    listed(
        &looks
            .map(|look| format!("{}/", look.name))
            .collect::<Vec<_>>(),
    )
}
