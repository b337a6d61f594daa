//! The images that the user names: files, folders, patterns, tables, and lines of standard input.

mod class_names;
mod image_args;
mod image_input;
mod named_images;
mod pattern;
mod standard_input;
mod table;

pub use class_names::ClassNames;
pub use image_args::ImageArgs;
pub use image_input::ImageInput;
pub use named_images::NamedImages;

use crate::exit::{Exit, data_message, failure};
use anyhow::Result;
use convsweep_data::{TableReading, find_images};
use image_input::input_failure;
use named_images::InputSource;
use pattern::matching_paths;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use table::in_table;

/// What is known of images before they are found.
struct Finding<'a> {
    classes: &'a ClassNames,
    tables: &'a TableReading,
    found: NamedImages,
}

/// Finds the images that the paths of the command line mean.
///
/// # Errors
/// If a path is not there, a folder has no images, or a table cannot be read.
pub fn find_inputs(
    paths: &[PathBuf],
    classes: &ClassNames,
    tables: &TableReading,
) -> Result<NamedImages> {
    let mut finding = Finding {
        classes,
        tables,
        found: NamedImages::default(),
    };
    for path in paths {
        let source = match path.as_os_str() == "-" {
            true => InputSource::StandardInput,
            false => InputSource::Images(finding.of_argument(path)?),
        };
        finding.found.sources.push(source);
    }
    Ok(finding.found)
}

impl Finding<'_> {
    /// The images that a path of the command line means.
    fn of_argument(&mut self, path: &Path) -> Result<Vec<ImageInput>> {
        match fs::metadata(path) {
            Ok(_) => self.of_path(path),
            Err(_) => self.matching(path),
        }
    }

    /// The images of a path that is there.
    fn of_path(&mut self, path: &Path) -> Result<Vec<ImageInput>> {
        if path.is_dir() {
            return self.in_folder(path);
        }
        if is_table(path) {
            self.found.tables += 1;
            return in_table(path, self.classes, self.tables);
        }
        Ok(vec![self.classes.of_path(path, None)])
    }

    fn in_folder(&mut self, folder: &Path) -> Result<Vec<ImageInput>> {
        let name = folder.display();
        let found = find_images(folder).map_err(input_failure)?;
        if found.images.is_empty() {
            let message = match found.unreadable.first() {
                None => format!("{name}: there is no image in the folder or below it"),
                Some(error) => format!(
                    "{name}: there is no image in the folder or below it, as far as it can be \
                    read: {}",
                    data_message(error)
                ),
            };
            return Err(failure(Exit::Wrong, message));
        }
        self.found.left_out.extend(found.left_out);
        let unreadable = found.unreadable.iter().map(data_message);
        self.found.unreadable.extend(unreadable);
        let images = found.images.iter();
        let images = images.map(|path| self.classes.of_path(path, Some(folder)));
        Ok(images.collect())
    }

    /// What matches a pattern such as `photos/*.jpg`, for shells that do not expand it.
    fn matching(&mut self, pattern: &Path) -> Result<Vec<ImageInput>> {
        let text = pattern.to_string_lossy();
        let missing = || {
            let message =
                format!("{text}: there is no such file or folder, and nothing matches it");
            failure(Exit::Wrong, message)
        };
        if !text.contains(['*', '?', '[']) {
            return Err(missing());
        }
        let matching = matching_paths(&text).map_err(|error| {
            let message = format!("{text} is no pattern of paths: {error}");
            failure(Exit::Wrong, message)
        })?;
        self.found.unreadable.extend(matching.unreadable);
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        for path in matching.paths {
            for image in self.of_path(&path)? {
                if known.insert(image.path.clone()) {
                    found.push(image);
                }
            }
        }
        match found.is_empty() {
            false => Ok(found),
            true => Err(missing()),
        }
    }
}

fn is_table(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("tsv")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> ClassNames {
        ClassNames::new(&["cat".to_string(), "dog".to_string()])
    }

    #[test]
    fn folders_patterns_and_tables_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dog = folder.path().join("dog");
        fs::create_dir(&dog).expect("makes");
        for name in ["b.png", "a.png"] {
            let image = image::RgbImage::new(4, 4);
            image.save(dog.join(name)).expect("saves");
        }
        fs::write(dog.join("notes.txt"), "words").expect("writes");
        let table = folder.path().join("list.csv");
        fs::write(&table, "n,File,label\n1,dog/a.png,cat\n2,dog/b.png,\n").expect("writes");
        let found = |path: &Path| {
            let inputs = find_inputs(&[path.to_path_buf()], &classes(), &TableReading::default())
                .expect("finds");
            let mut images = Vec::new();
            let left_out = inputs.left_out.len();
            inputs.each(&classes(), |image| {
                let name = image.path.file_name().expect("a name").to_owned();
                images.push((name.to_string_lossy().into_owned(), image.class));
                true
            });
            (images, left_out)
        };
        let both = |a, b| vec![("a.png".to_string(), a), ("b.png".to_string(), b)];
        assert_eq!(found(folder.path()), (both(Some(1), Some(1)), 1));
        assert_eq!(
            found(&folder.path().join("d*/*.png")).0,
            both(Some(1), Some(1))
        );
        assert_eq!(found(&table).0, both(Some(0), None));
        let problem = |path: &Path| {
            let found = find_inputs(&[path.to_path_buf()], &classes(), &TableReading::default());
            found.expect_err("is refused").to_string()
        };
        assert!(problem(&folder.path().join("x.png")).contains("no such file"));
        assert!(problem(&folder.path().join("*.gif")).contains("nothing matches"));
        fs::write(&table, "path;class\ndog/a.png;dog\ndog/b.png;ant\n").expect("writes");
        assert_eq!(found(&table).0, both(Some(1), None));
        fs::write(&table, "a,b\n1,2\n").expect("writes");
        assert!(problem(&table).contains("no column has paths"));
    }
}
