//! The experiments in `experiments/`, shipped inside the program.

use crate::source::parse::parse_document;
use crate::source::tree::Node;

/// A shipped experiment.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its name: that of its file without the extension, and of the experiment.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

impl Example {
    /// The question that it answers; `None` if it only trains weights for others.
    pub fn question(&self) -> Option<String> {
        let root = self.parsed()?;
        let question = root.get("experiment")?.get("question")?;
        question.text().map(str::to_string)
    }

    /// The source of its images, as in `data.source`.
    pub fn source(&self) -> Option<String> {
        let root = self.parsed()?;
        let source = root.get("data")?.get("source")?;
        source.name().map(str::to_string)
    }

    /// The names of the experiments from whose weights its jobs start.
    pub fn starts_from(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = Vec::from_iter(self.parsed());
        while let Some(node) = open.pop() {
            for entry in node.entries() {
                if &*entry.key == "experiment"
                    && let Some(name) = entry.node.text()
                {
                    found.push(name.to_string());
                }
                open.push(entry.node.clone());
            }
            open.extend(node.items().iter().cloned());
        }
        found.sort();
        found.dedup();
        found
    }

    fn parsed(&self) -> Option<Node> {
        parse_document(self.text, 0).ok()
    }
}

/// Names and texts from one list of files in `experiments/`.
macro_rules! shipped {
    ($($name:literal)*) => {
        const ALL: &[Example] = &[$(Example {
            name: $name,
            text: include_str!(concat!("../../../../experiments/", $name, ".toml")),
        }),*];
    };
}

shipped! {
    "quickstart"
    "tutorial"
    "pooling"
    "learning-rate"
    "augmentation"
    "batch-norm"
    "downsampling"
    "kernel-size"
    "lr-range-test"
    "multi-scale"
    "optimizers"
    "regularization"
    "residual"
    "resnet-or-inception"
    "schedules"
    "sparing"
    "upsampling"
    "weight-sharing"
    "pretrain"
    "linear-probe"
    "transfer"
}

/// All shipped experiments, the simplest first.
pub fn examples() -> &'static [Example] {
    ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn named(name: &str) -> Example {
        let found = examples().iter().find(|example| example.name == name);
        *found.expect("it is shipped")
    }

    #[test]
    fn every_file_is_shipped_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            files.extend(name.strip_suffix(".toml").map(str::to_string));
        }
        files.sort();
        let mut names = Vec::new();
        for example in examples() {
            assert!(example.parsed().is_some(), "{} is TOML", example.name);
            names.push(example.name);
        }
        names.sort_unstable();
        assert_eq!(names, files);
    }

    #[test]
    fn what_an_example_asks_and_needs_is_read_from_its_file() {
        let quickstart = named("quickstart");
        assert_eq!(quickstart.source().as_deref(), Some("shapes"));
        let question = quickstart.question().expect("a question");
        assert!(question.starts_with("Width or learning rate"), "{question}");
        assert!(quickstart.starts_from().is_empty());
        assert_eq!(named("transfer").starts_from(), ["pretrain"]);
        assert_eq!(named("linear-probe").starts_from(), ["pretrain"]);
        assert_eq!(named("pretrain").question(), None);
    }

    #[test]
    fn every_example_can_be_made_with_what_is_shipped() {
        for example in examples() {
            let source = example.source();
            assert!(
                matches!(source.as_deref(), Some("shapes" | "cifar10" | "folder")),
                "{}: what does {source:?} need? `convsweep example` must say it",
                example.name
            );
            for other in example.starts_from() {
                let is_shipped = examples().iter().any(|example| example.name == other);
                assert!(is_shipped, "{} starts from {other}", example.name);
            }
        }
    }
}
