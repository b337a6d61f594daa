//! What the results of an experiment say, as JSON.

use convsweep_answers::Answers;
use serde::Serialize;

/// The answers with their words.
#[derive(Serialize)]
pub struct VerdictObject<'a> {
    /// At most five sentences.
    sentences: Vec<String>,
    /// What is worth knowing beyond them.
    details: Vec<String>,
    /// Why the figures cannot be vouched for, if they cannot.
    database_doubt: Option<&'a str>,
    #[serde(flatten)]
    answers: &'a Answers,
}

impl<'a> VerdictObject<'a> {
    /// The object of these answers.
    pub fn of(answers: &'a Answers, database_doubt: Option<&'a str>) -> VerdictObject<'a> {
        VerdictObject {
            sentences: answers.sentences(),
            details: answers.details(),
            database_doubt,
            answers,
        }
    }
}
