//! Keeps the statements of users from doing more than reading, and from never ending.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Steps of SQLite's machine between two looks at the clock; they take well under a millisecond.
const STEPS: i32 = 10_000;
/// No time limit.
const UNLIMITED: u64 = u64::MAX;
/// Pragmas whose argument says what to read.
const READING_PRAGMAS: [&str; 11] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
    "collation_list",
];

/// What a connection's statements may do, and until when: everything and for ever, but for those of
/// users.
#[derive(Debug)]
pub(crate) struct QueryGuard {
    start: Instant,
    /// Whether the statements are a user's.
    is_active: Arc<AtomicBool>,
    /// Milliseconds after `start` at which statements are ended.
    deadline: Arc<AtomicU64>,
}

impl QueryGuard {
    /// Guards a connection from now on.
    pub(crate) fn install(connection: &mut Connection) -> Result<QueryGuard> {
        let start = Instant::now();
        let deadline = Arc::new(AtomicU64::new(UNLIMITED));
        let read_deadline = Arc::clone(&deadline);
        let is_over = move || {
            let deadline = read_deadline.load(Ordering::Relaxed);
            deadline != UNLIMITED && milliseconds(start.elapsed()) >= deadline
        };
        connection.progress_handler(STEPS, Some(is_over))?;
        let is_active = Arc::new(AtomicBool::new(false));
        let read_active = Arc::clone(&is_active);
        let authorize = move |context: AuthContext| match read_active.load(Ordering::Relaxed) {
            true => authorize(context),
            false => Authorization::Allow,
        };
        connection.authorizer(Some(authorize))?;
        Ok(QueryGuard {
            start,
            is_active,
            deadline,
        })
    }

    /// What follows is a user's, and is ended after this time, if any; 0 counts as none.
    pub(crate) fn begin(&self, time: Option<Duration>) {
        self.is_active.store(true, Ordering::Relaxed);
        let deadline = match time {
            Some(time) if !time.is_zero() => {
                milliseconds(self.start.elapsed().saturating_add(time))
            }
            Some(_) | None => UNLIMITED,
        };
        self.deadline.store(deadline, Ordering::Relaxed);
    }

    /// The user's statement has ended.
    pub(crate) fn end(&self) {
        self.is_active.store(false, Ordering::Relaxed);
        self.deadline.store(UNLIMITED, Ordering::Relaxed);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(UNLIMITED)
}

/// Denies what SQLite does not count as writing to the database, and which changes the connection
/// or another file.
fn authorize(context: AuthContext) -> Authorization {
    match context.action {
        AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. } => Authorization::Deny,
        AuthAction::Pragma {
            pragma_name,
            pragma_value: Some(_),
        } if !READING_PRAGMAS
            .iter()
            .any(|name| name.eq_ignore_ascii_case(pragma_name)) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}
