//! `{ block = "NAME", … }`: the layers of a block with the given values of its parameters.

use super::layer_place::PlacedLayers;
use super::layer_scope::LayerScope;
use super::structure::LayerResolver;
use crate::language::suggest;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::Node;

impl LayerResolver<'_> {
    /// Writes out a block with the values that `call` gives to its parameters.
    pub(super) fn block(&mut self, call: &Node, scope: &LayerScope) -> Option<PlacedLayers> {
        let name_node = call.get("block")?;
        let name = name_node.text()?;
        let Some(block) = self.blocks.get(name).filter(|block| block.is_table()) else {
            self.report_unknown_block(name_node, name);
            return None;
        };
        if self.open_blocks.iter().any(|open| open == name) {
            self.report_circle(name_node, name);
            return None;
        }
        let parameters = self.block_parameters(block, call, name)?;
        let Some(list) = block.get("layers") else {
            let title = format!("block \"{name}\" has no `layers`");
            let problem = Problem::of(ProblemCode::Missing, block, title);
            let help = "layers = [ … ]: the layers that the block stands for";
            self.sink.report(problem.help(help));
            return None;
        };
        let inner = LayerScope {
            parameters,
            owner: format!("block {name}"),
            prefix: format!("{name}."),
            used_at: Some(scope.used_at.unwrap_or(call.span)),
        };
        self.not_empty(list, block)?;
        self.open_blocks.push(name.into());
        let layers = self.layers(list, &inner);
        self.open_blocks.pop();
        layers
    }

    /// The block's own parameters with the values of the call, and those parameters of the model
    /// whose names the block does not use itself.
    fn block_parameters(&mut self, block: &Node, call: &Node, name: &str) -> Option<Node> {
        let empty = Node::empty_table(block.span);
        let mut parameters = block.get("parameters").unwrap_or(&empty).clone();
        let own: Vec<_> = parameters.entries().iter().map(|e| e.key.clone()).collect();
        let own: Vec<&str> = own.iter().map(|key| &**key).collect();
        let mut right = true;
        for entry in call.entries().iter().filter(|e| &*e.key != "block") {
            if !own.contains(&&*entry.key) {
                right = false;
                let title = format!("block \"{name}\" has no parameter `{}`", entry.key);
                let problem = Problem::at(ProblemCode::UnknownKey, entry.key_span, title);
                let help = suggest::remedy(&entry.key, &own);
                self.sink
                    .report(problem.label("not a parameter of the block").help(help));
            }
            parameters.insert(entry.clone());
        }
        for entry in self.model_parameters.entries() {
            if !own.contains(&&*entry.key) {
                parameters.insert(entry.clone());
            }
        }
        right.then_some(parameters)
    }

    fn report_unknown_block(&mut self, node: &Node, name: &str) {
        let known: Vec<_> = self.blocks.entries().iter().map(|e| &*e.key).collect();
        let help = if known.is_empty() {
            format!("define it: [blocks.{name}] with layers = […]")
        } else {
            suggest::remedy(name, &known)
        };
        let title = format!("there is no block \"{name}\"");
        let problem = Problem::of(ProblemCode::UnknownName, node, title);
        self.sink.report(problem.label("not defined").help(help));
    }

    fn report_circle(&mut self, node: &Node, name: &str) {
        let circle = format!("{} → {name}", self.open_blocks.join(" → "));
        let title = format!("block \"{name}\" contains itself");
        let problem = Problem::of(ProblemCode::Conflict, node, title);
        let help = "a block can only contain other blocks";
        self.sink.report(problem.label(circle).help(help));
    }
}
