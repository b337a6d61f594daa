//! The files for a paper or a thesis: charts as PDF, tables as LaTeX, and a document that has them
//! all. What they say is what the report says.

mod bibliography;
mod document;
mod effects;
mod latex_table;
mod methods;
mod verdicts;

use crate::charts::Chart;
use crate::draw::render::{RenderError, pdf};
use crate::ranking::Ranking;
use crate::tables::{TextTable, paper_table};
use latex_table::{EFFECTS, LEADERBOARD, LatexTable, VERDICTS};

/// Whether a file of this name in the paper's folder is a table of a report.
pub fn is_table(name: &str) -> bool {
    [LEADERBOARD, VERDICTS, EFFECTS].contains(&name)
}

/// A file with its path relative to the paper's folder.
pub type PaperFile = (String, Vec<u8>);

/// The chart of this name as a PDF file.
///
/// # Errors
/// Where it cannot be drawn.
pub fn chart_file(chart: &Chart) -> Result<PaperFile, RenderError> {
    Ok((document::chart_path(&chart.name), pdf(&chart.scene)?))
}

/// The LaTeX files: each table that has rows, what was done, the papers that it cites, and the
/// document. `images` is the number of images from which the training and validation images of the
/// best configuration were taken, if their set was looked at.
pub fn latex_files(
    ranking: &Ranking,
    images: Option<u64>,
    leaderboard: &TextTable,
    charts: &[&Chart],
) -> Vec<PaperFile> {
    let mut align = vec!['r'; leaderboard.columns.len()];
    align[1] = 'l';
    let leaderboard = LatexTable {
        file: LEADERBOARD,
        caption: leaderboard_caption(ranking),
        align: String::from_iter(align),
        table: leaderboard.clone(),
    };
    let mut tables = vec![
        leaderboard,
        verdicts::table(ranking),
        effects::table(ranking),
    ];
    tables.retain(|table| !table.table.rows.is_empty());
    let mut files = Vec::with_capacity(tables.len() + 1);
    for table in &tables {
        let about = format!("{}: {}", ranking.revision.experiment, table.file);
        let text = paper_table(&about, &table.align, &table.table);
        files.push((table.file.to_string(), text.into_bytes()));
    }
    let methods = methods::methods(ranking, images);
    let references = bibliography::bibliography(&methods);
    let cites = !references.trim().is_empty();
    files.push(("methods.tex".to_string(), methods.into_bytes()));
    files.push(("references.bib".to_string(), references.into_bytes()));
    let main = document::document(ranking, &tables, charts, cites);
    files.push(("main.tex".to_string(), main.into_bytes()));
    files
}

fn leaderboard_caption(ranking: &Ranking) -> String {
    let mut caption = format!(
        "Configurations by {}: mean, standard deviation where there are several {}, and 95 % \
         confidence interval of the expected result; n: {} that count, of those planned.",
        ranking.metric.words(),
        ranking.unit.plural(),
        ranking.unit.plural()
    );
    if ranking.ranked > 1 {
        caption += " * may be the best.";
    }
    caption
}
