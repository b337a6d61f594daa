//! `--set` and `--seeds` of the command line.

use crate::document::merge::{self, Alternatives, split_path};
use crate::grid::axes::Axes;
use crate::language::suggest;
use crate::language::tables;
use crate::source::problem::{Problem, Source};
use crate::source::tree::{Node, Origin, Value, parse_value};
use convsweep_spec::canonical::{digest, short};
use std::str::FromStr;

/// What the command line changes of the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Arguments of `--set`, as `train.epochs=2`.
    pub set: Vec<String>,
    /// Argument of `--seeds`.
    pub seeds: Option<Seeds>,
}

/// Seeds in place of the file's: `"3"` means 0, 1, 2; `"0,1,5"` is taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub Vec<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        let wrong =
            || format!("`{text}` is neither a number of seeds (3) nor a list of them (0,1,5)");
        let parts: Result<Vec<u64>, _> = text.split(',').map(|p| p.trim().parse::<u64>()).collect();
        let seeds = match parts.map_err(|_| wrong())?[..] {
            [count @ 1..=1_000_000] if !text.contains(',') => (0..count).collect(),
            [_] if !text.contains(',') => return Err(wrong()),
            ref list => list.to_vec(),
        };
        let mut sorted = seeds.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let large = seeds.iter().any(|s| i64::try_from(*s).is_err());
        if sorted.len() < seeds.len() || large {
            Err(wrong())
        } else {
            Ok(Seeds(seeds))
        }
    }
}

impl Overrides {
    /// As they are recorded with a revision.
    pub fn words(&self) -> Vec<String> {
        let seeds = self.seeds.iter().map(|Seeds(seeds)| {
            let list: Vec<_> = seeds.iter().map(u64::to_string).collect();
            format!("--seeds {}", list.join(","))
        });
        self.set
            .iter()
            .map(|s| format!("--set {s}"))
            .chain(seeds)
            .collect()
    }

    /// From the words of a revision.
    pub fn recorded(words: &[String]) -> Overrides {
        let set = words
            .iter()
            .filter_map(|w| w.strip_prefix("--set "))
            .map(String::from)
            .collect();
        let list = |text: &str| {
            text.split(',')
                .map(|s| s.parse().ok())
                .collect::<Option<Vec<u64>>>()
                .map(Seeds)
        };
        Overrides {
            set,
            seeds: words.iter().find_map(|w| list(w.strip_prefix("--seeds ")?)),
        }
    }

    /// What an overridden experiment's name ends with; nothing without overrides.
    pub(crate) fn suffix(&self) -> String {
        match self.words() {
            words if words.is_empty() => String::new(),
            words => format!("+{}", &short(&digest(&words))[..8]),
        }
    }

    /// The sources that problems with them lie in.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> {
        self.set.iter().map(|s| Source {
            name: "--set".into(),
            text: s.clone(),
        })
    }

    /// Sets each value in the tree; `first` is the number of the first override's source.
    pub(crate) fn apply(
        &self,
        first: usize,
        root: &mut Node,
        axes: &Axes,
        others: &Alternatives,
        problems: &mut Vec<Problem>,
    ) {
        for (i, text) in self.set.iter().enumerate() {
            let source = u32::try_from(first + i).unwrap_or(u32::MAX);
            if let Err(problem) = apply(text, source, root, axes, others) {
                problems.push(*problem);
            }
        }
    }
}

fn apply(
    text: &str,
    source: u32,
    root: &mut Node,
    axes: &Axes,
    others: &Alternatives,
) -> Result<(), Box<Problem>> {
    let whole = Origin {
        source,
        start: 0,
        end: u32::try_from(text.len()).unwrap_or(u32::MAX),
    };
    let Some((path, value)) = text.split_once('=') else {
        let help = "--set train.epochs=2";
        return Err(Box::new(
            Problem::new(whole, "an override is PATH=VALUE", "no `=`").help(help),
        ));
    };
    let at = Origin {
        end: u32::try_from(path.len()).unwrap_or(u32::MAX),
        ..whole
    };
    let segments = split_path(path, at)?;
    let sections: Vec<_> = tables::FILE
        .iter()
        .map(|f| f.key)
        .filter(|k| *k != "sweep")
        .collect();
    if !sections.contains(&&*segments[0]) {
        let help = suggest::remedy(&segments[0], &sections);
        return Err(Box::new(
            Problem::new(
                at,
                format!("there is no section [{}] to set", segments[0]),
                "",
            )
            .help(help),
        ));
    }
    let covers = |axis: &&crate::grid::axes::Axis| segments.starts_with(&axis.segments);
    if let Some(axis) = axes.all.iter().find(covers) {
        let problem = Problem::new(
            at,
            format!("`{}` is an axis of this file", axis.path),
            "would have no effect",
        );
        return Err(Box::new(
            problem
                .also(Some(axis.at), "its values win")
                .help("edit the axis in the file instead"),
        ));
    }
    let value = value_of(value, source, path.len() + 1)?;
    merge::set(root, &segments, &value, at, others)
}

/// A TOML value, or a bare word as a text.
fn value_of(text: &str, source: u32, base: usize) -> Result<Node, Box<Problem>> {
    let trimmed = text.trim();
    let bare = |c: char| c.is_alphanumeric() || "-_./$:~".contains(c);
    match parse_value(
        trimmed,
        source,
        base + (text.len() - text.trim_start().len()),
    ) {
        Ok(node) => Ok(node),
        Err(_) if !trimmed.is_empty() && trimmed.chars().all(bare) => {
            let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let at = Origin {
                source,
                start: clamp(base),
                end: clamp(base + text.len()),
            };
            Ok(Node::new(Value::Text(trimmed.into()), at))
        }
        Err(mut problems) => Err(Box::new(problems.swap_remove(0))),
    }
}
