//! The file's named alternatives: `[models]`, `[augments]` and `[optimizers]`.

use crate::language::tables::OPTIMIZERS;
use crate::source::tree::{Node, NodeValue, TableEntry};

#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives {
    pub models: Option<Node>,
    pub augments: Option<Node>,
    pub optimizers: Option<Node>,
}

impl Alternatives {
    pub(crate) fn of(root: &Node) -> Alternatives {
        Alternatives {
            models: root.get("models").cloned(),
            augments: root.get("augments").cloned(),
            optimizers: root.get("optimizers").cloned(),
        }
    }

    /// The optimizer that a name stands for: that of `[optimizers]`, or the built-in one.
    pub(crate) fn optimizer(&self, node: &Node) -> Node {
        let defined = self.optimizers.as_ref();
        let named = node.text().and_then(|name| defined?.get(name));
        let Some(found) = named else {
            return node.clone();
        };
        let mut found = found.clone();
        let is_built_in = node.text().is_some_and(|n| OPTIMIZERS.find(n).is_some());
        if found.get("name").is_none() && is_built_in {
            found.insert(TableEntry::new("name", node.clone()));
        }
        found
    }

    /// `[train]` with the optimizers that names of `[optimizers]` stand for.
    pub(crate) fn with_optimizers(&self, train: &Node) -> Node {
        let mut train = train.clone();
        self.replace_optimizer(&mut train);
        if let Some(phases) = train.entry("phases").cloned()
            && phases.node.is_list()
        {
            let mut items = phases.node.items().to_vec();
            for item in &mut items {
                self.replace_optimizer(item);
            }
            let list = phases.node.with_value(NodeValue::List(items.into()));
            train.insert(phases.with_node(list));
        }
        train
    }

    fn replace_optimizer(&self, table: &mut Node) {
        if let Some(entry) = table.entry("optimizer") {
            let entry = entry.with_node(self.optimizer(&entry.node));
            table.insert(entry);
        }
    }
}
