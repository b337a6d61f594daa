//! The rows of a table.

use super::text;
use crate::DataError;
use crate::image_files::file_kind::{NameKind, kind_of_name};
use convsweep_spec::data::{Column, ImageTable};
use convsweep_spec::words::shortened;
use csv::StringRecord;
use std::path::Path;

/// Characters of column names that a message shows.
const LONGEST_SHOWN: usize = 300;

/// What a line lacks that gives no label, and the remedies.
pub(super) const WITHOUT_LABEL: &str = "path or no label: complete or remove it; test images without \
    labels are left out and counted where a column of the table says that they are for testing \
    (split_column)";

/// An image of a table.
pub(super) struct ImageRow {
    /// Its path, as it is written.
    pub(super) image: String,
    /// Its label, as it is written; empty if it has none.
    pub(super) label: String,
    /// What the split column says; `None` without one.
    pub(super) part: Option<String>,
    /// Its line in the file, from 1.
    pub(super) line: u64,
}

/// Reads the rows of the table in `bytes`.
///
/// # Errors
/// `Damaged` if a line cannot be read or lacks something, `Invalid` if there is no such column.
pub(super) fn rows(
    path: &Path,
    bytes: &[u8],
    spec: &ImageTable,
) -> Result<Vec<ImageRow>, DataError> {
    let broken = |e: csv::Error| DataError::damaged(path, e.to_string());
    let text = text::text(path, bytes)?;
    let separator = match spec.separator {
        Some(separator) => separator as u8,
        None => text::separator(text),
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(separator)
        .has_headers(spec.header)
        .from_reader(text);
    // Without a header, these are the first row, which is read again as a record.
    let headers = reader.headers().map_err(broken)?.clone();
    let columns = ColumnIndices::find(path, &headers, spec)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        rows.push(columns.row(path, &record)?);
    }
    Ok(rows)
}

/// Indices of the columns that are read.
struct ColumnIndices {
    image: usize,
    label: usize,
    part: Option<usize>,
}

impl ColumnIndices {
    fn find(
        path: &Path,
        headers: &StringRecord,
        spec: &ImageTable,
    ) -> Result<ColumnIndices, DataError> {
        let index = |of: &Column| column(path, headers, of, spec.header);
        Ok(ColumnIndices {
            image: index(&spec.path_column)?,
            label: index(&spec.label_column)?,
            part: spec.split_column.as_ref().map(index).transpose()?,
        })
    }

    fn row(&self, path: &Path, record: &StringRecord) -> Result<ImageRow, DataError> {
        let line = record.position().map_or(0, csv::Position::line);
        let lacks = |what: &str| DataError::damaged(path, format!("line {line} has no {what}"));
        let (image, label) = (&record[self.image], &record[self.label]);
        let part = self.part.map(|column| record[column].to_string());
        if image.is_empty() {
            return Err(lacks("path or no label: complete or remove it"));
        }
        if label.is_empty() && part.is_none() {
            return Err(lacks(WITHOUT_LABEL));
        }
        if part.as_ref().is_some_and(String::is_empty) {
            return Err(lacks(
                "value in the column of the split: complete or remove it",
            ));
        }
        Ok(ImageRow {
            image: image.to_string(),
            label: label.to_string(),
            part,
            line,
        })
    }
}

/// Index of a column.
fn column(
    path: &Path,
    headers: &StringRecord,
    of: &Column,
    has_header: bool,
) -> Result<usize, DataError> {
    let invalid =
        |problem: String| Err(DataError::Invalid(format!("{} {problem}", path.display())));
    let name = match of {
        Column::Number(number) if (1..=headers.len()).contains(&(*number as usize)) => {
            return Ok(*number as usize - 1);
        }
        Column::Number(number) => {
            let count = headers.len();
            return invalid(format!("has no column {number}: it has {count}"));
        }
        Column::Name(name) => name,
    };
    if !has_header {
        return invalid(format!(
            "is read without a header, so that no column is named {name:?}: give the columns' \
             numbers, from 1, as in path_column = 1"
        ));
    }
    let mut named = headers.iter().enumerate().filter(|(_, h)| h == name);
    if let Some((index, _)) = named.next() {
        if named.next().is_some() {
            let number = index + 1;
            return invalid(format!(
                "has two columns named {name:?}: give the number of one instead of the name, from \
                 1, such as {number}"
            ));
        }
        return Ok(index);
    }
    let found = headers.iter().collect::<Vec<_>>().join(", ");
    let found = shortened(&found, LONGEST_SHOWN);
    let alike = headers
        .iter()
        .find(|h| h.to_lowercase() == name.to_lowercase());
    let hint = match alike {
        Some(alike) => format!("; is {alike:?} meant? Its letter case differs"),
        None if headers.iter().any(looks_like_an_image) => {
            "; if its first line is no header, say header = false and give the columns' numbers, \
             from 1, as in path_column = 1"
                .to_string()
        }
        None => "; path_column and label_column of the source name the columns".to_string(),
    };
    invalid(format!("has no column {name:?}; it has: {found}{hint}"))
}

/// Whether a text is a file's name with an extension of pictures.
pub(super) fn looks_like_an_image(text: &str) -> bool {
    kind_of_name(text) == NameKind::Image
}
