//! Writing CSV files.

use convsweep_statistics::sample::Sample;
use std::borrow::Cow;
use std::io::Write;

/// Writes a CSV file row by row, with a heading; fields are quoted where needed.
///
/// Text that a spreadsheet would take for a formula begins with an apostrophe, which the
/// spreadsheet does not show.
pub struct CsvRows<W: Write>(csv::Writer<W>);

impl<W: Write> CsvRows<W> {
    /// Writes the heading.
    ///
    /// # Errors
    /// Where the file cannot be written, here and below.
    pub fn new(to: W, columns: &[&str]) -> Result<CsvRows<W>, csv::Error> {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(columns)?;
        Ok(CsvRows(writer))
    }

    /// Writes a row.
    pub fn row<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) -> Result<(), csv::Error> {
        for field in fields {
            self.0.write_field(without_formula(field).as_bytes())?;
        }
        self.0.write_record(None::<&[u8]>)
    }

    /// Writes what is not written yet.
    pub fn flush(&mut self) -> Result<(), csv::Error> {
        Ok(self.0.flush()?)
    }

    /// Writes what is not written yet; nothing follows.
    pub fn finish(mut self) -> Result<(), csv::Error> {
        self.flush()
    }
}

/// A CSV file with a heading, as [`CsvRows`] writes it.
pub fn csv_file<C: AsRef<[u8]>>(
    columns: &[C],
    rows: &[Vec<String>],
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        let fields: Vec<_> = row.iter().map(|field| without_formula(field)).collect();
        writer.write_record(fields.iter().map(|field| field.as_bytes()))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// The field, with an apostrophe before text that would be a formula. Numbers stay as they are.
fn without_formula(field: &str) -> Cow<'_, str> {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && field.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{field}"));
    }
    Cow::Borrowed(field)
}

/// A value, or an empty field.
pub fn optional<T: ToString>(value: Option<T>) -> String {
    match value {
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// Mean, standard deviation and the ends of the 95 % interval; empty fields for what is missing.
pub fn sample_fields(sample: Option<Sample>) -> [String; 4] {
    let Some(sample) = sample else {
        return Default::default();
    };
    let (low, high) = sample.interval().unzip();
    [
        sample.mean.to_string(),
        optional(sample.sd),
        optional(low),
        optional(high),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_needed() {
        let rows = [vec!["x, y".to_string(), "1".to_string()]];
        let bytes = csv_file(&["a", "b"], &rows).expect("writes");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text, "a,b\n\"x, y\",1\n");
    }

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for formula in ["=1+1", "@SUM(A1)", "+cmd|'/c calc'!A0", "-1+2", "-flip"] {
            assert_eq!(without_formula(formula), format!("'{formula}"));
        }
        for field in ["-0.5", "+3", "-inf", "1e-3", "", "lr=0.1", "a-b"] {
            assert_eq!(without_formula(field), field);
        }
    }
}
