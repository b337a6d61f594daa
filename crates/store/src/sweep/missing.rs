//! Answers of experiments that have none.

use super::results::sweep_results;
use super::rows::{forget_answers, write_answers};
use convsweep_answers::Answers;
use rusqlite::{Connection, Result};

/// The version of this program. Another one may compute other answers.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Makes the answers of every experiment that has none, or those of another version of the program,
/// in a transaction for each.
pub(crate) fn make_missing_answers(connection: &Connection) -> Result<()> {
    for experiment in without_answers(connection)? {
        let transaction = connection.unchecked_transaction()?;
        forget_answers(&transaction, &experiment)?;
        if let Some(results) = sweep_results(&transaction, &experiment)? {
            write_answers(&transaction, &Answers::of(&results), PROGRAM)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn without_answers(connection: &Connection) -> Result<Vec<String>> {
    let sql = "select e.experiment from experiments e left join answers a using (experiment)
        where a.program is not ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([PROGRAM], |row| row.get(0))?.collect()
}
