//! Writing CSV files.

use convsweep_spec::figures::Sample;

/// A CSV file with a heading; fields are quoted where needed.
pub fn csv_file<C: AsRef<[u8]>>(
    columns: &[C],
    rows: &[Vec<String>],
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
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
}
