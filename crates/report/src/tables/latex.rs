//! Tables as LaTeX with `booktabs`: `leaderboard.tex`, and those for a paper.

use super::text_table::TextTable;

/// The leaderboard of an experiment as LaTeX.
pub fn leaderboard_tex(experiment: &str, table: &TextTable) -> String {
    // Everything is aligned right but the names of the configurations.
    let mut align = vec!['r'; table.columns.len()];
    align[1] = 'l';
    let about = format!("{experiment}: mean and standard deviation over runs");
    latex_table(
        &about,
        &String::from_iter(align),
        &table.columns,
        &rows(table),
    )
}

/// Rows from which a table is a `longtable`, which goes on over pages.
pub const LONG_TABLE: usize = 40;

/// A table as LaTeX. `align` has a letter for each column. One of at least [`LONG_TABLE`] rows is a
/// `longtable`.
pub fn paper_table(about: &str, align: &str, table: &TextTable) -> String {
    table_of_lines(about, align, &table.columns, &rows(table))
}

/// As [`paper_table`], of rows that are finished lines.
pub(super) fn table_of_lines(
    about: &str,
    align: &str,
    columns: &[String],
    lines: &[String],
) -> String {
    if lines.len() < LONG_TABLE {
        return latex_table(about, align, columns, lines);
    }
    format!(
        "% {}; needs \\usepackage{{booktabs,longtable}}\n\\begin{{longtable}}{{{align}}}\n\
         \\toprule\n{}\\midrule\n\\endhead\n\\bottomrule\n\\endlastfoot\n{}\\end{{longtable}}\n",
        about.replace(['\n', '\r'], " "),
        line(columns),
        lines.concat()
    )
}

fn latex_table(about: &str, align: &str, columns: &[String], lines: &[String]) -> String {
    format!(
        "% {}; needs \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{align}}}\n\
         \\toprule\n{}\\midrule\n{}\\bottomrule\n\\end{{tabular}}\n",
        about.replace(['\n', '\r'], " "),
        line(columns),
        lines.concat()
    )
}

fn rows(table: &TextTable) -> Vec<String> {
    table.rows.iter().map(|row| line(row)).collect()
}

/// A row of texts.
fn line(cells: &[String]) -> String {
    finished_line(cells.iter().map(|cell| escaped(cell)))
}

/// A row of cells that are LaTeX.
pub(super) fn finished_line(cells: impl Iterator<Item = String>) -> String {
    format!("{} \\\\\n", Vec::from_iter(cells).join(" & "))
}

/// Text with LaTeX's special characters escaped, so that it compiles and is read as it was written,
/// also in the old text encoding (`OT1`) and with the shorthands of `babel`.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        // Neighbours would become a dash or another quotation mark.
        if c == before && matches!(c, '-' | '\'' | '`' | ',') {
            escaped.push_str("{}");
        }
        escape(c, &mut escaped);
        before = c;
    }
    escaped
}

fn escape(c: char, escaped: &mut String) {
    match c {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
            escaped.push('\\');
            escaped.push(c);
        }
        '\\' => escaped.push_str("\\textbackslash{}"),
        '~' => escaped.push_str("\\textasciitilde{}"),
        '^' => escaped.push_str("\\textasciicircum{}"),
        '<' => escaped.push_str("\\textless{}"),
        '>' => escaped.push_str("\\textgreater{}"),
        '|' => escaped.push_str("\\textbar{}"),
        '"' => escaped.push_str("{\\char34}"),
        // The beginning of an option, at the start of a row.
        '[' => escaped.push_str("{[}"),
        '±' => escaped.push_str("$\\pm$"),
        '×' | '✗' => escaped.push_str("$\\times$"),
        '−' => escaped.push_str("$-$"),
        '≤' => escaped.push_str("$\\leq$"),
        '≥' => escaped.push_str("$\\geq$"),
        '→' => escaped.push_str("$\\rightarrow$"),
        '–' => escaped.push_str("--"),
        c if c.is_control() => escaped.push(' '),
        c => escaped.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped("lr_0=1 % ± {3}"), "lr\\_0=1 \\% $\\pm$ \\{3\\}");
        let expected = "a\\textbackslash{}b\\textasciitilde{}c";
        assert_eq!(escaped("a\\b~c"), expected);
    }

    #[test]
    fn what_the_old_encoding_or_a_language_would_change_is_escaped() {
        let expected = "a\\textless{}b\\textgreater{}c\\textbar{}{\\char34}";
        assert_eq!(escaped("a<b>c|\""), expected);
        assert_eq!(escaped("{[}"), "\\{{[}\\}");
        assert_eq!(escaped("✗ a"), "$\\times$ a");
        assert_eq!(escaped("a--b-c"), "a-{}-b-c");
        assert_eq!(escaped("1\n2\r3\t4"), "1 2 3 4");
    }
}
