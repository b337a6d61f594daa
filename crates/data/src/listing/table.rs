//! Image files named in a CSV file.

use super::{Candidate, Candidates};
use crate::DataError;
use std::collections::BTreeMap;
use std::path::Path;

/// The images that a table lists, paths relative to the table. Classes are sorted: by number where
/// all labels are whole numbers, by name otherwise.
pub(crate) fn read(
    path: &Path,
    path_column: &str,
    label_column: &str,
) -> Result<Candidates, DataError> {
    if !path.is_file() {
        return Err(DataError::Missing(format!(
            "{}: there is no such CSV file (data.path)",
            path.display()
        )));
    }
    let broken = |e: csv::Error| DataError::damaged(path, e.to_string());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(broken)?;
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}') == name)
            .ok_or_else(|| {
                let found = headers.iter().collect::<Vec<_>>().join(", ");
                DataError::Invalid(format!(
                    "{} has no column {name:?}; it has: {found}",
                    path.display()
                ))
            })
    };
    let (path_at, label_at) = (column(path_column)?, column(label_column)?);
    let mut rows: BTreeMap<String, (String, u64)> = BTreeMap::new();
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
        if let Some((_, before)) = rows.insert(image.to_string(), (label.to_string(), line)) {
            return Err(DataError::damaged(
                path,
                format!("{image} is listed twice, in lines {before} and {line}"),
            ));
        }
    }
    let classes = classes(rows.values().map(|(label, _)| label.clone()).collect());
    if classes.len() < 2 || classes.len() > usize::from(u16::MAX) {
        let count = classes.len();
        return Err(DataError::Invalid(format!(
            "{} has {count} different labels, 2 to 65,535 expected",
            path.display()
        )));
    }
    let class: BTreeMap<&str, u16> = classes
        .iter()
        .enumerate()
        .map(|(i, name)| (name.as_str(), i as u16))
        .collect();
    let file = |(image, (label, _)): (&String, &(String, u64))| Candidate {
        path: image.clone(),
        class: class[label.as_str()],
        test: false,
    };
    let files = rows.iter().map(file).collect();
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Candidates {
        root,
        classes,
        files,
    })
}

fn classes(mut labels: Vec<String>) -> Vec<String> {
    labels.sort_unstable();
    labels.dedup();
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let mut numbered: Vec<(i64, String)> = numbers.into_iter().zip(labels).collect();
        numbered.sort_unstable();
        return numbered.into_iter().map(|(_, label)| label).collect();
    }
    labels
}
