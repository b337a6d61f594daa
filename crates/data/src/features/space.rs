//! How much of the disk files of features take.

use crate::DataError;
use crate::cache_file::{UnusedFile, files_in, remove_unused};
use convsweep_files::free_space;
use std::cmp::Reverse;
use std::fs;
use std::path::Path;

/// Files of features together take at most this part of what would be free without them.
const SHARE: u64 = 10;

/// Makes room for a file of so many bytes in the `folder` of the features: those that were
/// used least recently and that no process has open are removed. The bytes that all may take if
/// there is not enough room.
pub(super) fn make_room(folder: &Path, bytes: u64) -> Result<Option<u64>, DataError> {
    make_room_on_disk(folder, bytes, free_space(folder)?)
}

fn make_room_on_disk(folder: &Path, bytes: u64, free: u64) -> Result<Option<u64>, DataError> {
    let mut files = files_in(folder)?;
    for (file, _) in files.extract_if(.., |(file, _)| is_partial(file)) {
        // A killed process left it: only this one has the lock.
        fs::remove_file(&file.path).map_err(DataError::io("remove", &file.path))?;
    }
    let mut taken: u64 = files.iter().map(|(file, _)| file.bytes).sum();
    let most = free.saturating_add(taken) / SHARE;
    if bytes > most {
        return Ok(Some(most));
    }
    files.sort_by_key(|(file, _)| Reverse(file.idle));
    for (file, is_open) in &files {
        if taken.saturating_add(bytes) <= most {
            break;
        }
        if !is_open && remove_unused(file)? {
            taken -= file.bytes;
        }
    }
    Ok((taken.saturating_add(bytes) > most).then_some(most))
}

fn is_partial(file: &UnusedFile) -> bool {
    file.path
        .extension()
        .is_some_and(|extension| extension == "part")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};
    use std::time::{Duration, SystemTime};

    /// Files of 100 bytes each, the first of which was used last.
    fn folder_with(files: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..files {
            let path = folder.path().join(format!("{i}.features"));
            fs::write(&path, [0; 100]).unwrap();
            let time = SystemTime::now() - Duration::from_secs(60 * (i + 1));
            let times = FileTimes::new().set_accessed(time).set_modified(time);
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_times(times)
                .unwrap();
        }
        folder
    }

    fn left(folder: &Path) -> Vec<String> {
        let name = |file: (UnusedFile, bool)| file.0.path.file_name().unwrap().to_owned();
        let names = files_in(folder).unwrap().into_iter().map(name);
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn what_was_used_least_recently_makes_room() {
        let folder = folder_with(4);
        let path = folder.path();
        // A tenth of 3600 free bytes and 400 taken ones.
        assert_eq!(make_room_on_disk(path, 401, 3600).unwrap(), Some(400));
        assert_eq!(left(path).len(), 4, "nothing would be enough");
        assert_eq!(make_room_on_disk(path, 150, 3600).unwrap(), None);
        assert_eq!(left(path), ["0.features", "1.features"]);
        assert_eq!(make_room_on_disk(path, 10, 3600).unwrap(), None);
        assert_eq!(left(path).len(), 2, "there is room");
    }

    #[test]
    fn open_files_stay_and_those_of_killed_processes_go() {
        let folder = folder_with(2);
        let path = folder.path();
        fs::write(path.join("9.features.part"), [0; 100]).unwrap();
        let open = File::open(path.join("1.features")).unwrap();
        open.lock_shared().unwrap();
        assert_eq!(make_room_on_disk(path, 150, 1800).unwrap(), Some(200));
        assert_eq!(left(path), ["1.features"]);
    }
}
