//! Which folders of a set hold what: folders of classes, or folders of training, validation and
//! test images that hold those.

use super::file_kind::{NameKind, kind_of_name};
use super::walk::{Entry, entries, holds};
use crate::DataError;
use convsweep_spec::data::{PartNames, SetPart};
use convsweep_spec::words::listed;
use std::path::{Path, PathBuf};

/// The usual names of each part's folder, in lower case and without separators.
const USUAL: [(SetPart, &[&str]); 3] = [
    (SetPart::Training, &["train", "training", "trn"]),
    (
        SetPart::Validation,
        &["val", "valid", "validate", "validation", "vld", "dev"],
    ),
    (SetPart::Test, &["test", "testing", "tst"]),
];
/// What may follow such a name.
const ENDINGS: [&str; 6] = ["", "set", "data", "images", "imgs", "split"];

/// A folder that holds folders of classes.
pub(super) struct PartFolder {
    /// Name relative to the set's folder; empty for the set's folder itself.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) part: SetPart,
}

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

/// What a name says about the images of a folder, or about those with this value in a table.
pub(super) fn usual_part(name: &str) -> Option<SetPart> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    // As a whole, such as "Training Set"; else by the first or the last word: "seg_train".
    part_of_word(&words.concat())
        .or_else(|| part_of_word(words.first()?))
        .or_else(|| part_of_word(words.last()?))
}

/// The part that a word of lower-case letters means.
fn part_of_word(word: &str) -> Option<SetPart> {
    for (part, names) in USUAL {
        let is_usual = |name: &&str| {
            let rest = word.strip_prefix(*name);
            rest.is_some_and(|rest| ENDINGS.contains(&rest))
        };
        if names.iter().any(is_usual) {
            return Some(part);
        }
    }
    None
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
    let is_part = |entry: &Entry| split.iter().any(|look| look.name == entry.name);
    let is_unlabelled = |entry: &Entry| {
        let same = |look: &&FolderLook| look.name == entry.name && look.part.is_some();
        looks.iter().any(|look| same(&look))
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

/// The folder that holds the folders of the classes: a folder whose only content is a folder of
/// folders is passed through, as in `train/train/cat`.
fn innermost(name: &str, path: &Path) -> Result<(String, PathBuf), DataError> {
    let inside = entries(path)?;
    let folders: Vec<&Entry> = inside.iter().filter(|e| is_plain_folder(e)).collect();
    if let [only] = folders.as_slice() {
        let below = entries(&only.path)?;
        let holds_folders = below.iter().any(is_plain_folder);
        let holds_images = below.iter().any(is_image);
        if holds_folders && !holds_images {
            return innermost(&format!("{name}/{}", only.name), &only.path);
        }
    }
    Ok((name.to_string(), path.to_owned()))
}

fn is_plain_folder(entry: &Entry) -> bool {
    entry.is_folder && !entry.is_junk()
}

fn is_image(entry: &Entry) -> bool {
    !entry.is_folder && kind_of_name(&entry.name) == NameKind::Image
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

/// Whether folders in a folder hold images.
fn holds_classes(folder: &Path) -> Result<bool, DataError> {
    for entry in entries(folder)?.iter().filter(|e| is_plain_folder(e)) {
        if holds(&entry.path, |e| is_image(e) || is_plain_folder(e))? {
            return Ok(true);
        }
    }
    Ok(false)
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
