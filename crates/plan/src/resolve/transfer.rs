//! `train.from`: the file that weights come from, and whether they fit the network.

use super::internal::not_resolved;
use super::layer_patterns::LayerPatterns;
use super::lookup::{Inputs, WeightsOf};
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::canonical::hash_of;
use convsweep_spec::pattern::HEAD;
use convsweep_spec::shape::TensorShape;
use convsweep_spec::words::counted;
use convsweep_weights::{
    FileTensor, KnownNetwork, LARGEST_FILE, TensorMatch, Transfer, WeightFile, assign, recognise,
};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Problems of one file that are shown.
const MAX_SHOWN: usize = 6;

/// Resolved `train.from`, with what the file contains.
#[derive(Clone, Debug)]
pub(super) struct ResolvedTransfer {
    pub transfer: Transfer,
    pub path: PathBuf,
    file: Rc<ReadWeights>,
    span: Span,
}

/// What was read of a file of weights.
#[derive(Debug)]
struct ReadWeights {
    hash: String,
    /// Keys of the dictionaries around the model.
    wrapper: Vec<String>,
    tensors: Vec<FileTensor>,
    network: Option<KnownNetwork>,
}

/// Resolves `train.from`; each file is read once.
pub(super) struct TransferReader<'a> {
    inputs: Inputs<'a>,
    /// Name of the experiment that is planned.
    experiment: Option<&'a str>,
    /// The files that have been read, or why they could not be.
    files: HashMap<PathBuf, Result<Rc<ReadWeights>, String>>,
}

impl<'a> TransferReader<'a> {
    pub(super) fn new(inputs: Inputs<'a>, experiment: Option<&'a str>) -> TransferReader<'a> {
        TransferReader {
            inputs,
            experiment,
            files: HashMap::new(),
        }
    }

    /// Resolves `train.from`.
    pub(super) fn read(
        &mut self,
        node: &Node,
        patterns: &mut LayerPatterns,
        sink: &mut ProblemSink,
    ) -> Option<ResolvedTransfer> {
        let reader = TableReader::new(node, tables::FROM);
        let (key, origin) = sink.ok(only_origin(node, &reader))?;
        let path = match self.path(key, origin) {
            Ok(path) => path,
            Err(why) => {
                let text = origin.text()?;
                let title = format!("there are no weights of {key} \"{text}\": {why}");
                sink.report(Problem::of(ProblemCode::Weights, origin, title));
                return None;
            }
        };
        let file = match self.file(&path) {
            Ok(file) => file,
            Err(why) => {
                let title = format!("{} {why}", path.display());
                sink.report(Problem::of(ProblemCode::Weights, origin, title));
                return None;
            }
        };
        let anew = match reader.given("head") {
            Some(head) => Some(new_layers(head, patterns, sink)?),
            None => None,
        };
        let map = sink.ok(layer_map(&reader.node("map")?))?;
        Some(ResolvedTransfer {
            transfer: Transfer {
                hash: file.hash.clone(),
                map,
                reinitialised: anew,
            },
            path,
            file,
            span: origin.span,
        })
    }

    /// The file that the weights come from.
    fn path(&self, key: &str, origin: &Node) -> Result<PathBuf, String> {
        let text = origin.text().unwrap_or_default();
        match key {
            "weights" => Ok(self.inputs.documents.resolve_path(origin.span, text)),
            "experiment" if self.experiment == Some(text) => {
                Err("an experiment cannot start from its own best job".into())
            }
            "experiment" => self.inputs.lookup.weights(WeightsOf::Experiment(text)),
            "job" => self.inputs.lookup.weights(WeightsOf::Job(text)),
            other => Err(format!("weights cannot come from a {other}")),
        }
    }

    fn file(&mut self, path: &Path) -> Result<Rc<ReadWeights>, String> {
        if let Some(file) = self.files.get(path) {
            return file.clone();
        }
        let file = match (self.inputs.read)(path, LARGEST_FILE) {
            Ok(bytes) => ReadWeights::of(&bytes).map(Rc::new),
            Err(e) => Err(format!("cannot be read: {e}")),
        };
        self.files.insert(path.to_path_buf(), file.clone());
        file
    }
}

impl ReadWeights {
    fn of(bytes: &[u8]) -> Result<ReadWeights, String> {
        let file = WeightFile::read(bytes)?;
        Ok(ReadWeights {
            hash: hash_of(bytes),
            network: recognise(&file.tensors),
            wrapper: file.wrapper,
            tensors: file.tensors,
        })
    }
}

/// The one key that says where weights come from.
fn only_origin<'a>(
    node: &Node,
    reader: &TableReader<'a>,
) -> Result<(&'static str, &'a Node), Box<Problem>> {
    let keys = ["weights", "experiment", "job"];
    let given: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((*key, reader.given(key)?)))
        .collect();
    let (code, title) = match given[..] {
        [one] => return Ok(one),
        [] => (
            ProblemCode::Missing,
            "train.from does not say where the weights come from",
        ),
        [..] => (ProblemCode::Conflict, "train.from names two origins"),
    };
    let help = "one of weights = \"FILE\", experiment = \"NAME\" and job = \"ID\"";
    Err(Box::new(Problem::of(code, node, title).help(help)))
}

/// The layers that `head` reinitialises.
fn new_layers(
    node: &Node,
    patterns: &mut LayerPatterns,
    sink: &mut ProblemSink,
) -> Option<Vec<String>> {
    match node.text() {
        Some("new") => Some(vec![HEAD.to_string()]),
        Some("keep") => Some(vec![]),
        Some(other) => not_resolved(node, "treatment of the head", other, sink),
        None => Some(patterns.read(node, sink)),
    }
}

/// Names of layers in the file and their names here.
fn layer_map(node: &Node) -> Result<BTreeMap<String, String>, Box<Problem>> {
    let help =
        "map = { \"their name\" = \"conv1\" }: names of layers, without `.weight` and `.bias`";
    if !node.is_table() {
        let title = "`train.from.map` must be a table of names";
        let problem = Problem::of(ProblemCode::WrongType, node, title);
        return Err(Box::new(problem.help(help)));
    }
    let mut map = BTreeMap::new();
    for entry in node.entries() {
        let Some(target) = entry.node.text() else {
            let found = entry.node.type_name();
            let title = format!("`train.from.map` maps \"{}\" to {found}", entry.key);
            let problem = Problem::of(ProblemCode::WrongType, &entry.node, title);
            return Err(Box::new(problem.help(help)));
        };
        let stars = entry.key.matches('*').count();
        if stars > 1 || target.matches('*').count() > stars {
            let title = format!(
                "`train.from.map` cannot map \"{}\" to \"{target}\"",
                entry.key
            );
            let problem = Problem::of(ProblemCode::WrongValue, &entry.node, title);
            let help = "write at most one `*` in their name, and in ours only if theirs has one";
            return Err(Box::new(problem.help(help)));
        }
        map.insert(entry.key.to_string(), target.to_string());
    }
    Ok(map)
}

impl ResolvedTransfer {
    /// Checks that the file's tensors fit the network; what a user should know about how they do.
    pub(super) fn check(&self, network: &[TensorShape], sink: &mut ProblemSink) -> Option<String> {
        let file = short_path(&self.path);
        match assign(&self.file.tensors, network, &self.transfer) {
            Ok(matched) => Some(note(&file, &matched, &self.file)),
            Err(problems) => {
                let help = self.preset();
                let left = problems.len().saturating_sub(MAX_SHOWN);
                for problem in problems.into_iter().take(MAX_SHOWN) {
                    self.report(format!("{file} {problem}"), help.as_deref(), sink);
                }
                if left > 0 {
                    let more = counted(left as u64, "more tensor");
                    self.report(format!("{file} does not fit in {more}"), None, sink);
                }
                None
            }
        }
    }

    /// The shipped architecture that the file's weights belong to.
    fn preset(&self) -> Option<String> {
        let network = self.file.network.as_ref()?;
        let (name, preset) = (&network.name, network.preset?);
        let parameters = match network.parameters.as_str() {
            "" => String::new(),
            parameters => format!(", parameters = {{ {parameters} }}"),
        };
        Some(format!(
            "the file looks like torchvision's {name}: [model] preset = \"{preset}\"{parameters}"
        ))
    }

    fn report(&self, title: String, help: Option<&str>, sink: &mut ProblemSink) {
        let problem = Problem::at(ProblemCode::Weights, self.span, title);
        sink.report(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }
}

fn note(file: &str, matched: &TensorMatch, read: &ReadWeights) -> String {
    let mut note = format!("weights from {file}");
    if !read.wrapper.is_empty() {
        note += &format!(", its \"{}\"", read.wrapper.join("."));
    }
    if let Some(network) = &read.network {
        note += &format!(" (torchvision's {})", network.name);
    }
    let tensors = counted(matched.pairs.len() as u64, "tensor");
    note += &format!(": {tensors}");
    if matched.by_order {
        note += ", matched by kind and order of the layers";
    }
    if !matched.reinitialised.is_empty() {
        note += &format!("; reinitialised: {}", matched.reinitialised.join(", "));
    }
    note
}

/// The name of a file, with the folder that distinguishes the files of jobs.
fn short_path(path: &Path) -> String {
    let mut parts: Vec<_> = path.iter().rev().map(|p| p.to_string_lossy()).collect();
    let is_of_job = parts
        .first()
        .is_some_and(|name| name == "model.safetensors");
    parts.truncate(if is_of_job { 2 } else { 1 });
    parts.reverse();
    parts.join("/")
}
