//! Reads a file and everything that it includes.

use super::documents::Documents;
use super::overlay::overlay;
use super::read::ReadFile;
use crate::language::suggest;
use crate::source::parse::parse_document;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::span::Span;
use crate::source::text::SourceText;
use crate::source::tree::Node;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::string::FromUtf8Error;

/// Largest experiment file, in bytes.
const LARGEST_FILE: u64 = 512 << 10;
/// Files of one plan at most.
const MAX_FILES: usize = 32;
/// Files of a folder that are compared with a name that does not exist.
const MAX_COMPARED: usize = 1000;

/// Reads `file` and what it includes; the including file overrides the included one.
///
/// # Errors
/// Everything that is wrong with the files as such.
pub(crate) fn load(file: &Path, read: &ReadFile) -> (Documents, Result<Node, Vec<Problem>>) {
    let mut loader = Loader {
        documents: Documents::default(),
        read,
        open_files: vec![],
        problems: vec![],
    };
    let root = match loader.file(file, None) {
        Some(root) if loader.problems.is_empty() => Ok(root),
        _ => Err(loader.problems),
    };
    (loader.documents, root)
}

struct Loader<'a> {
    documents: Documents,
    read: &'a ReadFile<'a>,
    /// The files whose includes are being read, the outermost first.
    open_files: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    /// The tree of a file, which is included at `from`.
    fn file(&mut self, file: &Path, from: Option<Span>) -> Option<Node> {
        let number = u32::try_from(self.documents.texts.len()).unwrap_or(u32::MAX);
        let text = match self.text(file, from) {
            Ok(text) => text,
            Err(problem) => {
                self.problems.push(*problem);
                // The problem is shown with the name of the experiment file even if that is the
                // file that cannot be read.
                if self.documents.texts.is_empty() {
                    self.documents.texts.push(SourceText {
                        name: file.display().to_string(),
                        text: String::new(),
                    });
                }
                return None;
            }
        };
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
        self.documents.texts.push(SourceText {
            name: file.display().to_string(),
            text: text.clone(),
        });
        self.documents.folders.push(folder.clone());
        self.documents.paths.push(absolute);
        match parse_document(&text, number) {
            Ok(root) => Some(self.with_includes(root, file, &folder)),
            Err(mut problems) => {
                self.problems.append(&mut problems);
                None
            }
        }
    }

    fn with_includes(&mut self, mut root: Node, file: &Path, folder: &Path) -> Node {
        let Some(include) = root.get("include").cloned() else {
            return root;
        };
        root.remove("include");
        self.open_files.push(normalized(file));
        let base = self.included(&include, folder);
        self.open_files.pop();
        match base {
            Some(base) => file_over(&base, &root),
            None => root,
        }
    }

    /// The merged tree of the files that `include` names; later ones override earlier ones.
    fn included(&mut self, include: &Node, folder: &Path) -> Option<Node> {
        let names = include.one_or_many();
        if names.is_empty() {
            let title = "`include` names no file";
            let problem = Problem::at(ProblemCode::WrongValue, include.span, title);
            let help = "include = \"base.toml\", or a list of files";
            self.problems.push(problem.help(help));
        }
        let mut base: Option<Node> = None;
        for name in names {
            if self.documents.texts.len() >= MAX_FILES {
                let title = format!("more than {MAX_FILES} files are included");
                let problem = Problem::at(ProblemCode::TooMany, name.span, title);
                self.problems.push(problem.label("one too many"));
                break;
            }
            let path = match self.include_path(name, folder) {
                Ok(path) => path,
                Err(problem) => {
                    self.problems.push(*problem);
                    continue;
                }
            };
            let Some(node) = self.file(&path, Some(name.span)) else {
                continue;
            };
            base = Some(match base {
                Some(base) => file_over(&base, &node),
                None => node,
            });
        }
        base
    }

    /// The path of an included file, which must not be open already.
    fn include_path(&self, name: &Node, folder: &Path) -> Result<PathBuf, Box<Problem>> {
        let Some(text) = name.text().filter(|t| !t.is_empty() && !t.contains('\0')) else {
            let title = format!("`include` takes files, not {}", name.type_name());
            let problem = Problem::at(ProblemCode::WrongType, name.span, title);
            return Err(Box::new(problem.help("include = \"base.toml\"")));
        };
        let path = folder.join(text);
        if !self.open_files.contains(&normalized(&path)) {
            return Ok(path);
        }
        let title = format!("\"{text}\" includes itself");
        let mut problem = Problem::at(ProblemCode::File, name.span, title).label("a circle");
        if let Some(last) = self.open_files.last() {
            problem = problem.note(format!("included from {}", last.display()));
        }
        let help = "move the common part into a file that includes neither";
        Err(Box::new(problem.help(help)))
    }

    fn text(&self, file: &Path, from: Option<Span>) -> Result<String, Box<Problem>> {
        let what = match from {
            Some(_) => "the included file",
            None => "the experiment file",
        };
        let bytes = match (self.read)(file, LARGEST_FILE) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
                let title = format!("{what} is too large");
                let why = format!("an experiment file has at most {LARGEST_FILE} bytes");
                return Err(Box::new(unreadable(from, title, why)));
            }
            Err(e) => {
                let title = format!("{what} cannot be read");
                let problem = unreadable(from, title, e.to_string());
                return Err(Box::new(match similar_file(file) {
                    Some(near) => problem.help(format!("did you mean \"{near}\"?")),
                    None => problem,
                }));
            }
        };
        String::from_utf8(bytes).map_err(|error| Box::new(not_utf8(from, what, &error)))
    }
}

fn not_utf8(from: Option<Span>, what: &str, error: &FromUtf8Error) -> Problem {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
    let why = format!("line {line} contains a byte that is not UTF-8");
    let problem = unreadable(from, format!("{what} is not a text file"), why);
    problem.help("save it as UTF-8")
}

/// A file that cannot be used, included at `from`.
fn unreadable(from: Option<Span>, title: String, why: String) -> Problem {
    match from {
        Some(span) => Problem::at(ProblemCode::File, span, title).note(why),
        None => Problem::nowhere(ProblemCode::File, title).label(why),
    }
}

/// A file laid over one that it includes: section by section, as the table of an axis is laid over
/// the one that it changes.
fn file_over(base: &Node, over: &Node) -> Node {
    let mut merged = base.clone();
    for entry in over.entries() {
        let node = match (merged.get(&entry.key), &*entry.key) {
            // The name of an experiment does not say what kind of thing it is, so that another
            // name does not replace the section.
            (Some(experiment), "experiment") if experiment.is_table() && entry.node.is_table() => {
                key_by_key(experiment, &entry.node)
            }
            (under, key) => overlay(under, &entry.node, key),
        };
        merged.insert(entry.with_node(node));
    }
    Node {
        span: over.span,
        ..merged
    }
}

fn key_by_key(base: &Node, over: &Node) -> Node {
    let mut merged = base.clone();
    for entry in over.entries() {
        merged.insert(entry.clone());
    }
    Node {
        span: over.span,
        ..merged
    }
}

/// The absolute path without `.` and `..`, so that equal files are recognised even if they do not
/// exist.
fn normalized(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut normalized = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => _ = normalized.pop(),
            Component::CurDir => {}
            part => normalized.push(part),
        }
    }
    normalized
}

/// A file with a similar name in the folder of a file that does not exist.
fn similar_file(file: &Path) -> Option<String> {
    if file.exists() {
        return None;
    }
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).ok()?.take(MAX_COMPARED) {
        if let Ok(name) = entry.ok()?.file_name().into_string()
            && name.ends_with(".toml")
        {
            names.push(name);
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = suggest::nearest(file.file_name()?.to_str()?, &names)?;
    Some(folder.join(near).display().to_string())
}
