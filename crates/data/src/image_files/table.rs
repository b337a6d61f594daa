//! Lists image files that a CSV file names.

use super::listing::{FileListing, ListedFile, MAX_CLASSES};
use crate::DataError;
use convsweep_files::read_regular;
use convsweep_spec::words::{counted, shortened};
use csv::StringRecord;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Largest table that is read, in bytes.
const LARGEST_TABLE: u64 = 1 << 30;
/// Characters of column names that a message shows.
const LONGEST_SHOWN: usize = 300;

/// Label and line of each image path.
type TableRows = BTreeMap<String, (String, u64)>;

/// Lists the images of a table; their paths are relative to the table. Classes are sorted by number
/// if all labels are whole numbers, and by name otherwise.
pub(super) fn list(
    path: &Path,
    path_column: &str,
    label_column: &str,
) -> Result<FileListing, DataError> {
    if !path.exists() {
        return Err(DataError::Missing(format!(
            "{}: there is no such CSV file (data.path)",
            path.display()
        )));
    }
    let table = read_regular(path, LARGEST_TABLE)?;
    let rows = read_rows(path, &table, path_column, label_column)?;
    let classes = sorted_classes(&rows);
    if classes.len() < 2 || classes.len() > MAX_CLASSES {
        let found = counted(classes.len() as u64, "different label");
        return Err(DataError::Invalid(format!(
            "{} has {found}, 2 to 65,535 expected",
            path.display()
        )));
    }
    let mut class_of: HashMap<&str, u16> = HashMap::new();
    for (i, name) in classes.iter().enumerate() {
        class_of.insert(name, i as u16);
    }
    let mut files = Vec::with_capacity(rows.len());
    for (image, (label, _)) in &rows {
        files.push(ListedFile {
            path: image.clone(),
            class: class_of[label.as_str()],
            is_test: false,
        });
    }
    Ok(FileListing {
        root: path.parent().unwrap_or(Path::new("")).to_owned(),
        classes,
        files,
    })
}

fn read_rows(
    path: &Path,
    table: &[u8],
    path_column: &str,
    label_column: &str,
) -> Result<TableRows, DataError> {
    let broken = |e: csv::Error| DataError::damaged(path, e.to_string());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(table);
    let headers = reader.headers().map_err(broken)?.clone();
    let path_at = column(path, &headers, path_column)?;
    let label_at = column(path, &headers, label_column)?;
    let mut rows = TableRows::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        let (image, label) = (&record[path_at], &record[label_at]);
        if image.is_empty() || label.is_empty() {
            return Err(DataError::damaged(
                path,
                format!("line {line} has no path or no label"),
            ));
        }
        let row = (label.to_string(), line);
        if let Some((_, earlier)) = rows.insert(image.to_string(), row) {
            return Err(DataError::damaged(
                path,
                format!("{image} is listed twice, in lines {earlier} and {line}"),
            ));
        }
    }
    Ok(rows)
}

/// Index of the column `name`. A byte order mark before the first header is passed over.
fn column(path: &Path, headers: &StringRecord, name: &str) -> Result<usize, DataError> {
    let is_named = |header: &str| header.trim_start_matches('\u{feff}') == name;
    if let Some(index) = headers.iter().position(is_named) {
        return Ok(index);
    }
    let found = headers.iter().collect::<Vec<_>>().join(", ");
    let found = shortened(&found, LONGEST_SHOWN);
    Err(DataError::Invalid(format!(
        "{} has no column {name:?}; it has: {found}",
        path.display()
    )))
}

/// The different labels, in the order in which they are numbered.
fn sorted_classes(rows: &TableRows) -> Vec<String> {
    let mut labels: Vec<String> = rows.values().map(|(label, _)| label.clone()).collect();
    labels.sort_unstable();
    labels.dedup();
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
    let Some(numbers) = numbers else {
        return labels;
    };
    let mut numbered: Vec<(i64, String)> = numbers.into_iter().zip(labels).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, label)| label).collect()
}
