//! Lists of layers: structures are resolved, repetitions and blocks written out, and parameters
//! replaced by their values.

use super::checked_item::CheckedItem;
use super::layer::layer;
use super::layer_lists::{with_lists_of, without_lists, without_lists_but_branches};
use super::layer_place::{LayerPlace, PlacedLayers};
use super::layer_scope::{LayerScope, ModelDefaults};
use crate::document::parameters::{substitute, uses};
use crate::language::check::{Checker, named_variants};
use crate::language::field::ValueKind;
use crate::language::suggest;
use crate::language::tables::LAYERS;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::model::{Layer, Shortcut};

/// Layers written out at most, as a limit to repetitions of repetitions.
const MAX_LAYERS: usize = 10_000;
/// Items of lists visited at most, as a limit to blocks within blocks.
const MAX_ITEMS: usize = 20_000;
/// Maximum number of levels of structures within structures.
const DEEPEST: usize = 16;

/// Resolves lists of layers.
pub(super) struct LayerResolver<'a> {
    /// The table of blocks.
    pub blocks: &'a Node,
    /// The model's parameters, which blocks without a parameter of that name may use.
    pub model_parameters: &'a Node,
    defaults: ModelDefaults,
    pub sink: &'a mut ProblemSink,
    /// Names of the blocks that are being written out.
    pub open_blocks: Vec<String>,
    depth: usize,
    items_visited: usize,
    layers_written: usize,
}

impl<'a> LayerResolver<'a> {
    pub(super) fn new(
        blocks: &'a Node,
        model_parameters: &'a Node,
        defaults: ModelDefaults,
        sink: &'a mut ProblemSink,
    ) -> LayerResolver<'a> {
        LayerResolver {
            blocks,
            model_parameters,
            defaults,
            sink,
            open_blocks: vec![],
            depth: 0,
            items_visited: 0,
            layers_written: 0,
        }
    }

    /// The layers of a list; `None` if something is wrong with them.
    pub(super) fn layers(&mut self, list: &Node, scope: &LayerScope) -> Option<PlacedLayers> {
        let list = self.filled(list, scope)?;
        if !list.is_list() {
            let found = list.type_name();
            let title = format!("this must be a list of layers, not {found}");
            let problem = Problem::of(ProblemCode::WrongType, &list, title);
            let label = format!("is {found}");
            self.sink.report(problem.label(label).help("[ { … }, … ]"));
            return None;
        }
        if self.depth == DEEPEST {
            let title = format!("structures are nested more than {DEEPEST} levels deep");
            let problem = Problem::of(ProblemCode::TooMany, &list, title);
            self.sink
                .report(problem.label("too deep").help("write flatter layers"));
            return None;
        }
        self.depth += 1;
        let layers = self.items(&list, scope);
        self.depth -= 1;
        layers
    }

    fn items(&mut self, list: &Node, scope: &LayerScope) -> Option<PlacedLayers> {
        let mut all = PlacedLayers::default();
        let mut right = true;
        for (i, item) in list.items().iter().enumerate() {
            let number = format!("{}{}", scope.prefix, i + 1);
            match self.item(item, &number, scope) {
                Some(layers) => all.append(layers),
                None => right = false,
            }
            if self.layers_written > MAX_LAYERS || self.items_visited > MAX_ITEMS {
                return None;
            }
        }
        right.then_some(all)
    }

    /// What an item of a list becomes: one layer, none, or many.
    fn item(&mut self, node: &Node, number: &str, scope: &LayerScope) -> Option<PlacedLayers> {
        self.items_visited += 1;
        if self.items_visited > MAX_ITEMS {
            let title = format!("the model consists of more than {MAX_ITEMS} entries");
            let problem = Problem::of(ProblemCode::TooMany, node, title);
            let help = "use fewer blocks within blocks";
            self.sink.report(problem.label("one too many").help(help));
            return None;
        }
        let whole = self.filled(node, scope)?;
        let bare = match named_variants(&whole, &LAYERS)[..] {
            [variant] if variant.key == "parallel" => without_lists_but_branches(&whole),
            [..] => without_lists(&whole),
        };
        let path = ValuePath::of_item(LAYERS.noun, number);
        let kind = ValueKind::Keyed(&LAYERS);
        if !Checker::whole(self.sink).value(&bare, &kind, &path, "") {
            return None;
        }
        let item = CheckedItem {
            variant: *named_variants(&whole, &LAYERS).first()?,
            whole: &whole,
            bare: &bare,
            place: LayerPlace {
                number: number.into(),
                span: node.span,
                used_at: scope.used_at,
                branches: vec![],
            },
            inner: scope.with_prefix(format!("{number}.")),
        };
        self.checked(&item, scope)
    }

    fn checked(&mut self, item: &CheckedItem, scope: &LayerScope) -> Option<PlacedLayers> {
        match item.variant.key {
            "repeat" => self.repeat(item),
            "dense-block" => self.dense_block(item),
            "block" => self.block(item.bare, scope),
            "residual" => self.residual(item),
            "parallel" => self.parallel(item),
            _leaf => match layer(item, self.defaults, self.sink)? {
                Some(layer) => self.one(layer, item.place.clone()),
                None => Some(PlacedLayers::default()),
            },
        }
    }

    /// Writes out one layer, unless there are too many.
    pub(super) fn one(&mut self, layer: Layer, place: LayerPlace) -> Option<PlacedLayers> {
        self.layers_written += 1;
        if self.layers_written == MAX_LAYERS + 1 {
            let title = format!("the model has more than {MAX_LAYERS} layers");
            let problem = Problem::at(ProblemCode::TooMany, place.span, title);
            let problem = problem.label("one too many");
            self.sink
                .report(problem.also(place.used_at, "used here").help("repeat less"));
        }
        let fits = self.layers_written <= MAX_LAYERS;
        fits.then(|| PlacedLayers::one(layer, place))
    }

    /// Writes out a layer once more, with all layers within it.
    pub(super) fn again(&mut self, layer: &Layer, place: &LayerPlace) -> Option<PlacedLayers> {
        let written = self.one(layer.clone(), place.clone())?;
        self.layers_written += size(layer) - 1;
        Some(written)
    }

    /// The node with the parameters of the scope in place of their names, apart from lists of
    /// layers within it.
    pub(super) fn filled(&mut self, node: &Node, scope: &LayerScope) -> Option<Node> {
        if node.is_list() {
            return Some(node.clone());
        }
        let bare = without_lists(node);
        let parameters = &scope.parameters;
        let known: Vec<_> = parameters.entries().iter().map(|e| &*e.key).collect();
        let mut right = true;
        for used in uses(&bare) {
            if parameters.get(used.name).is_none() {
                right = false;
                self.sink
                    .report(undefined(used.name, used.node, &scope.owner, &known));
            }
        }
        right.then(|| with_lists_of(substitute(&bare, parameters), node))
    }

    /// Checks that a list of layers has any. `owner` is the table that the list belongs to.
    pub(super) fn not_empty(&mut self, list: &Node, owner: &Node) -> Option<()> {
        if !list.items().is_empty() || list.text().is_some() {
            return Some(());
        }
        let place = if list.span == Span::BUILT_IN {
            owner
        } else {
            list
        };
        let problem = Problem::of(ProblemCode::Missing, place, "there are no layers here");
        let help = "write at least one layer, or leave the whole entry out";
        self.sink.report(problem.label("empty").help(help));
        None
    }
}

fn undefined(name: &str, node: &Node, owner: &str, known: &[&str]) -> Problem {
    let title = format!("\"${name}\" is not defined");
    let label = if owner.starts_with("block") {
        format!("not a parameter of {owner}, nor of the model")
    } else {
        format!("not a parameter of {owner}")
    };
    let help = match suggest::nearest(name, known) {
        Some(near) => format!("did you mean \"${near}\"?"),
        None => format!("define it: parameters = {{ {name} = … }}"),
    };
    Problem::of(ProblemCode::UnknownName, node, title)
        .label(label)
        .help(help)
}

/// Number of layers in a layer, including itself.
fn size(layer: &Layer) -> usize {
    let all = |layers: &[Layer]| layers.iter().map(size).sum::<usize>();
    let inner = match layer {
        Layer::Residual(residual) => {
            let shortcut = match &residual.shortcut {
                Shortcut::Layers(layers) => all(layers),
                _other => 0,
            };
            all(&residual.layers) + shortcut
        }
        Layer::Parallel(parallel) => parallel.branches.iter().map(|branch| all(branch)).sum(),
        _leaf => 0,
    };
    1 + inner
}
