//! Layers that contain layers: repetitions, residual, parallel and dense blocks.

use super::checked_item::CheckedItem;
use super::layer_place::{LayerPlace, PlacedLayers};
use super::structure::LayerResolver;
use crate::document::parameters::uses;
use crate::language::reader::{built_in, relocated};
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::Node;
use convsweep_spec::model::{Join, Layer, Parallel, Residual, Shortcut};

/// The layers of a dense block if the file does not say.
const DENSE_BLOCK_LAYERS: &str = r#"[
  { norm = "batch" },
  { activation = "relu" },
  { conv = "$growth", kernel = 3, padding = "same", bias = false },
]"#;

impl LayerResolver<'_> {
    pub(super) fn repeat(&mut self, item: &CheckedItem) -> Option<PlacedLayers> {
        let list = item.whole.get("layers")?;
        self.not_empty(list, item.whole)?;
        let once = self.layers(list, &item.inner)?;
        let count = item.reader().u32("repeat")?;
        if count == 0 {
            return Some(PlacedLayers::default());
        }
        // The layers were counted once when they were resolved.
        let mut all = once.clone();
        for _ in 1..count {
            for (layer, place) in once.layers.iter().zip(&once.places) {
                all.append(self.again(layer, place)?);
            }
        }
        Some(all)
    }

    pub(super) fn dense_block(&mut self, item: &CheckedItem) -> Option<PlacedLayers> {
        let growth = item.whole.entry("growth")?;
        let mut inner = item.inner.clone();
        let value = self.filled(&growth.node, &item.inner)?;
        inner.parameters.insert(growth.with_node(value));
        let list = match item.whole.get("layers") {
            Some(list) => list.clone(),
            None => relocated(&built_in(DENSE_BLOCK_LAYERS)?, item.place.span),
        };
        self.not_empty(&list, item.whole)?;
        if !uses(&list).iter().any(|used| used.name == "growth") {
            self.report_unused_growth(&growth.node);
            return None;
        }
        let mut all = PlacedLayers::default();
        for _ in 0..item.reader().u32("dense-block")? {
            let new = self.layers(&list, &inner)?;
            let layer = Layer::Parallel(Parallel {
                branches: vec![vec![], new.layers],
                join: Join::Concat,
            });
            let place = LayerPlace {
                branches: vec![vec![], new.places],
                ..item.place.clone()
            };
            all.append(self.one(layer, place)?);
        }
        Some(all)
    }

    fn report_unused_growth(&mut self, growth: &Node) {
        let title = "no layer of this dense block uses \"$growth\"";
        let problem = Problem::of(ProblemCode::NoEffect, growth, title);
        let help = "write \"$growth\" where its layers compute the new channels, as in { conv = \
                    \"$growth\", … }";
        self.sink.report(problem.label("has no effect").help(help));
    }

    pub(super) fn residual(&mut self, item: &CheckedItem) -> Option<PlacedLayers> {
        let list = item.whole.get("residual")?;
        self.not_empty(list, item.whole)?;
        // Both are looked at, so that the problems of both are reported.
        let body = self.layers(list, &item.inner);
        let shortcut = self.shortcut(item);
        let (body, (shortcut, places)) = (body?, shortcut?);
        let layer = Layer::Residual(Residual {
            layers: body.layers,
            shortcut,
        });
        let place = LayerPlace {
            branches: vec![body.places, places],
            ..item.place.clone()
        };
        self.one(layer, place)
    }

    fn shortcut(&mut self, item: &CheckedItem) -> Option<(Shortcut, Vec<LayerPlace>)> {
        let given = item.whole.get("shortcut").filter(|node| node.is_list());
        let Some(list) = given else {
            return Some((item.reader().choice("shortcut")?, vec![]));
        };
        let prefix = format!("{}shortcut.", item.inner.prefix);
        let own = self.layers(list, &item.inner.with_prefix(prefix))?;
        Some((Shortcut::Layers(own.layers), own.places))
    }

    pub(super) fn parallel(&mut self, item: &CheckedItem) -> Option<PlacedLayers> {
        let lists = self.filled(item.whole.get("parallel")?, &item.inner)?;
        let mut resolved = Vec::new();
        for (i, list) in lists.items().iter().enumerate() {
            let prefix = format!("{}{}.", item.inner.prefix, i + 1);
            resolved.push(self.layers(list, &item.inner.with_prefix(prefix)));
        }
        let (mut branches, mut places) = (Vec::new(), Vec::new());
        for branch in resolved {
            let branch = branch?;
            branches.push(branch.layers);
            places.push(branch.places);
        }
        let layer = Layer::Parallel(Parallel {
            branches,
            join: item.reader().choice("join")?,
        });
        let place = LayerPlace {
            branches: places,
            ..item.place.clone()
        };
        self.one(layer, place)
    }
}
