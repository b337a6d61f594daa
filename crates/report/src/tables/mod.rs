//! Tables: the leaderboard for terminal, page, CSV and LaTeX; curves, evaluations and comparisons
//! as CSV. The same choices over several experiments.
//!
//! CSV files have shares as shares (0 to 1) and empty fields for missing values; LaTeX and the page
//! have per cent.

mod choices;
mod comparisons_csv;
mod csv_text;
mod curves_csv;
mod evaluations_csv;
mod latex;
mod leaderboard;
mod leaderboard_csv;
mod predictions_csv;
mod scores;
mod text_table;

pub use choices::{choices_csv, choices_table, choices_tex, is_best};
pub use comparisons_csv::write_comparisons_csv;
pub use csv_text::CsvRows;
pub use curves_csv::write_curves_csv;
pub use evaluations_csv::evaluations_csv;
pub use latex::{LONG_TABLE, escaped, leaderboard_tex, paper_table};
pub use leaderboard::leaderboard;
pub use leaderboard_csv::leaderboard_csv;
pub use predictions_csv::{
    LARGEST_PREDICTIONS, PREDICTION_COLUMNS, PredictionsCsv, write_predictions_csv,
};
pub use scores::scores;
pub use text_table::{MISSING, TextTable, interval};
