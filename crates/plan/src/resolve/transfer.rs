//! `train.from`: the file that weights come from, and whether they fit the network.

use super::patterns::Patterns;
use crate::language::check::Sink;
use crate::language::reader::Reader;
use crate::language::tables;
use crate::resolve::lookup::Trained;
use crate::resolve::resolver::Around;
use crate::source::problem::Problem;
use crate::source::tree::{Node, Origin};
use convsweep_spec::canonical::hash_of;
use convsweep_spec::pattern::HEAD;
use convsweep_spec::shape::TensorShape;
use convsweep_spec::weights::{Held, Transfer, assign, read};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Largest file of weights that is read, in bytes.
const LARGEST_WEIGHTS: u64 = 4 << 30;
/// Problems of one file that are shown.
const MOST: usize = 6;

/// Resolved `train.from` with what the file holds.
#[derive(Clone, Debug)]
pub(crate) struct From {
    pub transfer: Transfer,
    pub path: PathBuf,
    held: Rc<Vec<Held>>,
    at: Origin,
}

/// Files that have been read, each once: hash and tensors, or why there are none.
pub(crate) type Files = HashMap<PathBuf, Result<(String, Rc<Vec<Held>>), String>>;

/// Resolves `train.from` of the experiment called `own`.
pub(crate) fn from(
    node: &Node,
    own: Option<&str>,
    around: &Around,
    files: &mut Files,
    patterns: &mut Patterns,
    sink: &mut Sink,
) -> Option<From> {
    let reader = Reader::new(node, tables::FROM);
    let sources: Vec<_> = ["weights", "experiment", "job"]
        .iter()
        .filter_map(|k| Some((*k, reader.given(k)?)))
        .collect();
    let [(key, source)] = sources[..] else {
        let title = if sources.is_empty() {
            "does not say where the weights come from"
        } else {
            "names two sources"
        };
        let help = "one of weights = \"FILE\", experiment = \"NAME\" and job = \"ID\"";
        sink.at(node, format!("train.from {title}"), "", help.into());
        return None;
    };
    let text = source.text()?;
    let path = match key {
        "weights" => Ok(around.sources.path(source.at, text)),
        "experiment" if own == Some(text) => {
            Err("this is that experiment: its best job would start from itself".into())
        }
        "experiment" => around.known.weights(Trained::Experiment(text)),
        _ => around.known.weights(Trained::Job(text)),
    };
    let wrong = |title: String, sink: &mut Sink| {
        sink.at(source, title, "", String::new());
        None
    };
    let path = match path {
        Ok(path) => path,
        Err(why) => {
            return wrong(
                format!("there are no weights of {key} \"{text}\": {why}"),
                sink,
            );
        }
    };
    let read = files.entry(path.clone()).or_insert_with(|| {
        let file =
            (around.read)(&path, LARGEST_WEIGHTS).map_err(|e| format!("cannot be read: {e}"))?;
        Ok((hash_of(&file), Rc::new(read(&file)?)))
    });
    let (hash, held) = match read {
        Ok((hash, held)) => (hash.clone(), held.clone()),
        Err(why) => return wrong(format!("{} {why}", path.display()), sink),
    };
    let anew = reader.given("head").map(|head| match head.text() {
        Some("new") => vec![HEAD.to_string()],
        Some(_) => vec![],
        None => patterns.read(head, sink),
    });
    let map = map(&reader.node("map")?, sink)?;
    Some(From {
        transfer: Transfer { hash, map, anew },
        path,
        held,
        at: source.at,
    })
}

fn map(node: &Node, sink: &mut Sink) -> Option<BTreeMap<String, String>> {
    let mut map = BTreeMap::new();
    let help =
        "map = { \"their name\" = \"conv1\" }: names of layers, without `.weight` and `.bias`";
    if !node.is_table() {
        sink.at(
            node,
            "`train.from.map` takes a table of names".into(),
            "",
            help.into(),
        );
        return None;
    }
    for entry in node.entries() {
        let Some(target) = entry.node.text() else {
            let title = format!(
                "`train.from.map` names \"{}\" by {}",
                entry.key,
                entry.node.type_name()
            );
            sink.at(&entry.node, title, "", help.into());
            return None;
        };
        let stars = |text: &str| text.matches('*').count();
        if stars(&entry.key) > 1 || stars(target) > stars(&entry.key) {
            let title = format!(
                "`train.from.map` cannot take \"{}\" to \"{target}\"",
                entry.key
            );
            sink.at(
                &entry.node,
                title,
                "",
                "one `*` in their name, and in ours one or none".into(),
            );
            return None;
        }
        map.insert(entry.key.to_string(), target.to_string());
    }
    Some(map)
}

impl From {
    /// Whether the file's tensors fit the network's; what a person should know of how they do.
    pub(crate) fn fit(&self, network: &[TensorShape], sink: &mut Sink) -> Option<String> {
        let file = short(&self.path);
        match assign(&self.held, network, &self.transfer) {
            Ok(found) => {
                let order = if found.by_order {
                    ", layers of a kind in their order"
                } else {
                    ""
                };
                let anew = match found.anew.is_empty() {
                    true => String::new(),
                    false => format!("; {} anew", found.anew.join(", ")),
                };
                Some(format!(
                    "weights from {file}: {} tensors{order}{anew}",
                    found.pairs.len()
                ))
            }
            Err(problems) => {
                let left = problems.len().saturating_sub(MOST);
                for problem in problems.into_iter().take(MOST) {
                    sink.push(Problem::new(self.at, format!("{file} {problem}"), ""));
                }
                if left > 0 {
                    sink.push(Problem::new(
                        self.at,
                        format!("{file} does not fit in {left} more tensors"),
                        "",
                    ));
                }
                None
            }
        }
    }
}

/// The end of a path, with the folder that tells jobs apart.
fn short(path: &Path) -> String {
    let mut parts: Vec<_> = path
        .iter()
        .rev()
        .take(2)
        .map(|p| p.to_string_lossy())
        .collect();
    if parts.first().is_none_or(|name| name != "model.safetensors") {
        parts.truncate(1);
    }
    parts.reverse();
    parts.join("/")
}
