//! Lists image files that a table names.

mod rows;
mod table_images;
mod text;

use super::file_kind::{NameKind, kind_of_name};
use super::listing::{FileListing, ListedFile, first_notes, judge_classes, numbered};
use super::part_names::usual_part;
use super::similar_names::similar_names;
use super::walk::{entries, is_there, reason};
use crate::DataError;
use convsweep_files::read_regular;
use convsweep_spec::data::{Column, ImageTable, LeftOut, ReadPlace, SetPart};
use convsweep_spec::words::counted;
use rows::{ImageRow, WITHOUT_LABEL, rows};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
pub use table_images::{TableImage, TableImages, TableReading, table_images};
use unicode_normalization::UnicodeNormalization;

/// Largest table that is read, in bytes.
const LARGEST_TABLE: u64 = 1 << 30;
/// Why an image beside those of a table is left out.
const NOT_LISTED: &str = "in a folder of the table's images and not in the table";

/// Lists the images of a table.
///
/// # Errors
/// `Missing` if there is no such file, `Damaged` if a line is wrong, `Invalid` if the table is not
/// as `spec` says.
pub(super) fn list(path: &Path, spec: &ImageTable) -> Result<FileListing, DataError> {
    if !is_there(path)? {
        return Err(DataError::Missing(format!(
            "{}: there is no such CSV file (data.path)",
            path.display()
        )));
    }
    let table = read_regular(path, LARGEST_TABLE)?;
    let rows = rows(path, &table, spec)?;
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let root = match &spec.root {
        Some(root) => folder.join(root),
        None => folder,
    };
    let all_parts = Parts::of(path, spec, &rows)?;
    let (rows, unlabelled) = labelled(path, rows, &all_parts)?;
    let classes = Classes::of(path, spec, &rows)?;
    let parts = Parts::of(path, spec, &rows)?;
    let files = listed_files(path, &root, spec, (&rows, &classes, &parts))?;
    if let Some(row) = rows.first() {
        hint_at_extension(path, &root, row, spec)?;
    }
    let mut left_out = Vec::new();
    let mut listed: HashSet<PathBuf> = HashSet::new();
    for row in &unlabelled {
        let name = file_name(&root, &row.image, spec.extension.as_deref());
        LeftOut::add(&mut left_out, reason::ROW_WITHOUT_LABEL, &name);
        listed.insert(root.join(name));
    }
    listed.extend(files.iter().map(|file| root.join(&file.path)));
    left_out.extend(not_listed(&root, &listed));
    Ok(FileListing {
        left_out,
        places: parts.places(),
        notes: classes.notes,
        classes: classes.names,
        files,
        root,
    })
}

/// The files of the rows, sorted by path.
///
/// # Errors
/// `Damaged` if two rows name one.
fn listed_files(
    path: &Path,
    root: &Path,
    spec: &ImageTable,
    (rows, classes, parts): (&[ImageRow], &Classes, &Parts),
) -> Result<Vec<ListedFile>, DataError> {
    let mut files: BTreeMap<String, (ListedFile, u64)> = BTreeMap::new();
    for row in rows {
        let name = file_name(root, &row.image, spec.extension.as_deref());
        let file = ListedFile {
            path: name.clone(),
            file: None,
            class: classes.number(&row.label),
            part: parts.part(row),
            place: parts.place(row),
        };
        if let Some((_, earlier)) = files.insert(name, (file, row.line)) {
            let (image, line) = (&row.image, row.line);
            return Err(DataError::damaged(
                path,
                format!("{image} is listed twice, in lines {earlier} and {line}"),
            ));
        }
    }
    Ok(files.into_values().map(|(file, _)| file).collect())
}

/// The rows with labels, and those of test images without one.
///
/// # Errors
/// `Damaged` if a row without a label is not of a test image.
fn labelled(
    path: &Path,
    rows: Vec<ImageRow>,
    parts: &Parts,
) -> Result<(Vec<ImageRow>, Vec<ImageRow>), DataError> {
    let is_unlabelled = |row: &ImageRow| row.label.is_empty();
    let is_wrong = |row: &&ImageRow| is_unlabelled(row) && parts.part(row) != SetPart::Test;
    if let Some(row) = rows.iter().find(is_wrong) {
        let problem = format!("line {} has no {WITHOUT_LABEL}", row.line);
        return Err(DataError::damaged(path, problem));
    }
    Ok(rows.into_iter().partition(|row| !is_unlabelled(row)))
}

/// The classes of a table.
struct Classes {
    names: Vec<String>,
    number_of: HashMap<String, u16>,
    notes: Vec<String>,
}

impl Classes {
    /// Labels are numbered in their own order, also where the file gives them other names.
    fn of(path: &Path, spec: &ImageTable, rows: &[ImageRow]) -> Result<Classes, DataError> {
        let labels: BTreeSet<&str> = rows.iter().map(|row| row.label.as_str()).collect();
        let mut labels: Vec<String> = labels.into_iter().map(str::to_string).collect();
        let (mut notes, mut merged) = (Vec::new(), Vec::new());
        for label in spec.classes.keys().filter(|label| !labels.contains(label)) {
            notes.push(format!(
                "classes names the label {label}, which no image has"
            ));
        }
        numbered(&mut labels);
        let (mut names, mut number_of) = (Vec::new(), HashMap::new());
        let mut known: HashMap<String, u16> = HashMap::new();
        for label in labels {
            let name = spec.classes.get(&label).unwrap_or(&label);
            let number = match known.get(name) {
                Some(number) => {
                    let note =
                        format!("several labels, {label} among them, are one class, \"{name}\"");
                    merged.push(note);
                    *number
                }
                None => {
                    let number = names.len() as u16;
                    known.insert(name.clone(), number);
                    names.push(name.clone());
                    number
                }
            };
            number_of.insert(label, number);
        }
        judge_classes(names.len(), || {
            let found = counted(names.len() as u64, "different label");
            format!("{} has {found}", path.display())
        })?;
        let notes = [
            first_notes(notes),
            first_notes(merged),
            similar_names(&names)?,
        ];
        Ok(Classes {
            names,
            number_of,
            notes: notes.concat(),
        })
    }

    fn number(&self, label: &str) -> u16 {
        self.number_of.get(label).copied().unwrap_or_default()
    }
}

/// What the values of the split column mean.
struct Parts {
    /// Values with their meanings, the values of training images first.
    meaning: Vec<(String, SetPart)>,
}

impl Parts {
    fn of(path: &Path, spec: &ImageTable, rows: &[ImageRow]) -> Result<Parts, DataError> {
        let values: BTreeSet<&str> = rows.iter().filter_map(|row| row.part.as_deref()).collect();
        let given = |value: &str| {
            let holds = |part: &&SetPart| spec.split_values.of(**part).iter().any(|v| v == value);
            SetPart::ALL.iter().find(holds).copied()
        };
        let (mut meaning, mut unknown) = (Vec::new(), Vec::new());
        for value in values {
            let part = match spec.split_values.is_empty() {
                true => usual_part(value),
                false => given(value),
            };
            match part {
                Some(part) => {
                    meaning.push((value.to_string(), part));
                }
                None => unknown.push(format!("{value:?}")),
            }
        }
        if spec.split_column.is_none() {
            meaning.push(("table".to_string(), SetPart::Training));
        }
        if unknown.is_empty() {
            meaning.sort_by_key(|(_, part)| *part);
            return Ok(Parts { meaning });
        }
        let column = match &spec.split_column {
            Some(Column::Name(name)) => format!("{name:?}"),
            Some(Column::Number(number)) => number.to_string(),
            None => String::new(),
        };
        unknown.truncate(10);
        Err(DataError::Invalid(format!(
            "{}: it is not known which part of the set the values {} of the split column {column} \
             mean: say split_values = {{ train = [\"…\"], validation = [\"…\"], test = [\"…\"] }}",
            path.display(),
            unknown.join(", ")
        )))
    }

    fn part(&self, row: &ImageRow) -> SetPart {
        self.meaning[self.place(row)].1
    }

    /// Index of the row's value.
    fn place(&self, row: &ImageRow) -> usize {
        let Some(value) = &row.part else {
            return 0;
        };
        let place = self.meaning.iter().position(|(known, _)| known == value);
        place.unwrap_or_default()
    }

    fn places(&self) -> Vec<ReadPlace> {
        let places = self.meaning.iter().map(|(value, part)| ReadPlace {
            name: value.clone(),
            part: *part,
            images: 0,
        });
        places.collect()
    }
}

/// The path of an image: with the extension that the file gives, and, where it does not exist as it
/// is written, with slashes for backslashes, or with letters that are composed in another way.
fn file_name(root: &Path, image: &str, extension: Option<&str>) -> String {
    let mut name = image.to_string();
    if let Some(extension) = extension
        && Path::new(&name).extension().is_none()
    {
        name.push_str(extension);
    }
    let exists = |name: &str| root.join(name).exists();
    if name.contains('\\') && !exists(&name) {
        name = name.replace('\\', "/");
    }
    if name.is_ascii() || exists(&name) {
        return name;
    }
    // File systems compose the letters of Unicode in their own way.
    let forms: [String; 2] = [name.nfc().collect(), name.nfd().collect()];
    let found = forms.into_iter().find(|form| exists(form));
    found.unwrap_or(name)
}

/// Refuses a table whose first image exists only with an extension that the table does not write.
fn hint_at_extension(
    path: &Path,
    root: &Path,
    row: &ImageRow,
    spec: &ImageTable,
) -> Result<(), DataError> {
    let file = root.join(file_name(root, &row.image, spec.extension.as_deref()));
    if file.exists() {
        return Ok(());
    }
    let (folder, stem) = (
        file.parent().unwrap_or(root),
        file.file_name().unwrap_or_default(),
    );
    let stem = stem.to_string_lossy();
    let Ok(beside) = entries(folder) else {
        return Ok(());
    };
    let with_extension = |name: &str| {
        let rest = name.strip_prefix(stem.as_ref())?;
        let is_image = rest.starts_with('.') && kind_of_name(name) == NameKind::Image;
        is_image.then(|| rest.to_string())
    };
    let Some(extension) = beside.iter().find_map(|entry| with_extension(&entry.name)) else {
        return Ok(());
    };
    Err(DataError::damaged(
        path,
        format!(
            "line {} names {}, which does not exist, but {}{extension} does: say extension = \
             \"{extension}\" in the source",
            row.line, row.image, row.image
        ),
    ))
}

/// Images in the folders of the table's images that the table does not name.
fn not_listed(root: &Path, listed: &HashSet<PathBuf>) -> Vec<LeftOut> {
    let folders: BTreeSet<&Path> = listed.iter().filter_map(|file| file.parent()).collect();
    let mut left_out = Vec::new();
    for folder in folders {
        for entry in entries(folder).unwrap_or_default() {
            let is_image = !entry.is_folder && kind_of_name(&entry.name) == NameKind::Image;
            if is_image && !listed.contains(&entry.path) {
                let name = entry.path.strip_prefix(root).unwrap_or(&entry.path);
                LeftOut::add(&mut left_out, NOT_LISTED, &name.display().to_string());
            }
        }
    }
    left_out
}
