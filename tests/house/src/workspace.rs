//! All figures and violations of the workspace, by crate.

use crate::circles::circles;
use crate::forbidden::{self, Finding};
use crate::imports;
use crate::measure::{self, Sized, Tally};
use crate::names::TypeNames;
use crate::rooms::{self, Orders, RoomGraph};
use crate::source::{self, FileId, SourceFile, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A broken rule with its place as `file:line`, which editors can open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub rule: &'static str,
    pub place: String,
    pub text: String,
}

/// Files of a crate that use each other.
pub const FILE_CIRCLE: &str = "circle of files";
/// Rooms of a crate that use each other.
pub const ROOM_CIRCLE: &str = "circle of rooms";
/// A use that violates the order of the rooms, or a room that the order does not list.
pub const ROOM_ORDER: &str = "order of rooms";
/// A file below `src` that is never compiled.
pub const UNREACHED: &str = "file that no module declares";

/// The figures of one crate.
#[derive(Default)]
pub struct CrateFigures {
    pub name: String,
    pub code: Tally,
    pub tests: Tally,
    /// Files of code, with their lines.
    pub files: Vec<Sized>,
    pub file_circles: usize,
    pub room_circles: usize,
    /// The rooms in an order that their uses allow.
    pub rooms: String,
    /// Violations of rules without exceptions.
    pub violations: Vec<Violation>,
}

/// The figures of all crates.
#[derive(Default)]
pub struct Figures {
    pub crates: Vec<CrateFigures>,
    /// The tests over the real programs, in the folder `tests`.
    pub programs: Tally,
    pub type_names: TypeNames,
}

impl Figures {
    /// Reads the workspace in `root`. Fails on files that cannot be read or are not Rust.
    pub fn read(root: &Path) -> Result<Figures, String> {
        let architecture = root.join("ARCHITECTURE.md");
        let orders = std::fs::read_to_string(&architecture)
            .map_err(|error| format!("{}: {error}", architecture.display()))?;
        let orders = Orders::parse(&orders);
        let mut figures = Figures::default();
        for folder in crate_folders(root)? {
            let sources = Sources::read(root, &folder)?;
            let name = file_name(&folder);
            for file in &sources.files {
                figures.type_names.add(file);
            }
            let mut figures_of_crate = crate_figures(name, &sources, &orders);
            for path in rust_files(&folder.join("tests"), usize::MAX)? {
                figures_of_crate.tests += &tests_of(root, &path)?;
            }
            figures.crates.push(figures_of_crate);
        }
        // Tests over the real programs, which belong to no crate.
        for path in rust_files(&root.join("tests"), 1)? {
            figures.programs += &tests_of(root, &path)?;
        }
        Ok(figures)
    }

    /// The code of all crates together.
    pub fn code(&self) -> Tally {
        let mut sum = Tally::default();
        for crate_figures in &self.crates {
            sum += &crate_figures.code;
        }
        sum
    }

    /// All tests together.
    pub fn tests(&self) -> Tally {
        let mut sum = self.programs.clone();
        for crate_figures in &self.crates {
            sum += &crate_figures.tests;
        }
        sum
    }

    /// The sum of a count over all crates.
    pub fn sum(&self, count: fn(&CrateFigures) -> usize) -> usize {
        self.crates.iter().map(count).sum()
    }

    /// All files of code.
    pub fn files(&self) -> impl Iterator<Item = &Sized> {
        self.crates
            .iter()
            .flat_map(|crate_figures| &crate_figures.files)
    }
}

fn crate_figures(name: String, sources: &Sources, orders: &Orders) -> CrateFigures {
    let mut figures = CrateFigures {
        name,
        ..CrateFigures::default()
    };
    for file in &sources.files {
        let measured = measure::measure(file);
        figures.code += &measured.code;
        figures.tests += &measured.tests;
        if !file.is_test {
            figures.files.push(file_size(file));
        }
        for Finding { rule, line } in forbidden::findings(file) {
            figures
                .violations
                .push(violation(rule, &file.path, line, String::new()));
        }
    }
    for path in &sources.unreached {
        figures
            .violations
            .push(violation(UNREACHED, path, 1, String::new()));
    }
    add_circles(&mut figures, sources, orders);
    figures
}

fn add_circles(figures: &mut CrateFigures, sources: &Sources, orders: &Orders) {
    let files = imports::graph(sources);
    add_circles_of_files(figures, sources, &files);
    let rooms = rooms::graph(sources, &files);
    add_circles_of_rooms(figures, sources, &rooms);
    figures.rooms = rooms::in_order(&rooms);
    for (text, used) in orders.violations(&figures.name, &rooms) {
        let (path, line) = match &used {
            Some(used) => (path_of(sources, used.file), used.used.line),
            None => (Path::new("ARCHITECTURE.md"), 1),
        };
        figures
            .violations
            .push(violation(ROOM_ORDER, path, line, text));
    }
}

fn add_circles_of_files(figures: &mut CrateFigures, sources: &Sources, files: &imports::Graph) {
    let groups = circles(&targets(files));
    figures.file_circles = groups.len();
    for (index, group) in groups.iter().enumerate() {
        for (&from, uses) in files.iter().filter(|(from, _)| group.contains(from)) {
            for (&to, used) in uses.iter().filter(|(to, _)| group.contains(to)) {
                let (number, target) = (index + 1, path_of(sources, to).display());
                let text = format!("[{number}] uses `{}` of {target}", used.name);
                let path = path_of(sources, from);
                figures
                    .violations
                    .push(violation(FILE_CIRCLE, path, used.line, text));
            }
        }
    }
}

fn add_circles_of_rooms(figures: &mut CrateFigures, sources: &Sources, rooms: &RoomGraph) {
    let mut names: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (room, uses) in rooms {
        names.insert(room, uses.keys().collect());
    }
    let groups = circles(&names);
    figures.room_circles = groups.len();
    for (index, group) in groups.iter().enumerate() {
        for (from, uses) in rooms.iter().filter(|(from, _)| group.contains(from)) {
            for (to, used) in uses.iter().filter(|(to, _)| group.contains(to)) {
                let (number, name) = (index + 1, &used.used.name);
                let text = format!("[{number}] `{from}` uses `{name}` of `{to}`");
                let path = path_of(sources, used.file);
                figures
                    .violations
                    .push(violation(ROOM_CIRCLE, path, used.used.line, text));
            }
        }
    }
}

fn path_of(sources: &Sources, file: FileId) -> &Path {
    &sources.files[file].path
}

fn targets(files: &imports::Graph) -> BTreeMap<usize, BTreeSet<usize>> {
    files
        .iter()
        .map(|(&from, uses)| (from, uses.keys().copied().collect()))
        .collect()
}

fn file_size(file: &SourceFile) -> Sized {
    let size = file.text.lines().count();
    Sized {
        path: file.path.clone(),
        line: 1,
        name: String::new(),
        size,
    }
}

fn violation(rule: &'static str, path: &Path, line: usize, text: String) -> Violation {
    Violation {
        rule,
        place: format!("{}:{line}", path.display()),
        text,
    }
}

fn crate_folders(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut folders = Vec::new();
    for entry in WalkDir::new(root.join("crates"))
        .min_depth(1)
        .max_depth(1)
        .sort_by_file_name()
    {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.path().join("Cargo.toml").is_file() {
            folders.push(entry.into_path());
        }
    }
    Ok(folders)
}

/// The Rust files in a folder and at most `depth` levels below it; none if there is no folder.
fn rust_files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in WalkDir::new(folder).max_depth(depth).sort_by_file_name() {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn tests_of(root: &Path, path: &Path) -> Result<Tally, String> {
    let file = source::read_file(root, path, true)?;
    Ok(measure::measure(&file).tests)
}

fn file_name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
