//! `main.tex`: a document with all tables and charts, that can be compiled at once.

use super::latex_table::LatexTable;
use crate::charts::Chart;
use crate::ranking::Ranking;
use crate::tables::{LONG_TABLE, escaped};

/// Folder of the charts in the paper's folder.
const CHARTS: &str = "charts";

/// LaTeX holds back only so many floating figures at a time.
const FIGURES_AT_ONCE: usize = 8;

const PREAMBLE: &str = r"% Compile with pdflatex and bibtex. If labels have letters of
% other scripts: with lualatex and a font that has them (\setmainfont below).
% `convsweep report NAME --paper` writes this file anew: copy it before you change it.
\documentclass[a4paper,11pt]{article}
\usepackage[textwidth=7in,textheight=24cm]{geometry}
\usepackage{iftex}
\ifpdftex
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{textcomp}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\else
  \usepackage{fontspec}
  % \setmainfont{DejaVu Serif}
  \tracinglostchars=3 % names the letters that the font lacks
\fi
\usepackage{booktabs,longtable,graphicx}
\setlength{\belowcaptionskip}{\medskipamount}
% The charts are drawn for a width of 7 inches, where all letters have 6 pt or more: in a document
% of two columns put them into figure* rather than figure.
";

/// Path of a chart's file in the paper's folder.
pub(super) fn chart_path(name: &str) -> String {
    format!("{CHARTS}/{name}.pdf")
}

/// The document; `cites`: whether its text cites papers.
pub(super) fn document(
    ranking: &Ranking,
    tables: &[LatexTable],
    charts: &[&Chart],
    cites: bool,
) -> String {
    let mut text = PREAMBLE.to_string();
    let title = escaped(&ranking.revision.experiment);
    text += &format!("\\title{{{title}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n");
    text += "\\maketitle\n";
    if let Some(question) = &ranking.revision.question {
        text += &format!("{}\n\n", escaped(question));
    }
    text += "\\section*{Methods}\n\\input{methods.tex}\n\\clearpage\n\\section*{Results}\n";
    for table in tables {
        text += &floating(table);
    }
    for figures in charts.chunks(FIGURES_AT_ONCE) {
        text.extend(figures.iter().map(|chart| figure(chart)));
        text += "\\clearpage\n";
    }
    if cites {
        text += "\\bibliographystyle{plain}\n\\bibliography{references}\n";
    }
    text + "\\end{document}\n"
}

/// A table, made narrower if it is wider than the text.
fn floating(table: &LatexTable) -> String {
    let (file, caption) = (table.file, escaped(&table.caption));
    let label = file.trim_end_matches(".tex");
    if table.table.rows.len() >= LONG_TABLE {
        return format!(
            "\\begingroup\\footnotesize\n\\noindent {caption}\n\\input{{{file}}}\n\\endgroup\n"
        );
    }
    format!(
        "\\begin{{table}}[htbp]\n\\centering\n\\caption{{{caption}}}\n\\label{{tab:{label}}}\n\
         \\small\n\
         \\resizebox{{\\ifdim\\width>\\linewidth \\linewidth\\else\\width\\fi}}{{!}}{{%\n\
         \\input{{{file}}}}}\n\\end{{table}}\n"
    )
}

fn figure(chart: &Chart) -> String {
    let (path, label) = (chart_path(&chart.name), &chart.name);
    let (title, caption) = (escaped(&chart.title), escaped(&chart.caption));
    let end = if title.ends_with(['?', '.']) { "" } else { "." };
    format!(
        "\\begin{{figure}}[htbp]\n\\centering\n\
         \\includegraphics[width=\\linewidth,height=0.8\\textheight,keepaspectratio]{{{path}}}\n\
         \\caption[{{{title}}}]{{{title}{end} {caption}}}\n\
         \\label{{fig:{label}}}\n\\end{{figure}}\n"
    )
}
