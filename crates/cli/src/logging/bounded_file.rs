//! A log file that is appended to and never becomes larger than a bound.

use convsweep_files::Durability;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Appends to a file. When it would become too large, its older half is removed.
#[derive(Debug)]
pub struct BoundedFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    most_bytes: u64,
}

impl BoundedFile {
    /// Opens the file for appending, and creates it and its folder if they are missing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn open(path: &Path, most_bytes: u64) -> io::Result<BoundedFile> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let bytes = file.metadata()?.len();
        Ok(BoundedFile {
            path: path.to_path_buf(),
            file,
            bytes,
            most_bytes,
        })
    }

    /// Appends one line or several, with their ends.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.bytes + lines.len() as u64 > self.most_bytes {
            self.remove_older_half()?;
        }
        self.file.write_all(lines)?;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    fn remove_older_half(&mut self) -> io::Result<()> {
        let text = fs::read(&self.path)?;
        let middle = text.len() - text.len().min(self.most_bytes as usize / 2);
        let line_end = text[middle..].iter().position(|&byte| byte == b'\n');
        let newer = match line_end {
            Some(end) => &text[middle + end + 1..],
            None => &[],
        };
        convsweep_files::write(&self.path, newer, Durability::SystemCache)
            .map_err(|error| error.source)?;
        self.file = append(&self.path)?;
        self.bytes = newer.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_appends_and_keeps_the_newest_lines_within_its_bound() {
        let folder = tempfile::tempdir().expect("creates");
        let path = folder.path().join("new").join("run.log");
        for first in [0, 50] {
            let mut log = BoundedFile::open(&path, 100).expect("opens");
            for line in first..first + 50 {
                let text = format!("line {line}\n");
                log.append(text.as_bytes()).expect("appends");
                let size = path.metadata().expect("exists").len();
                assert!(size <= 100, "{size} bytes");
            }
        }
        let text = fs::read_to_string(&path).expect("reads");
        assert!(text.ends_with("line 98\nline 99\n"), "{text}");
        assert!(text.starts_with("line "), "{text}");
    }
}
