//! The answer in words, and what to know before trusting it. What is said of configurations and axes
//! comes from `convsweep_answers`, as in the database and on the command line.

mod log_warning;
mod p_value;
mod range_test;
mod test_images;
mod warnings;

pub use log_warning::{IN_DOUBT, database_warning, doubt_warning, log_warning};
pub use p_value::{p_number, p_value};
pub use range_test::range_test_answer;
pub use warnings::{predictions_warning, warnings, warnings_so_far};

use crate::ranking::Ranking;

/// The answer's paragraphs; the first is the shortest form of it. The accuracy on the test images,
/// which is not part of any comparison, comes last.
pub fn answer(ranking: &Ranking) -> Vec<String> {
    let mut paragraphs = ranking.answers.sentences();
    if let Some(best) = ranking.best() {
        paragraphs.extend(test_images::paragraph(ranking, best));
    }
    paragraphs
}

/// The answer's paragraphs and the notes as plain text for a terminal: a line for each, with an
/// empty line between them.
pub fn terminal_text(answer: Vec<String>, notes: &[String]) -> String {
    let mut paragraphs = answer;
    for note in notes {
        paragraphs.push(format!("Note: {note}"));
    }
    paragraphs.join("\n\n")
}
