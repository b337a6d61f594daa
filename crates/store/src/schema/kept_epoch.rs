//! `spec::figures::kept_epoch` as an SQL expression.

/// The epoch whose weights the job in the row `j` (of table `jobs`) keeps: the best one if the job
/// recorded it, else the last. The same as [`convsweep_spec::figures::kept_epoch`].
pub(crate) const KEPT_EPOCH: &str = "
    coalesce((select cast(b.value as integer) from metrics b
      where b.job = j.job and b.epoch = j.epoch and b.name = 'best_epoch'
        and b.value between 1 and j.epoch), j.epoch)";

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::figures::kept_epoch;
    use rusqlite::{Connection, params};

    #[test]
    fn sql_and_rust_keep_the_same_epoch() {
        let connection = Connection::open_in_memory().expect("opens");
        let tables = "create table jobs (job, epoch integer);
            create table metrics (job, epoch integer, name text, value real)";
        connection.execute_batch(tables).expect("creates");
        let sql = format!("select {KEPT_EPOCH} from jobs j");
        for best in [None, Some(0.0), Some(1.0), Some(3.0), Some(7.0), Some(8.0)] {
            let rows = "delete from jobs; delete from metrics; insert into jobs values ('a', 7)";
            connection.execute_batch(rows).expect("resets");
            let row = "insert into metrics values ('a', 7, 'best_epoch', ?1)";
            connection.execute(row, params![best]).expect("inserts");
            let kept: u32 = connection
                .query_row(&sql, [], |row| row.get(0))
                .expect("reads");
            assert_eq!(kept, kept_epoch(7, best), "{best:?}");
        }
    }
}
