//! The texts of a plan: the file, what it includes, the overrides of the command line; and other
//! files that it names.

use crate::document::merge::overlay;
use crate::language::suggest;
use crate::source::problem::{Problem, Source};
use crate::source::tree::{Entry, Node, Origin, parse_document};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest experiment file, in bytes.
const LARGEST_FILE: u64 = 512 << 10;
/// Files that one file may include, directly or not.
const MOST_FILES: usize = 32;

/// Largest text that is read, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 << 20;

/// How a file of at most so many bytes is read: from the disk, or from what a revision recorded.
pub type ReadFile<'a> = dyn Fn(&Path, u64) -> io::Result<Vec<u8>> + 'a;

/// Reads a file of at most `most` bytes from the disk.
///
/// # Errors
/// What the system says; `FileTooLarge` for a larger one, of which no more than `most` bytes are
/// read. Of what is no file (a device, a pipe) no more than 64 MiB are read, since it does not say
/// how many it has.
pub fn from_disk(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let found = file.metadata()?;
    let most = if found.is_file() {
        most
    } else {
        most.min(LARGEST_TEXT)
    };
    let too_large = || {
        io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {most} bytes"),
        )
    };
    if found.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

/// The texts of a plan, numbered as [`Origin::source`] counts them.
#[derive(Debug)]
pub(crate) struct Sources {
    pub texts: Vec<Source>,
    /// Folder of each file; overrides, which come after the files, have none.
    pub folders: Vec<PathBuf>,
    /// Absolute paths of the files.
    pub paths: Vec<PathBuf>,
}

impl Sources {
    /// A path that stands at `at`: relative to its file, or to where the user stands.
    pub(crate) fn path(&self, at: Origin, text: &str) -> PathBuf {
        self.folders
            .get(at.source as usize)
            .map_or_else(|| PathBuf::from(text), |folder| folder.join(text))
    }
}

/// Reads `file` and everything that it includes; the including file lies over what it includes.
pub(crate) fn load(file: &Path, read: &ReadFile) -> (Sources, Result<Node, Vec<Problem>>) {
    let sources = Sources {
        texts: vec![],
        folders: vec![],
        paths: vec![],
    };
    let mut loader = Loader {
        sources,
        read,
        chain: vec![],
        problems: vec![],
    };
    let root = loader.file(file, None);
    let root = match root {
        Some(root) if loader.problems.is_empty() => Ok(root),
        _ => Err(loader.problems),
    };
    (loader.sources, root)
}

struct Loader<'a> {
    sources: Sources,
    read: &'a ReadFile<'a>,
    /// Files that are being read, the outermost first.
    chain: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    /// The tree of a file; `from` is the place that includes it.
    fn file(&mut self, file: &Path, from: Option<Origin>) -> Option<Node> {
        let number = u32::try_from(self.sources.texts.len()).unwrap_or(u32::MAX);
        let text = self.text(file, from)?;
        self.sources.texts.push(Source {
            name: file.display().to_string(),
            text: text.clone(),
        });
        self.sources
            .folders
            .push(file.parent().unwrap_or(Path::new("")).to_path_buf());
        self.sources
            .paths
            .push(std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()));
        let mut root = match parse_document(&text, number) {
            Ok(root) => root,
            Err(mut problems) => {
                self.problems.append(&mut problems);
                return None;
            }
        };
        let Some(include) = root.get("include").cloned() else {
            return Some(root);
        };
        root.remove("include");
        self.chain.push(plain(file));
        let base = self.included(&include, file.parent().unwrap_or(Path::new("")));
        self.chain.pop();
        Some(base.map_or(root.clone(), |base| over(&base, &root)))
    }

    /// What the files that `include` names make together, later ones over earlier ones.
    fn included(&mut self, include: &Node, folder: &Path) -> Option<Node> {
        let single = std::slice::from_ref(include);
        let names = if include.text().is_some() {
            single
        } else {
            include.items()
        };
        if names.is_empty() {
            let problem = Problem::new(include.at, "`include` names no file", "");
            self.problems
                .push(problem.help("include = \"base.toml\", or a list of such files"));
        }
        let mut base: Option<Node> = None;
        for name in names {
            let Some(text) = name.text().filter(|t| !t.is_empty() && !t.contains('\0')) else {
                let title = format!("`include` takes files, not {}", name.type_name());
                self.problems
                    .push(Problem::new(name.at, title, "").help("include = \"base.toml\""));
                continue;
            };
            let path = folder.join(text);
            if self.chain.contains(&plain(&path)) {
                let title = format!("\"{text}\" is included by itself");
                let last = self
                    .chain
                    .last()
                    .map(|p| p.display().to_string())
                    .unwrap_or_default();
                let problem = Problem::new(name.at, title, "a circle").note(format!("from {last}"));
                self.problems
                    .push(problem.help("take the common part into a file that includes neither"));
                continue;
            }
            if self.sources.texts.len() >= MOST_FILES {
                let title = format!("more than {MOST_FILES} files are included");
                self.problems
                    .push(Problem::new(name.at, title, "one too many"));
                break;
            }
            if let Some(node) = self.file(&path, Some(name.at)) {
                base = Some(base.map_or(node.clone(), |base| over(&base, &node)));
            }
        }
        base
    }

    fn text(&mut self, file: &Path, from: Option<Origin>) -> Option<String> {
        let what = if from.is_some() {
            "the included file"
        } else {
            "the experiment file"
        };
        let mut wrong = |title: String, label: String, help: Option<String>| {
            let problem = match from {
                Some(at) => Problem::new(at, title, "").note(label),
                None => Problem::nowhere(title, label),
            };
            self.problems.push(match help {
                Some(help) => problem.help(help),
                None => problem,
            });
            if self.sources.texts.is_empty() {
                self.sources.texts.push(Source {
                    name: file.display().to_string(),
                    text: String::new(),
                });
            }
            None
        };
        let bytes = match (self.read)(file, LARGEST_FILE) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
                return wrong(
                    format!("{what} is too large"),
                    format!("an experiment file has at most {LARGEST_FILE} bytes"),
                    None,
                );
            }
            Err(e) => return wrong(format!("{what} cannot be read"), e.to_string(), near(file)),
        };
        String::from_utf8(bytes).map_or_else(
            |e| {
                let good = e.utf8_error().valid_up_to();
                let line = e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
                let label = format!("line {line} has a byte that is not UTF-8");
                wrong(
                    format!("{what} is not a text"),
                    label,
                    Some("save it as UTF-8".into()),
                )
            },
            Some,
        )
    }
}

/// A file over the one that it includes: section by section, as an axis's table lies over the one
/// that it changes.
fn over(base: &Node, root: &Node) -> Node {
    let mut merged = base.clone();
    for entry in root.entries() {
        let node = match (merged.get(&entry.key), &*entry.key) {
            // A name of an experiment is no kind of thing that would bring options of its own.
            (Some(experiment), "experiment") if experiment.is_table() && entry.node.is_table() => {
                let mut merged = experiment.clone();
                entry
                    .node
                    .entries()
                    .iter()
                    .for_each(|e| merged.put(e.clone()));
                Node {
                    at: entry.node.at,
                    ..merged
                }
            }
            (held, key) => overlay(held, &entry.node, key),
        };
        merged.put(Entry {
            node,
            ..entry.clone()
        });
    }
    Node {
        at: root.at,
        ..merged
    }
}

/// The path without `.` and `..`, so that a circle is seen; files need not exist.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            std::path::Component::ParentDir => _ = plain.pop(),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The file of a similar name beside a file that is not there.
fn near(file: &Path) -> Option<String> {
    if file.exists() {
        return None;
    }
    let folder = file
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(1000)
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .collect();
    let tomls: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|n| n.ends_with(".toml"))
        .collect();
    let near = suggest::nearest(file.file_name()?.to_str()?, &tomls)?;
    Some(format!("did you mean \"{}\"?", folder.join(near).display()))
}
