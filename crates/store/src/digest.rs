//! The digest of the database file, by which a change from outside is noticed: a flipped bit, or an
//! edit by another program.
//!
//! SQLite does not check the pages that it reads. So the writer leaves a BLAKE3 hash of the file
//! beside it when it closes, and removes the hash before it writes again. A reader compares the
//! two. No hash means that a run is in progress, or that the last one was killed.

use convsweep_files::{
    Durability, beside, hash_regular, length_before_hole, open_regular, read_regular,
};
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Largest digest that is read, in bytes.
const MOST_BYTES: u64 = 1024;

/// Whether the database file is what the writer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// It is.
    Intact,
    /// It has changed since.
    Changed,
    /// There is no digest: a run is in progress, the last one was killed, or an older program
    /// wrote the database.
    Unknown,
}

impl Integrity {
    /// Compares the database of a results folder with its digest.
    ///
    /// To be asked before the database is opened: reading the file closes it again, and with it go
    /// the locks that SQLite holds on it in this process.
    pub fn of_results(results: &ResultsFolder) -> Integrity {
        Integrity::of(&results.database())
    }

    /// Compares a database with its digest.
    pub(crate) fn of(database: &Path) -> Integrity {
        // Without a digest the file need not be read, however large it is.
        let Ok(expected) = read_regular(&path(database), MOST_BYTES) else {
            return Integrity::Unknown;
        };
        let found = match digest_unless_sparse(database) {
            Ok(Some(found)) => found,
            // Not read: SQLite leaves no such holes, and reading one may take hours.
            Ok(None) => return Integrity::Changed,
            Err(_) => return Integrity::Unknown,
        };
        let log = beside(database, "-wal").metadata();
        if log.is_ok_and(|log| log.len() > 0) {
            return Integrity::Unknown;
        }
        if expected == found.as_bytes() {
            return Integrity::Intact;
        }
        // A writer that began meanwhile has removed the digest.
        match read_regular(&path(database), MOST_BYTES) {
            Ok(still) if still == expected => Integrity::Changed,
            Ok(_) | Err(_) => Integrity::Unknown,
        }
    }
}

/// Leaves the digest of a database that is complete and no longer written.
pub(crate) fn write(database: &Path) -> io::Result<()> {
    let digest = digest(database)?;
    convsweep_files::write(&path(database), digest.as_bytes(), Durability::SystemCache)
        .map_err(|error| error.source)
}

/// Removes the digest of a database that is about to be written.
pub(crate) fn remove(database: &Path) -> io::Result<()> {
    match fs::remove_file(path(database)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The digest's file: 64 hexadecimal digits and a line end.
pub(crate) fn path(database: &Path) -> PathBuf {
    beside(database, ".blake3")
}

/// `None` for a file with a hole of more than 1 GiB.
fn digest_unless_sparse(database: &Path) -> io::Result<Option<String>> {
    let (file, metadata) = open_regular(database).map_err(|error| error.source)?;
    let unread = metadata.len() - length_before_hole(&file)?.bytes.min(metadata.len());
    match unread > 1 << 30 {
        true => Ok(None),
        false => digest(database).map(Some),
    }
}

fn digest(database: &Path) -> io::Result<String> {
    let hash = hash_regular(database).map_err(|error| error.source)?;
    Ok(format!("{hash}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("convsweep.sqlite");
        fs::write(&database, [7; 5000]).expect("writes");
        assert_eq!(Integrity::of(&database), Integrity::Unknown);
        write(&database).expect("writes");
        assert_eq!(Integrity::of(&database), Integrity::Intact);
        for position in [0, 2500, 4999] {
            let mut bytes = vec![7; 5000];
            bytes[position] ^= 1;
            fs::write(&database, &bytes).expect("writes");
            assert_eq!(Integrity::of(&database), Integrity::Changed);
        }
        let file = fs::File::create(&database).expect("creates");
        file.set_len(4 << 40).expect("a sparse file");
        assert_eq!(Integrity::of(&database), Integrity::Changed);
        fs::write(&database, [7; 4999]).expect("writes");
        assert_eq!(Integrity::of(&database), Integrity::Changed);
        fs::write(folder.path().join("convsweep.sqlite-wal"), "x").expect("writes");
        assert_eq!(Integrity::of(&database), Integrity::Unknown);
        remove(&database).expect("removes");
        remove(&database).expect("nothing to remove");
        assert_eq!(Integrity::of(&database), Integrity::Unknown);
    }
}
