//! Texts of experiment files as they were once, whatever the files have become.

use convsweep_plan::{Plan, from_disk};
use convsweep_spec::log::{Included, Revision};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// An experiment file and the files that it includes, as they were.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrozenFiles {
    /// Absolute path of the file.
    pub file: PathBuf,
    text: String,
    includes: Vec<Included>,
}

impl FrozenFiles {
    /// The files that a plan was made from.
    pub fn of_plan(plan: &Plan) -> FrozenFiles {
        FrozenFiles {
            file: plan.file.clone(),
            text: plan.text.clone(),
            includes: plan.includes.clone(),
        }
    }

    /// The files that a revision has recorded.
    pub fn of_revision(revision: &Revision) -> FrozenFiles {
        FrozenFiles {
            file: PathBuf::from(&revision.file),
            text: revision.text.clone(),
            includes: revision.includes.clone(),
        }
    }

    /// The text of a file as it was, else from the disk, of at most `most` bytes.
    ///
    /// # Errors
    /// If it is none of these files and cannot be read.
    pub fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let absolute = std::path::absolute(path)?;
        if is_same(&self.file, &absolute) {
            return Ok(self.text.clone().into_bytes());
        }
        for included in &self.includes {
            if is_same(&included.path, &absolute) {
                return Ok(included.text.clone().into_bytes());
            }
        }
        from_disk(path, most)
    }
}

/// Whether two paths name the same file, in whatever way they contain `..`.
fn is_same(a: &Path, b: &Path) -> bool {
    if a == b {
        return true;
    }
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(canonical_a), Ok(canonical_b)) => {
            a.file_name() == b.file_name() && canonical_a == canonical_b
        }
        _ => false,
    }
}
