//! A second lock on the lock file, which can be asked for without being taken.
//!
//! Whether somebody holds a `flock` can only be found out by trying to take it, and a run that
//! starts at that moment would find the folder in use. Locks of ranges can be asked for.

#[cfg(target_os = "linux")]
pub(super) use linux::{IS_SUPPORTED, hold, is_held};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{IS_SUPPORTED, hold, is_held};

#[cfg(target_os = "linux")]
mod linux {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;
    use std::fs::File;

    pub(crate) const IS_SUPPORTED: bool = true;

    /// Locks the whole file for as long as it is open; whether that succeeded.
    pub(crate) fn hold(file: &File) -> bool {
        fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))).is_ok()
    }

    /// Whether another open file holds the lock; `None` if the file system does not say.
    pub(crate) fn is_held(file: &File) -> Option<bool> {
        let mut lock = whole_file(libc::F_RDLCK);
        fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).ok()?;
        Some(i32::from(lock.l_type) != libc::F_UNLCK)
    }

    fn whole_file(kind: i32) -> libc::flock {
        libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        }
    }
}

/// Other systems lack locks of ranges that belong to an open file.
#[cfg(not(target_os = "linux"))]
mod other {
    use std::fs::File;

    pub(crate) const IS_SUPPORTED: bool = false;

    pub(crate) fn hold(_file: &File) -> bool {
        false
    }

    pub(crate) fn is_held(_file: &File) -> Option<bool> {
        None
    }
}
