//! The images that the user names: files, folders, patterns, tables, and lines of standard input.

use crate::exit::{Code, Exit, data_failure, failure};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::find_images;
use convsweep_files::{read_line, read_regular};
use convsweep_spec::data::LeftOut;
use convsweep_spec::words::{class_names, counted, first_few, shortened};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Columns of a table with the paths of images.
const PATH_COLUMNS: [&str; 8] = [
    "path",
    "file",
    "filename",
    "file_name",
    "image",
    "image_path",
    "img",
    "id",
];
/// Columns of a table with their classes.
const CLASS_COLUMNS: [&str; 5] = ["class", "label", "category", "target", "truth"];

/// Bytes of the largest table that is read.
const LARGEST_TABLE: u64 = 256 << 20;
/// Bytes of the longest path that standard input may name.
const LONGEST_PATH: u64 = 64 << 10;

/// An image that the user named.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageInput {
    /// Its path.
    pub path: PathBuf,
    /// Its true class, by a table or by the folder that it is in.
    pub class: Option<u16>,
}

/// What a path of the command line stands for.
#[derive(Debug)]
pub enum InputSource {
    /// Images that are known already.
    Images(Vec<ImageInput>),
    /// Paths that come from standard input, one in each line.
    StandardInput,
}

/// The images, and files that are none.
#[derive(Debug, Default)]
pub struct NamedImages {
    /// In the order of the command line.
    pub sources: Vec<InputSource>,
    /// The files in folders that are no images, by reason.
    pub left_out: Vec<LeftOut>,
}

/// Finds the images that the paths of the command line mean.
///
/// # Errors
/// If a path is not there, a folder has no images, or a table cannot be read.
pub fn find_inputs(paths: &[PathBuf], classes: &ClassNames) -> Result<NamedImages> {
    let mut inputs = NamedImages::default();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.sources.push(InputSource::StandardInput);
            continue;
        }
        let found = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => in_folder(path, classes, &mut inputs.left_out)?,
            Ok(_) if is_table(path) => in_table(path, classes)?,
            Ok(_) => vec![classes.of_path(path, None)],
            Err(_) => matching(path, classes, &mut inputs.left_out)?,
        };
        inputs.sources.push(InputSource::Images(found));
    }
    Ok(inputs)
}

impl NamedImages {
    /// Says which files in folders are no images.
    pub fn say_left_out(&self) {
        for left_out in &self.left_out {
            say_error(&format!("note: {}", left_out.in_words()));
        }
    }

    /// Whether one of the images is this file.
    pub fn contain(&self, file: &Path) -> bool {
        let Ok(file) = file.canonicalize() else {
            return false;
        };
        let is_file = |image: &ImageInput| image.path.canonicalize().is_ok_and(|path| path == file);
        self.sources.iter().any(|source| match source {
            InputSource::Images(images) => images.iter().any(is_file),
            InputSource::StandardInput => false,
        })
    }

    /// Passes each image to `each` as it becomes known, until that answers `false`.
    pub fn each(self, classes: &ClassNames, mut each: impl FnMut(ImageInput) -> bool) {
        for source in self.sources {
            match source {
                InputSource::Images(images) => {
                    if !images.into_iter().all(&mut each) {
                        return;
                    }
                }
                InputSource::StandardInput => {
                    if !each_line(classes, &mut each) {
                        return;
                    }
                }
            }
        }
    }
}

/// Passes on the path in each line of standard input; whether more are wanted.
fn each_line(classes: &ClassNames, each: &mut impl FnMut(ImageInput) -> bool) -> bool {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while let Ok(Some(_)) = read_line(&mut input, &mut line, LONGEST_PATH) {
        let path = line.trim_ascii();
        if !path.is_empty() && !each(classes.of_path(Path::new(OsStr::from_bytes(path)), None)) {
            return false;
        }
    }
    true
}

fn in_folder(
    folder: &Path,
    classes: &ClassNames,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<ImageInput>> {
    let found = find_images(folder).map_err(data_failure)?;
    if found.images.is_empty() {
        let message = format!(
            "{}: there is no image in the folder or below it",
            folder.display()
        );
        return Err(failure(Exit::Wrong, message));
    }
    left_out.extend(found.left_out);
    let images = found.images.iter();
    let images = images.map(|path| classes.of_path(path, Some(folder)));
    Ok(images.collect())
}

/// What matches a pattern such as `photos/*.jpg`, for shells that do not expand it.
fn matching(
    pattern: &Path,
    classes: &ClassNames,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<ImageInput>> {
    let text = pattern.to_string_lossy();
    let missing = || {
        let message = format!("{text}: there is no such file or folder, and nothing matches it");
        failure(Exit::Wrong, message)
    };
    if !text.contains(['*', '?', '[']) {
        return Err(missing());
    }
    let paths = glob::glob(&text).map_err(|error| {
        let message = format!("{text} is no pattern of paths: {error}");
        failure(Exit::Wrong, message)
    })?;
    let mut found = Vec::new();
    for path in paths.flatten() {
        match path.is_dir() {
            true => found.extend(in_folder(&path, classes, left_out)?),
            false if is_table(&path) => found.extend(in_table(&path, classes)?),
            false => found.push(classes.of_path(&path, None)),
        }
    }
    match found.is_empty() {
        false => Ok(found),
        true => Err(missing()),
    }
}

fn is_table(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("tsv")
}

/// The images of a table with a heading; paths are relative to the table's folder.
fn in_table(table: &Path, classes: &ClassNames) -> Result<Vec<ImageInput>> {
    let wrong = |problem: String| {
        let message = format!("{}: {problem}", table.display());
        failure(Exit::Wrong, message)
    };
    let content = read_regular(table, LARGEST_TABLE).code(Exit::Wrong)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(&content))
        .from_reader(content.as_slice());
    let heading = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let column = |names: &[&str]| {
        let is_named = |cell: &str| {
            names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(cell.trim()))
        };
        heading.iter().position(is_named)
    };
    let (path, class) = (column(&PATH_COLUMNS), column(&CLASS_COLUMNS));
    let Some(path) = path else {
        let columns: Vec<&str> = heading.iter().collect();
        return Err(wrong(format!(
            "no column has paths of images: its columns are {}, and one called {} is looked for",
            shortened(&columns.join(", "), 200),
            PATH_COLUMNS.join(", ")
        )));
    };
    let folder = table.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut unknown = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        let Some(name) = row.get(path).map(str::trim).filter(|name| !name.is_empty()) else {
            continue;
        };
        let mut image = classes.of_path(&folder.join(name), None);
        if let Some(class) = class.and_then(|column| row.get(column)) {
            let class = class.trim();
            image.class = classes.label(class);
            if image.class.is_none() && !class.is_empty() {
                *unknown.entry(class.to_string()).or_insert(0u64) += 1;
            }
        }
        found.push(image);
    }
    if !unknown.is_empty() {
        say_unknown(table, &unknown);
    }
    match found.is_empty() {
        false => Ok(found),
        true => Err(wrong("it names no image".to_string())),
    }
}

/// Says which classes of a table the network does not know, each with the number of its images.
fn say_unknown(table: &Path, unknown: &BTreeMap<String, u64>) {
    let names: Vec<&String> = unknown.keys().collect();
    let have = match unknown.values().sum() {
        1 => "1 image has a class".to_string(),
        images => format!("{} have classes", counted(images, "image")),
    };
    say_error(&format!(
        "note: {}: {have} that the network does not know ({}), and count for no accuracy",
        table.display(),
        first_few(&names, 5)
    ));
}

/// The character between columns: the most frequent one of the usual ones in the first line.
fn separator(content: &[u8]) -> u8 {
    let first = content.split(|byte| *byte == b'\n').next();
    let first = first.unwrap_or_default();
    let count = |separator: &u8| first.iter().filter(|byte| *byte == separator).count();
    // Of equally frequent ones, the last is taken.
    let usual = [b'\t', b';', b','];
    usual.into_iter().max_by_key(count).unwrap_or(b',')
}

/// The classes that a network knows, by name.
#[derive(Clone, Debug, Default)]
pub struct ClassNames(HashMap<String, u16>);

impl ClassNames {
    /// Classes by label.
    pub fn new(classes: &[String]) -> ClassNames {
        let names = classes.iter().enumerate();
        ClassNames(names.map(|(i, name)| (name.clone(), i as u16)).collect())
    }

    /// The label of a class.
    pub fn label(&self, name: &str) -> Option<u16> {
        self.0.get(name).copied()
    }

    /// The classes in words, by label.
    pub fn listed(&self) -> String {
        let mut names: Vec<(&u16, &String)> = self.0.iter().map(|(n, label)| (label, n)).collect();
        names.sort();
        let names: Vec<&String> = names.into_iter().map(|(_, name)| name).collect();
        class_names(&names)
    }

    /// An image. Its class is that of the folder that it is in, or else of the innermost folder
    /// with the name of a class on the way from the folder `root` that the user named.
    fn of_path(&self, path: &Path, root: Option<&Path>) -> ImageInput {
        let root = root.or(path.parent()).unwrap_or(path);
        let folders = path.ancestors().skip(1);
        let folders = folders.take_while(|folder| folder.starts_with(root));
        let mut names = folders.filter_map(|folder| folder.file_name()?.to_str());
        ImageInput {
            class: names.find_map(|name| self.label(name)),
            path: path.to_path_buf(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> ClassNames {
        ClassNames::new(&["cat".to_string(), "dog".to_string()])
    }

    #[test]
    fn the_innermost_folder_with_the_name_of_a_class_says_the_class() {
        let class = |path: &str| classes().of_path(Path::new(path), None).class;
        assert_eq!(class("a/dog/b.png"), Some(1));
        assert_eq!(class("dog/x/b.png"), None, "nobody named the folder above");
        assert_eq!(class("a/b.png"), None);
        let below = |path: &str, root: &str| {
            let (path, root) = (Path::new(path), Path::new(root));
            classes().of_path(path, Some(root)).class
        };
        assert_eq!(below("a/dog/cat/x/b.png", "a"), Some(0));
        assert_eq!(below("dog/a/x/b.png", "dog/a"), None);
        assert_eq!(below("dog/a/b.png", "dog"), Some(1));
        assert_eq!(class("cat"), None, "a file is no folder");
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
            let inputs = find_inputs(&[path.to_path_buf()], &classes()).expect("finds");
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
            let found = find_inputs(&[path.to_path_buf()], &classes());
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
