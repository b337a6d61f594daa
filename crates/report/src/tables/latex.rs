//! `leaderboard.tex`: a `booktabs` table.

use super::text_table::TextTable;

/// The leaderboard of an experiment as LaTeX.
pub fn leaderboard_tex(experiment: &str, table: &TextTable) -> String {
    // Everything is aligned right but the names of the configurations.
    let mut align = vec!['r'; table.columns.len()];
    align[1] = 'l';
    let mut text = format!(
        "% {}: mean and standard deviation over runs; needs \\usepackage{{booktabs}}\n",
        experiment.replace('\n', " ")
    );
    text += &format!(
        "\\begin{{tabular}}{{{}}}\n\\toprule\n{}\\midrule\n",
        String::from_iter(align),
        line(&table.columns)
    );
    for row in &table.rows {
        text += &line(row);
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("{} \\\\\n", cells.join(" & "))
}

/// Text with LaTeX's special characters escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '±' => escaped.push_str("$\\pm$"),
            '×' => escaped.push_str("$\\times$"),
            '−' => escaped.push_str("$-$"),
            '–' => escaped.push_str("--"),
            c => escaped.push(c),
        }
    }
    escaped
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
}
