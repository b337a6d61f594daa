//! Keeps other programs from locking each other out while a writer's program runs.
//!
//! When a connection closes, SQLite tries for an exclusive lock, to tidy the write-ahead log up.
//! The writer's own lock makes that fail, but older versions hold the "pending" byte for a moment
//! on the way, and a `sqlite3` that opens in this moment, having no patience, says "database is
//! locked". With that byte read-locked here for good, the attempt fails at once.

#[cfg(target_os = "linux")]
pub(crate) use linux::hold;

/// Elsewhere there are no locks of this kind: two readers of older versions may now and then meet.
#[cfg(not(target_os = "linux"))]
pub(crate) fn hold(_database: &std::path::Path) {}

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

    /// Held files by device and inode. They stay open until the program ends: to close one would
    /// drop the locks that SQLite holds on the same file in this process (POSIX locks belong to the
    /// process).
    static HELD: Mutex<BTreeMap<(u64, u64), File>> = Mutex::new(BTreeMap::new());

    /// Locks the byte for reading, as SQLite's own readers do in passing. A courtesy: where it
    /// fails, nothing is lost.
    pub(crate) fn hold(database: &Path) {
        let Ok(mut held) = HELD.lock() else { return };
        let Ok(place) = database.metadata().map(|m| (m.dev(), m.ino())) else {
            return;
        };
        if held.contains_key(&place) {
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
        held.insert(place, file);
    }
}
