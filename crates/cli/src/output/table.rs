//! Tables and CSV on stdout.

use comfy_table::{CellAlignment, Table, presets};

/// A table without frames, numbers to the right: what a person reads and `awk` can split.
pub fn plain(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns);
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        let numeric = rows
            .iter()
            .filter_map(|row| row.get(i))
            .all(|cell| starts_numeric(cell));
        if numeric && !rows.is_empty() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

fn starts_numeric(cell: &str) -> bool {
    cell.is_empty()
        || cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '–'))
}

/// One CSV line, quoted where needed (RFC 4180).
pub fn csv_line(cells: impl IntoIterator<Item = String>) -> String {
    let quote = |cell: String| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    cells.into_iter().map(quote).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed() {
        assert_eq!(
            csv_line(["a,b".to_string(), "c\"d".into(), "e".into()]),
            "\"a,b\",\"c\"\"d\",e"
        );
    }
}
