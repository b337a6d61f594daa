//! Files and folders that match a pattern.

use glob::{MatchOptions, Pattern, PatternError, glob};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Any number of folders.
const RECURSIVE: &str = "**";
/// A wildcard does not stand for a separator of folders.
const WITHIN_NAMES: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// What matches a pattern.
#[derive(Debug, Default)]
pub struct MatchingPaths {
    /// The files and folders, sorted; none is in one of the folders.
    pub paths: Vec<PathBuf>,
    /// Why folders cannot be read, one for each.
    pub unreadable: Vec<String>,
}

/// The files and folders that match a pattern. Below `**`, each folder is entered once, whatever
/// links lead to it.
///
/// # Errors
/// If it is no pattern.
pub fn matching_paths(pattern: &str) -> Result<MatchingPaths, PatternError> {
    // Also refuses what is no pattern before anything is read.
    let paths = glob(pattern)?;
    let mut found = MatchingPaths::default();
    let parts: Vec<&str> = pattern.split('/').collect();
    let Some(place) = parts.iter().position(|part| *part == RECURSIVE) else {
        for path in paths {
            match path {
                Ok(path) => found.paths.push(path),
                Err(error) => found.unreadable.push(error.to_string()),
            }
        }
        return Ok(found);
    };
    let rest = Pattern::new(&parts[place..].join("/"))?;
    let above = parts[..place].join("/");
    let folders = match (place, above.as_str()) {
        (0, _) => vec![PathBuf::new()],
        (_, "") => vec![PathBuf::from("/")],
        _ => glob(&above)?.flatten().collect(),
    };
    let mut walk = PatternWalk {
        rest: &rest,
        known: HashSet::new(),
        links: Vec::new(),
        found: &mut found,
    };
    for folder in folders.iter().filter(|folder| is_folder(folder)) {
        walk.enter(folder, Path::new(""));
    }
    // What can be reached without links is found under its own name.
    while let Some((folder, below)) = walk.links.pop() {
        walk.enter(&folder, &below);
    }
    found.paths.sort();
    // What is in a folder that matches is found with the folder.
    found.paths.dedup_by(|path, above| path.starts_with(above));
    Ok(found)
}

/// A walk through folders.
struct PatternWalk<'a> {
    /// What stands in the pattern from `**` on.
    rest: &'a Pattern,
    /// Device and inode of the folders that have been entered.
    known: HashSet<(u64, u64)>,
    /// Links to folders that are still to be entered, with their paths from where the walk began.
    links: Vec<(PathBuf, PathBuf)>,
    found: &'a mut MatchingPaths,
}

impl PatternWalk<'_> {
    /// Looks into a folder, whose path from where the walk began is `below`.
    fn enter(&mut self, folder: &Path, below: &Path) {
        let here = or_current(folder);
        let Ok(metadata) = fs::metadata(here) else {
            return;
        };
        if !self.known.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        let entries = match fs::read_dir(here) {
            Ok(entries) => entries,
            Err(error) => {
                let problem = format!("cannot read folder {}: {error}", here.display());
                self.found.unreadable.push(problem);
                return;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (path, below) = (folder.join(&name), below.join(&name));
            if self.rest.matches_path_with(&below, WITHIN_NAMES) {
                self.found.paths.push(path.clone());
            }
            match path.is_dir() {
                true if path.is_symlink() => self.links.push((path, below)),
                true => self.enter(&path, &below),
                false => {}
            }
        }
    }
}

fn is_folder(path: &Path) -> bool {
    or_current(path).is_dir()
}

/// The path, or the current folder if it is empty.
fn or_current(path: &Path) -> &Path {
    match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with images, circles of links, and what matches the pattern in it.
    fn matching(pattern: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/cat/x")).expect("makes");
        fs::create_dir_all(path("b")).expect("makes");
        for name in [
            "a/1.png",
            "a/cat/2.png",
            "a/cat/x/3.png",
            "b/4.png",
            "5.png",
        ] {
            fs::write(path(name), "").expect("writes");
        }
        for (target, link) in [("../..", "a/cat/up"), ("..", "b/all"), (".", "a/self")] {
            symlink(target, path(link)).expect("links");
        }
        let found = matching_paths(&path(pattern).to_string_lossy()).expect("a pattern");
        assert_eq!(found.unreadable, Vec::<String>::new());
        let below = |found: &PathBuf| {
            let below = found.strip_prefix(folder.path()).expect("below");
            below.display().to_string()
        };
        found.paths.iter().map(below).collect()
    }

    #[test]
    fn circles_of_links_are_walked_once() {
        let all = [
            "5.png",
            "a/1.png",
            "a/cat/2.png",
            "a/cat/x/3.png",
            "b/4.png",
        ];
        let mut found = matching("**/*.png");
        let names = |paths: &[String]| {
            let mut names: Vec<String> = paths
                .iter()
                .filter_map(|path| Path::new(path).file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        found.sort();
        assert_eq!(names(&found), ["1.png", "2.png", "3.png", "4.png", "5.png"]);
        assert_eq!(found.len(), all.len());
        assert_eq!(
            names(&matching("a/**/?.png")).len(),
            5,
            "by way of the links"
        );
    }

    #[test]
    fn patterns_match_within_names() {
        assert_eq!(matching("*/*.png"), ["a/1.png", "b/4.png"]);
        assert_eq!(matching("*/cat"), ["a/cat"]);
        let folders = matching("a/**/x");
        assert_eq!(folders.len(), 1, "{folders:?}");
        assert_eq!(
            matching("**").len(),
            3,
            "what is in a folder is found with it"
        );
        assert!(matching_paths("a/***").is_err());
    }
}
