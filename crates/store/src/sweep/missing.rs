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

/// Experiments without answers of this version of the program.
fn without_answers(connection: &Connection) -> Result<Vec<String>> {
    let sql = "select e.experiment from experiments e left join answers a using (experiment)
        where a.program is not ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([PROGRAM], |row| row.get(0))?;
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn experiments_with_answers_are_left_out() {
        let mut connection = Connection::open_in_memory().expect("opens");
        schema::prepare(&mut connection, "off").expect("makes tables");
        let sql = format!(
            "pragma foreign_keys = off;
            insert into experiments select value, 2, null, 'm', 'max', null, 0, 'f', 0, 0
              from json_each('[\"done\", \"new\", \"old\"]');
            insert into answers (experiment, program, pairs_tested, some_do_not_train, unit, jobs,
                finished, race_rounds)
              values ('done', '{PROGRAM}', 0, 0, 'seed', 0, 0, 0), ('old', '0', 0, 0, 'seed', 0, 0, 0)"
        );
        connection.execute_batch(&sql).expect("is SQL");
        let found = without_answers(&connection).expect("reads");
        assert_eq!(found, ["new", "old"]);
    }
}
