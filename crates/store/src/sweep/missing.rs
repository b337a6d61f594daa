//! Answers of experiments that have none.

use super::results::sweep_results;
use super::rows::{forget_answers, write_answers};
use convsweep_answers::Answers;
use rusqlite::{Connection, Result, params};

/// The version of this program. Another one may compute other answers.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Experiments of more configurations get no rows: all pairs of them take gigabytes to compare, and
/// rows are made unasked, when a run starts and ends.
const MOST_CONFIGURATIONS: u32 = 5000;

/// Makes the answers of every experiment that has none, or those of another version of the program,
/// in a transaction for each.
pub(crate) fn make_missing_answers(connection: &Connection) -> Result<()> {
    for experiment in without_answers(connection, MOST_CONFIGURATIONS)? {
        let transaction = connection.unchecked_transaction()?;
        forget_answers(&transaction, &experiment)?;
        if let Some(results) = sweep_results(&transaction, &experiment)? {
            write_answers(&transaction, &Answers::of(&results), PROGRAM)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Experiments of at most `most` configurations without answers of this version of the program.
fn without_answers(connection: &Connection, most: u32) -> Result<Vec<String>> {
    let sql = "select e.experiment from experiments e left join answers a using (experiment)
        where a.program is not ?1 and (select count(*) from members m
          where m.experiment = e.experiment and m.revision = e.revision) <= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![PROGRAM, most], |row| row.get(0))?;
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn large_experiments_and_those_with_answers_are_left_out() {
        let mut connection = Connection::open_in_memory().expect("opens");
        schema::prepare(&mut connection, "off").expect("makes tables");
        let sql = format!(
            "pragma foreign_keys = off;
            insert into experiments select value, 2, null, 'm', 'max', null, 0, 'f', 0, 0
              from json_each('[\"done\", \"large\", \"old\", \"small\"]');
            insert into members values ('small', 1, 'a', 0, 'a'), ('small', 1, 'b', 1, 'b'),
              ('small', 2, 'a', 0, 'a'), ('large', 2, 'a', 0, 'a'), ('large', 2, 'b', 1, 'b');
            insert into answers (experiment, program, pairs_tested, some_do_not_train, unit, jobs,
                finished, race_rounds)
              values ('done', '{PROGRAM}', 0, 0, 'seed', 0, 0, 0), ('old', '0', 0, 0, 'seed', 0, 0, 0)"
        );
        connection.execute_batch(&sql).expect("is SQL");
        let found = without_answers(&connection, 1).expect("reads");
        assert_eq!(found, ["old", "small"]);
    }
}
