//! Links out of the world of files.

use std::fs;
use std::path::Path;

/// Where the system makes files up: processes, devices, settings.
const PSEUDO_FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];
/// A folder in memory, which people keep images in.
const MEMORY_FOLDER: &str = "/dev/shm";

/// Whether a link leads to files that the system makes up, which have no end.
pub(super) fn leads_to_pseudo_files(link: &Path) -> bool {
    let Ok(target) = fs::canonicalize(link) else {
        return false;
    };
    let is_below = |folder: &&str| target.starts_with(folder);
    PSEUDO_FOLDERS.iter().any(is_below) && !is_below(&MEMORY_FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_to_what_the_system_makes_up_are_known() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let check = |target: &str, expected| {
            let link = folder.path().join("link");
            symlink(target, &link).expect("links");
            assert_eq!(leads_to_pseudo_files(&link), expected, "{target}");
            fs::remove_file(link).expect("removes");
        };
        check("/proc", true);
        check("/proc/version", true);
        check("/dev/null", true);
        check("/processes", false);
        check("/usr", false);
    }
}
