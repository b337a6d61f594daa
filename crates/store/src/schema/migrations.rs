//! The versions of the schema: the migration from each to the next, and the fixed views.
//!
//! To change the schema: a numbered SQL file here and its line in `STEPS`; older databases take the
//! missing steps when they are opened for writing.

use super::quote::quoted;
use super::wide_views::refresh_wide_views;
use rusqlite::{Connection, TransactionBehavior};
use std::collections::BTreeMap;

/// Forward migrations: step i leads from version i to version i + 1.
const STEPS: &[&str] = &[
    include_str!("1-tables.sql"),
    include_str!("2-includes-and-stages.sql"),
    include_str!("3-decisions.sql"),
    include_str!("4-attempts-of-decisions.sql"),
    include_str!("5-checked-logs.sql"),
    include_str!("6-hashes-of-files.sql"),
    include_str!("7-decisions-of-one-moment.sql"),
    include_str!("8-remedies.sql"),
    include_str!("9-results.sql"),
    include_str!("10-answers.sql"),
    include_str!("11-images.sql"),
];
/// The fixed views; a database with other views gets these.
const VIEWS: &str = include_str!("views.sql");
/// "CNVS": distinguishes our databases from those of other programs.
pub(crate) const APPLICATION_ID: i32 = 0x434e_5653;
/// The version that this program writes.
pub(crate) fn known_version() -> u32 {
    STEPS.len() as u32
}

/// Prepares a connection for writing and brings tables and views up to date.
pub(crate) fn prepare(connection: &mut Connection, synchronous: &str) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(&format!(
        "pragma synchronous = {synchronous}; pragma cache_size = -32768; \
        pragma temp_store = memory; pragma foreign_keys = off;"
    ))?;
    migrate(connection, STEPS)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Applies the steps that the database lacks, all or none of them.
fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let version = |c: &Connection| {
        c.pragma_query_value(None, "user_version", |row| {
            Ok(row.get::<_, u32>(0)? as usize)
        })
    };
    if version(connection)? == steps.len() && views(connection)? == expected_views()? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for name in views(&transaction)?.keys() {
        transaction.execute_batch(&format!("drop view {}", quoted(name)))?;
    }
    let from = version(&transaction)?.min(steps.len());
    for step in &steps[from..] {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(VIEWS)?;
    refresh_wide_views(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()
}

/// The SQL of the fixed views in a database, by name.
fn views(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let sql = r"select name, sql from sqlite_master
        where type = 'view' and name not like 'wide\_%' escape '\'";
    connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn expected_views() -> rusqlite::Result<BTreeMap<String, String>> {
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch(VIEWS)?;
    views(&scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_steps_are_applied_in_order_and_keep_rows() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, &STEPS[..1]).expect("first");
        let row = "insert into experiments values ('a', 1, null, 'm', 'max', null, 0, 'f', 0, 0)";
        connection.execute(row, []).expect("inserts");
        let added = [
            "alter table experiments add column note text default 'x'",
            "create table extra (a)",
        ];
        let later = [STEPS, &added].concat();
        migrate(&mut connection, &later).expect("migrates");
        let read = |sql: &str| {
            connection
                .query_row(sql, [], |r| r.get::<_, String>(0))
                .expect("reads")
        };
        assert_eq!(read("select experiment || note from experiments"), "ax");
        assert_eq!(
            read("select user_version || '' from pragma_user_version"),
            later.len().to_string()
        );
        assert_eq!(read("select count(*) || '' from extra"), "0");
    }

    #[test]
    fn a_failing_step_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("first");
        migrate(
            &mut connection,
            &[STEPS, &["create table extra (a)", "nonsense"]].concat(),
        )
        .expect_err("fails");
        let count = |sql: &str| {
            connection
                .query_row(sql, [], |r| r.get::<_, i64>(0))
                .expect("reads")
        };
        assert_eq!(
            count("select user_version from pragma_user_version"),
            STEPS.len() as i64
        );
        assert_eq!(
            count("select count(*) from sqlite_master where name = 'extra'"),
            0
        );
        assert_eq!(
            views(&connection).expect("reads"),
            expected_views().expect("reads")
        );
    }

    #[test]
    fn changed_views_are_replaced_without_a_new_version() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("first");
        connection
            .execute_batch("drop view curves; create view curves as select 1")
            .expect("changes");
        migrate(&mut connection, STEPS).expect("again");
        assert_eq!(
            views(&connection).expect("reads"),
            expected_views().expect("reads")
        );
    }
}
