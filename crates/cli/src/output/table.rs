//! Tables for a terminal.

use comfy_table::{CellAlignment, Table, presets};
use convsweep_spec::words::printable;

/// A table without frames, numbers aligned to the right: readable, and easy to split with `awk`.
pub fn plain(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        if is_numeric(rows, i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Whether all cells of a column begin like numbers or are empty.
fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.get(column));
    !rows.is_empty() && cells.all(|cell| cell.is_empty() || starts_like_a_number(cell))
}

fn starts_like_a_number(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '–'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_numbers_are_aligned_to_the_right() {
        let rows = [["a", "7"], ["long", "100"]].map(|row| row.map(String::from).to_vec());
        assert_eq!(
            plain(&["name", "n"], &rows),
            "name    n\na       7\nlong  100"
        );
    }
}
