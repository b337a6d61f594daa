//! Keeps other programs from seeing "database is locked" while a writer is open.
//!
//! When a connection closes, SQLite tries to get an exclusive lock in order to tidy up the
//! write-ahead log. The writer's own lock makes that fail, but older versions of SQLite hold the
//! "pending" byte for a moment before they notice, and a `sqlite3` that opens the database at that
//! moment without a busy timeout reports "database is locked". As long as the byte is read-locked
//! here, the attempt fails at once.

#[cfg(target_os = "linux")]
pub(crate) use linux::keep_pending_byte_locked;

/// Other systems lack open-file-description locks, so an old `sqlite3` may still see the error.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_pending_byte_locked(_database: &std::path::Path) {}

#[cfg(target_os = "linux")]
mod linux {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;
    use std::sync::Mutex;

    /// SQLite's pending byte (`PENDING_BYTE` in its `os.h`), part of the file format.
    const PENDING_BYTE: libc::off_t = 0x4000_0000;

    /// Locked files by device and inode. They stay open until the program ends: closing one would
    /// drop the locks that SQLite holds on the same file in this process, since POSIX locks belong
    /// to the process.
    static LOCKED: Mutex<BTreeMap<(u64, u64), File>> = Mutex::new(BTreeMap::new());

    /// Read-locks the byte, as SQLite's own readers do briefly. A failure is ignored: the database
    /// works without the lock, and only the rare error described above comes back.
    pub(crate) fn keep_pending_byte_locked(database: &Path) {
        let Ok(mut locked) = LOCKED.lock() else {
            return;
        };
        let Ok(file_id) = database.metadata().map(|m| (m.dev(), m.ino())) else {
            return;
        };
        if locked.contains_key(&file_id) {
            return;
        }
        let Ok(file) = File::open(database) else {
            return;
        };
        let lock = libc::flock {
            l_type: libc::F_RDLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: PENDING_BYTE,
            l_len: 1,
            l_pid: 0,
        };
        let _ = fcntl(&file, FcntlArg::F_OFD_SETLK(&lock));
        locked.insert(file_id, file);
    }
}
