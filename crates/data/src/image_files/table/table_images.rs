//! The images that a table names for a trained network: any table with a column of paths.

use super::file_name;
use super::rows::looks_like_an_image;
use super::text;
use crate::DataError;
use convsweep_files::read_regular;
use convsweep_spec::data::{Column, ImageTable};
use convsweep_spec::words::shortened;
use csv::StringRecord;
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
const LABEL_COLUMNS: [&str; 5] = ["class", "label", "category", "target", "truth"];
/// Bytes of the largest table that is read.
const LARGEST_TABLE: u64 = 256 << 20;
/// Characters of column names that a message shows.
const LONGEST_SHOWN: usize = 200;

/// How tables are read. What is `None` is as in the table that the network was trained on, if it
/// was and the table has that one's column of paths; else it is found.
#[derive(Clone, Debug, Default)]
pub struct TableReading {
    /// The column with paths: its name, or its number from 1.
    pub path_column: Option<String>,
    /// The column with labels: its name, or its number from 1.
    pub label_column: Option<String>,
    /// The folder that paths are relative to.
    pub root: Option<PathBuf>,
    /// What is appended to paths that have no extension, with its dot.
    pub extension: Option<String>,
    /// The table that the network was trained on.
    pub trained_on: Option<ImageTable>,
}

/// An image that a table names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableImage {
    /// Its path.
    pub path: PathBuf,
    /// The name of its class; `None` if the table says none.
    pub class: Option<String>,
}

/// The images that a table names.
#[derive(Debug, Default)]
pub struct TableImages {
    /// In the order of its rows.
    pub images: Vec<TableImage>,
    /// Number of rows without a path.
    pub without_path: u64,
}

/// Reads the images that a table names.
///
/// # Errors
/// `Invalid` if there is no such column, `Damaged` if a row is wrong, `Unreadable` if the table
/// cannot be read.
pub fn table_images(path: &Path, reading: &TableReading) -> Result<TableImages, DataError> {
    let bytes = read_regular(path, LARGEST_TABLE).map_err(DataError::Unreadable)?;
    let text = text::text(path, &bytes)?;
    let usual = text::separator(text);
    if let Some(own) = &reading.trained_on {
        let separator = own.separator.map_or(usual, |separator| separator as u8);
        let table = NamingTable::read(path, text, separator)?;
        if table.is_like(own) {
            return table.images(reading, Some(own));
        }
    }
    NamingTable::read(path, text, usual)?.images(reading, None)
}

/// A table that names images.
struct NamingTable<'a> {
    path: &'a Path,
    /// All rows, also the one with the names of the columns.
    rows: Vec<StringRecord>,
}

impl NamingTable<'_> {
    fn read<'a>(path: &'a Path, text: &[u8], separator: u8) -> Result<NamingTable<'a>, DataError> {
        let reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .delimiter(separator)
            .has_headers(false)
            .from_reader(text);
        let rows: Result<Vec<StringRecord>, csv::Error> = reader.into_records().collect();
        let rows = rows.map_err(|error| DataError::damaged(path, error.to_string()))?;
        Ok(NamingTable { path, rows })
    }

    fn first(&self) -> Vec<&str> {
        let first = self.rows.first();
        first.map_or_else(Vec::new, |row| row.iter().collect())
    }

    /// Whether it has the column of paths that another table has.
    fn is_like(&self, other: &ImageTable) -> bool {
        let first = self.first();
        match place_of(&first, &other.path_column) {
            Some(place) => {
                let is_named = PATH_COLUMNS
                    .iter()
                    .any(|name| is_called(first[place], name));
                other.header || !is_named
            }
            None => false,
        }
    }

    fn images(
        &self,
        reading: &TableReading,
        like: Option<&ImageTable>,
    ) -> Result<TableImages, DataError> {
        let first = self.first();
        let place = self.path_place(&first, reading, like)?;
        let has_header = match like {
            Some(like) => like.header,
            None => !looks_like_an_image(first[place]),
        };
        let label = self.label_place(&first, reading, like)?;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let own_root = like.and_then(|like| like.root.as_ref());
        let own_root = own_root.map(|root| folder.join(root));
        let root = match (&reading.root, own_root.filter(|root| root.is_dir())) {
            (Some(given), _) => given.clone(),
            (None, Some(own)) => own,
            (None, None) => folder.to_path_buf(),
        };
        let extension = reading.extension.clone();
        let extension = extension.or(like.and_then(|like| like.extension.clone()));
        let mut found = TableImages::default();
        for row in self.rows.iter().skip(usize::from(has_header)) {
            let name = &row[place];
            if name.is_empty() {
                found.without_path += 1;
                continue;
            }
            let label = label.map(|place| &row[place]);
            found.images.push(TableImage {
                path: root.join(file_name(&root, name, extension.as_deref())),
                class: label.and_then(|label| class_name(label, reading)),
            });
        }
        Ok(found)
    }

    fn path_place(
        &self,
        first: &[&str],
        reading: &TableReading,
        like: Option<&ImageTable>,
    ) -> Result<usize, DataError> {
        if let Some(given) = &reading.path_column {
            return self.given(first, given, "--path-column");
        }
        let own = like.and_then(|like| place_of(first, &like.path_column));
        own.or_else(|| usual_place(first, &PATH_COLUMNS))
            .ok_or_else(|| {
                let looked_for = PATH_COLUMNS.join(", ");
                self.invalid(format!(
                    "no column has paths of images: its columns are {}, and one called {looked_for} \
                     is looked for; --path-column names it, or gives its number, from 1",
                    shortened(&first.join(", "), LONGEST_SHOWN)
                ))
            })
    }

    fn label_place(
        &self,
        first: &[&str],
        reading: &TableReading,
        like: Option<&ImageTable>,
    ) -> Result<Option<usize>, DataError> {
        if let Some(given) = &reading.label_column {
            return self.given(first, given, "--label-column").map(Some);
        }
        let own = like.and_then(|like| place_of(first, &like.label_column));
        Ok(own.or_else(|| usual_place(first, &LABEL_COLUMNS)))
    }

    /// Place of the column that an option names.
    fn given(&self, first: &[&str], column: &str, option: &str) -> Result<usize, DataError> {
        let by_name = place_of(first, &Column::Name(column.into()));
        let by_number = || place_of(first, &Column::Number(column.parse().ok()?));
        by_name.or_else(by_number).ok_or_else(|| {
            let columns = shortened(&first.join(", "), LONGEST_SHOWN).into_owned();
            self.invalid(format!(
                "it has no column {column} ({option}), but {columns}"
            ))
        })
    }

    fn invalid(&self, problem: String) -> DataError {
        DataError::Invalid(format!("{}: {problem}", self.path.display()))
    }
}

/// Index of a column, if it is there.
fn place_of(first: &[&str], column: &Column) -> Option<usize> {
    match column {
        Column::Name(name) => first.iter().position(|cell| cell == name),
        Column::Number(number) => {
            let place = (*number as usize).checked_sub(1)?;
            (place < first.len()).then_some(place)
        }
    }
}

/// Index of the column with the first of some names that one has.
fn usual_place(first: &[&str], names: &[&str]) -> Option<usize> {
    let place = |name: &&str| first.iter().position(|cell| is_called(cell, name));
    names.iter().find_map(place)
}

fn is_called(cell: &str, name: &str) -> bool {
    cell.eq_ignore_ascii_case(name)
}

/// The name of the class that a label means.
fn class_name(label: &str, reading: &TableReading) -> Option<String> {
    let own = reading.trained_on.as_ref();
    let named = own.and_then(|own| own.classes.get(label));
    let name = named.map_or(label, String::as_str);
    (!name.is_empty()).then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Paths below the folder and classes, of a table with this content.
    fn images(content: &str, reading: &TableReading) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("root")).expect("makes");
        let table = folder.path().join("t.csv");
        fs::write(&table, content).expect("writes");
        let found = table_images(&table, reading).map_err(|error| error.to_string())?;
        let shown = found.images.into_iter().map(|image| {
            let path = image.path.strip_prefix(folder.path());
            let path = path.unwrap_or(&image.path).display().to_string();
            (path, image.class.unwrap_or_default())
        });
        Ok(shown.collect())
    }

    fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
        pairs.map(|(a, b)| (a.to_string(), b.to_string())).to_vec()
    }

    #[test]
    fn columns_with_usual_names_are_found() {
        let usual = TableReading::default();
        let found = images("id;File;label\n1;a.png;cat\n2;;dog\n3;b.png;\n", &usual);
        assert_eq!(found, Ok(pairs([("a.png", "cat"), ("b.png", "")])));
        let problem = images("a,b\n1,2\n", &usual).expect_err("no paths");
        assert!(problem.contains("--path-column names it"), "{problem}");
        assert!(images("", &usual).is_err());
    }

    #[test]
    fn options_name_columns_folder_and_extension() {
        let given = TableReading {
            path_column: Some("what".into()),
            label_column: Some("2".into()),
            root: Some("elsewhere".into()),
            extension: Some(".jpg".into()),
            trained_on: None,
        };
        let found = images("what,is\na,cat\nb.png,dog\n", &given);
        let expected = [("elsewhere/a.jpg", "cat"), ("elsewhere/b.png", "dog")];
        assert_eq!(found, Ok(pairs(expected)));
        let problem = images("x,y\n1,2\n", &given).expect_err("no such column");
        assert!(
            problem.ends_with("no column what (--path-column), but x, y"),
            "{problem}"
        );
        let without_heading = TableReading {
            path_column: Some("1".into()),
            ..TableReading::default()
        };
        let found = images("a.png,cat\n", &without_heading);
        assert_eq!(found, Ok(pairs([("a.png", "")])));
    }

    #[test]
    fn the_table_that_the_network_was_trained_on_is_read_as_it_was() {
        let mut own = ImageTable::new("photo", "species");
        own.root = Some("root".into());
        own.extension = Some(".png".into());
        own.classes.insert("1".into(), "cat".into());
        own.separator = Some('|');
        let mut reading = TableReading {
            trained_on: Some(own.clone()),
            ..TableReading::default()
        };
        let found = images("species|photo\n1|a\ndog|b\n", &reading);
        assert_eq!(
            found,
            Ok(pairs([("root/a.png", "cat"), ("root/b.png", "dog")]))
        );
        // Without labels, or another table.
        let found = images("photo|n\na|7\n", &reading);
        assert_eq!(found, Ok(pairs([("root/a.png", "")])));
        let found = images("path,label\na.png,1\n", &reading);
        assert_eq!(found, Ok(pairs([("a.png", "cat")])));
        own.header = false;
        (own.path_column, own.label_column) = (Column::Number(2), Column::Number(1));
        reading.trained_on = Some(own);
        let found = images("dog|a\n", &reading);
        assert_eq!(found, Ok(pairs([("root/a.png", "dog")])));
        let found = images("label|path\ndog|a.png\n", &reading);
        assert_eq!(found, Ok(pairs([("a.png", "dog")])));
    }
}
