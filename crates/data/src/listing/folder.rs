//! Image files in folders: one folder for each class.
//!
//! Either the classes' folders lie in the set's folder itself, or in its `train/`; then a `test/`
//! holds the set's test images. A `val/` beside `train/` (ImageNet's habit) counts as test images
//! too, since the program divides training and validation images itself. Both at once are refused,
//! because images would have to be left out without a word.

use super::{Candidate, Candidates};
use crate::DataError;
use std::path::Path;

/// Names of a folder of held-out images beside `train/`.
const HELD_OUT: [&str; 4] = ["test", "val", "valid", "validation"];
/// How deep images may lie below their class's folder.
const DEPTH: u32 = 8;

/// All JPEG and PNG files of a set, by extension.
pub(crate) fn walk(root: &Path) -> Result<Candidates, DataError> {
    if !root.is_dir() {
        return Err(DataError::Missing(format!(
            "{}: there is no such folder (data.path)",
            root.display()
        )));
    }
    let train = root.join("train");
    if !train.is_dir() {
        let classes = folders(root)?;
        let files = images(root, "", &classes, &classes, false)?;
        return finish(root, classes, files);
    }
    let held_out: Vec<&str> = HELD_OUT
        .into_iter()
        .filter(|name| root.join(name).is_dir())
        .collect();
    let classes = folders(&train)?;
    let mut files = images(root, "train/", &classes, &classes, false)?;
    match held_out.as_slice() {
        [] => {}
        [test] => {
            let found = folders(&root.join(test))?;
            files.extend(images(root, &format!("{test}/"), &found, &classes, true)?);
        }
        several => {
            return Err(DataError::Invalid(format!(
                "{} has {}: only one folder beside train can hold the test images; move the validation images into train \
                 (data.split divides it) or elsewhere",
                root.display(),
                several
                    .iter()
                    .map(|s| format!("{s}/"))
                    .collect::<Vec<_>>()
                    .join(" and ")
            )));
        }
    }
    finish(root, classes, files)
}

fn finish(
    root: &Path,
    classes: Vec<String>,
    mut files: Vec<Candidate>,
) -> Result<Candidates, DataError> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if classes.len() < 2 {
        return Err(DataError::Missing(format!(
            "{} holds {} folders of classes, at least 2 expected (one folder of images for each class)",
            root.display(),
            classes.len()
        )));
    }
    Ok(Candidates {
        root: root.to_owned(),
        classes,
        files,
    })
}

/// Names of the folders in a folder, sorted; hidden ones are left out.
fn folders(folder: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for (name, path) in entries(folder)? {
        if path.is_dir() {
            names.push(name);
        }
    }
    if names.len() > usize::from(u16::MAX) {
        return Err(DataError::Invalid(format!(
            "{} holds {} classes, at most 65,535 are possible",
            folder.display(),
            names.len()
        )));
    }
    Ok(names)
}

/// The image files under `<root>/<prefix><class>` for each class in `folders`.
fn images(
    root: &Path,
    prefix: &str,
    folders: &[String],
    classes: &[String],
    test: bool,
) -> Result<Vec<Candidate>, DataError> {
    let mut files = Vec::new();
    for name in folders {
        let Ok(class) = classes.binary_search(name) else {
            let folder = root.join(format!("{prefix}{name}"));
            return Err(DataError::Invalid(format!(
                "{}: train has no class of this name",
                folder.display()
            )));
        };
        let mut paths = Vec::new();
        collect(
            &root.join(format!("{prefix}{name}")),
            &format!("{prefix}{name}"),
            DEPTH,
            &mut paths,
        )?;
        files.extend(paths.into_iter().map(|path| Candidate {
            path,
            class: class as u16,
            test,
        }));
    }
    Ok(files)
}

fn collect(
    folder: &Path,
    relative: &str,
    depth: u32,
    paths: &mut Vec<String>,
) -> Result<(), DataError> {
    for (name, path) in entries(folder)? {
        let relative = format!("{relative}/{name}");
        if path.is_dir() {
            if depth > 0 {
                collect(&path, &relative, depth - 1, paths)?;
            }
        } else if is_image(&path) {
            paths.push(relative);
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    ["jpg", "jpeg", "png"]
        .iter()
        .any(|known| extension == *known)
}

/// Names and paths in a folder, sorted by name; hidden ones and names that are not UTF-8 are left
/// out.
fn entries(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, DataError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DataError::io("read folder", folder))? {
        let entry = entry.map_err(DataError::io("read folder", folder))?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}
