//! Lists image files in folders, one folder for each class.
//!
//! The folders of the classes are either in the set's folder itself or in its `train/`. In the
//! second case, `test/` holds the set's test images. A `val/` next to `train/`, as ImageNet has it,
//! counts as test images too, since the program divides training and validation images itself. A
//! set with both is refused: one of them would have to be left out silently.

use super::listing::{FileListing, ListedFile, MAX_CLASSES};
use crate::DataError;
use convsweep_spec::words::counted;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Names that a folder of test images next to `train/` may have.
const TEST_FOLDERS: [&str; 4] = ["test", "val", "valid", "validation"];
/// How many folders may lead to an image: the set's, its class's, and eight levels below.
const MAX_DEPTH: usize = 9;

/// Lists all JPEG and PNG files of a set, by their extensions.
pub(super) fn list(root: &Path) -> Result<FileListing, DataError> {
    if !root.is_dir() {
        return Err(DataError::Missing(format!(
            "{}: there is no such folder (data.path)",
            root.display()
        )));
    }
    let train = root.join("train");
    if !train.is_dir() {
        let classes = subfolders(root)?;
        let files = image_files(root, "", &classes, &classes, false)?;
        return checked(root, classes, files);
    }
    let classes = subfolders(&train)?;
    let mut files = image_files(root, "train/", &classes, &classes, false)?;
    if let Some(test) = test_folder(root)? {
        let folders = subfolders(&root.join(test))?;
        let prefix = format!("{test}/");
        files.extend(image_files(root, &prefix, &folders, &classes, true)?);
    }
    checked(root, classes, files)
}

/// Name of the folder of test images, if there is one.
fn test_folder(root: &Path) -> Result<Option<&'static str>, DataError> {
    let mut found = TEST_FOLDERS.to_vec();
    found.retain(|name| root.join(name).is_dir());
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|name| format!("{name}/")).collect();
        return Err(DataError::Invalid(format!(
            "{} has {}: only one folder next to train can hold the test images; \
             move the validation images into train (data.split divides it) or elsewhere",
            root.display(),
            names.join(" and ")
        )));
    }
    Ok(found.pop())
}

/// The sorted listing, if there is anything to classify.
fn checked(
    root: &Path,
    classes: Vec<String>,
    mut files: Vec<ListedFile>,
) -> Result<FileListing, DataError> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if classes.len() < 2 {
        return Err(DataError::Missing(format!(
            "{} holds {} of classes, at least 2 expected \
             (one folder of images for each class)",
            root.display(),
            counted(classes.len() as u64, "folder")
        )));
    }
    Ok(FileListing {
        root: root.to_owned(),
        classes,
        files,
    })
}

/// Sorted names of the folders in `folder`, except hidden ones.
fn subfolders(folder: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for (name, path) in entries(folder)? {
        if path.is_dir() {
            names.push(name);
        }
    }
    if names.len() > MAX_CLASSES {
        return Err(DataError::Invalid(format!(
            "{} holds {} classes, at most 65,535 are possible",
            folder.display(),
            names.len()
        )));
    }
    Ok(names)
}

/// The image files below `<root>/<prefix><folder>` for each of `folders`, which are named after
/// classes.
fn image_files(
    root: &Path,
    prefix: &str,
    folders: &[String],
    classes: &[String],
    is_test: bool,
) -> Result<Vec<ListedFile>, DataError> {
    let mut files = Vec::new();
    for name in folders {
        let relative = format!("{prefix}{name}");
        let folder = root.join(&relative);
        let Ok(class) = classes.binary_search(name) else {
            return Err(DataError::Invalid(format!(
                "{}: train has no class of this name",
                folder.display()
            )));
        };
        let mut paths = Vec::new();
        let mut open_folders = vec![folder_identity(root)?];
        collect(&folder, &relative, &mut open_folders, &mut paths)?;
        for path in paths {
            files.push(ListedFile {
                path,
                class: class as u16,
                is_test,
            });
        }
    }
    Ok(files)
}

/// Adds the relative paths of all image files in a folder and below it. `open_folders` are the
/// folders that lead to this one: a link to one of them would show its images again, under the
/// wrong class.
fn collect(
    folder: &Path,
    relative: &str,
    open_folders: &mut Vec<FolderIdentity>,
    paths: &mut Vec<String>,
) -> Result<(), DataError> {
    let identity = folder_identity(folder)?;
    if open_folders.contains(&identity) {
        return Err(DataError::Invalid(format!(
            "{} is a link to a folder that contains it: remove the link",
            folder.display()
        )));
    }
    open_folders.push(identity);
    for (name, path) in entries(folder)? {
        let relative = format!("{relative}/{name}");
        if path.is_dir() {
            if open_folders.len() <= MAX_DEPTH {
                collect(&path, &relative, open_folders, paths)?;
            }
        } else if has_image_extension(&path) {
            paths.push(relative);
        }
    }
    open_folders.pop();
    Ok(())
}

/// Device and inode, which distinguish folders whatever links lead to them.
type FolderIdentity = (u64, u64);

fn folder_identity(folder: &Path) -> Result<FolderIdentity, DataError> {
    let metadata = std::fs::metadata(folder).map_err(DataError::io("read folder", folder))?;
    Ok((metadata.dev(), metadata.ino()))
}

fn has_image_extension(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    extension == "jpg" || extension == "jpeg" || extension == "png"
}

/// Names and paths in a folder, sorted by name. Hidden entries and names that are not UTF-8 are
/// left out.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
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
