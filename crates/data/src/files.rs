//! Small things done with files: locks, writes that appear whole, checksums.

use crate::DataError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Holds a lock file as long as it lives; waits for whoever holds it before. The system frees it
/// when a process dies.
pub(crate) struct Lock(#[allow(dead_code)] File);

impl Lock {
    /// Locks `<folder>/<name>.lock`, making the folder.
    pub(crate) fn acquire(folder: &Path, name: &str) -> Result<Lock, DataError> {
        std::fs::create_dir_all(folder).map_err(DataError::io("make folder", folder))?;
        let path = folder.join(format!(".{name}.lock"));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.map_err(DataError::io("open", &path))?;
        file.lock().map_err(DataError::io("lock", &path))?;
        Ok(Lock(file))
    }
}

/// The whole content of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(DataError::io("read", path))
}

/// Checksum of a file of any size, as hexadecimal text.
pub(crate) fn checksum<D: sha2::Digest>(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(DataError::io("read", path))?;
    let (mut digest, mut buffer) = (D::new(), vec![0; 1 << 18]);
    loop {
        match file
            .read(&mut buffer)
            .map_err(DataError::io("read", path))?
        {
            0 => return Ok(hex(&digest.finalize())),
            n => digest.update(&buffer[..n]),
        }
    }
}

/// Checksum of bytes, as hexadecimal text.
pub(crate) fn checksum_of<D: sha2::Digest>(bytes: &[u8]) -> String {
    hex(&D::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Does `work` for every index below `count` on all cores; the results are in order.
pub(crate) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism()
        .map_or(1, |n| n.get())
        .min(count.max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let run = || {
            let mut mine = Vec::new();
            loop {
                let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if i >= count {
                    return mine;
                }
                mine.push((i, work(i)));
            }
        };
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for handle in handles {
            match handle.join() {
                Ok(mine) => all.extend(mine),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    results.sort_unstable_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_things() {
        assert_eq!(
            checksum_of::<md5::Md5>(b"abc"),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        assert_eq!(
            in_parallel(1000, |i| i * i),
            (0..1000).map(|i| i * i).collect::<Vec<_>>()
        );
    }
}
