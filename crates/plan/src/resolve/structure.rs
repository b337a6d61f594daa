//! Lists of layers: structures walked, repetitions and blocks written out, parameters put in.

use super::layer::{Around, leaf};
use crate::document::merge::substitute;
use crate::language::check::{Sink, check, naming};
use crate::language::field::{Kind, Variant};
use crate::language::reader::{Reader, constant};
use crate::language::suggest;
use crate::language::tables::layers::LAYERS;
use crate::source::problem::Problem;
use crate::source::tree::{Entry, Node, Origin, Value};
use convsweep_spec::model::{Join, Layer, Parallel, Residual, Shortcut};
use std::sync::Arc;

/// Layers written out at most, against repetitions of repetitions.
const MOST_LAYERS: usize = 10_000;
/// Items of lists looked at, against blocks of blocks.
const MOST_ITEMS: usize = 20_000;
/// Structures within structures at most.
const DEEPEST: usize = 16;
/// What a dense block's layers are where the file does not say.
const DENSE_LAYERS: &str = r#"[
  { norm = "batch" },
  { activation = "relu" },
  { conv = "$growth", kernel = 3, padding = "same", bias = false },
]"#;

/// Where a resolved layer stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its number there, as `4`, `4.2`, `basic.1`.
    pub number: String,
    pub at: Origin,
    /// Where the block or preset that it stands in is used.
    pub via: Option<Origin>,
    /// Those of its branches' layers.
    pub branches: Vec<Vec<Place>>,
}

/// Resolved layers with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub layers: Vec<Layer>,
    pub places: Vec<Place>,
}

/// The names that `"$name"` can stand for, and where in the file we are.
#[derive(Clone)]
pub(super) struct Scope {
    /// A table.
    pub parameters: Node,
    /// What defines them: `the model`, `block basic`.
    pub owner: String,
    /// What the numbers of layers begin with: nothing, `4.`, `basic.`.
    pub prefix: String,
    /// Where the block or preset around is used.
    pub via: Option<Origin>,
}

/// Resolves lists of layers.
pub(super) struct Structure<'a> {
    /// The table of blocks.
    pub blocks: &'a Node,
    /// The model's parameters, which blocks may use that have none of that name.
    knobs: &'a Node,
    pub around: Around,
    pub sink: &'a mut Sink,
    /// Names of the blocks that are being written out.
    open: Vec<String>,
    depth: usize,
    /// Items looked at, layers written out.
    seen: usize,
    written: usize,
}

impl<'a> Structure<'a> {
    pub(super) fn new(
        blocks: &'a Node,
        knobs: &'a Node,
        around: Around,
        sink: &'a mut Sink,
    ) -> Structure<'a> {
        Structure {
            blocks,
            knobs,
            around,
            sink,
            open: vec![],
            depth: 0,
            seen: 0,
            written: 0,
        }
    }

    /// The layers of a list; `None` if something is wrong with them.
    pub(super) fn layers(&mut self, list: &Node, scope: &Scope) -> Option<Resolved> {
        let list = self.filled(list, scope)?;
        let Value::List(items) = &list.value else {
            let title = format!("a list of layers is needed, not {}", list.type_name());
            self.sink.at(
                &list,
                title,
                format!("is {}", list.type_name()),
                "[ { … }, … ]".into(),
            );
            return None;
        };
        if self.depth == DEEPEST {
            let title = format!("structures lie in each other more than {DEEPEST} deep");
            self.sink
                .at(&list, title, "too deep", "write flatter layers".into());
            return None;
        }
        self.depth += 1;
        let mut all = Resolved::default();
        let mut ok = true;
        for (i, item) in items.iter().enumerate() {
            match self.item(item, &format!("{}{}", scope.prefix, i + 1), scope) {
                Some(mut some) => {
                    all.layers.append(&mut some.layers);
                    all.places.append(&mut some.places);
                }
                None => ok = false,
            }
            if self.written > MOST_LAYERS || self.seen > MOST_ITEMS {
                ok = false;
                break;
            }
        }
        self.depth -= 1;
        ok.then_some(all)
    }

    /// What an item of a list becomes: one layer, none, or many.
    fn item(&mut self, item: &Node, number: &str, scope: &Scope) -> Option<Resolved> {
        self.seen += 1;
        if self.seen > MOST_ITEMS {
            let title = format!("the model is written out of more than {MOST_ITEMS} entries");
            self.sink.at(
                item,
                title,
                "one too many",
                "use fewer blocks in blocks".into(),
            );
            return None;
        }
        let whole = self.filled(item, scope)?;
        let found = naming(&whole, &LAYERS);
        let key = if let [variant] = found[..] {
            variant.key
        } else {
            ""
        };
        let bare = without_lists(&whole, key);
        if !check(
            &bare,
            &Kind::Keyed(&LAYERS),
            &format!("layer {number}"),
            "",
            self.sink,
        ) {
            return None;
        }
        let variant: &'static Variant = LAYERS.find(key)?;
        let inner = Scope {
            prefix: format!("{number}."),
            ..scope.clone()
        };
        let place = Place {
            number: number.into(),
            at: item.at,
            via: scope.via,
            branches: vec![],
        };
        let reader = Reader::new(&bare, variant.fields);
        match key {
            "repeat" => self.times(reader.u32("repeat")?, whole.get("layers")?, &inner, item),
            "dense-block" => self.dense_block(&whole, &reader, &inner, place),
            "block" => self.block(&bare, scope),
            "residual" => self.residual(&whole, &reader, &inner, place),
            "parallel" => self.parallel(&whole, &reader, &inner, place),
            _ => {
                let layer = leaf(key, &reader, self.around, self.sink)?;
                match layer {
                    Some(layer) => self.one(layer, place),
                    None => Some(Resolved::default()),
                }
            }
        }
    }

    fn one(&mut self, layer: Layer, place: Place) -> Option<Resolved> {
        self.written += 1;
        if self.written == MOST_LAYERS + 1 {
            let title = format!("the model has more than {MOST_LAYERS} layers");
            let problem =
                Problem::new(place.at, title, "one too many").also(place.via, "used here");
            self.sink.push(problem.help("repeat less"));
        }
        (self.written <= MOST_LAYERS).then(|| Resolved {
            layers: vec![layer],
            places: vec![place],
        })
    }

    fn times(&mut self, count: u32, list: &Node, scope: &Scope, item: &Node) -> Option<Resolved> {
        self.not_empty(list, item)?;
        let once = self.layers(list, scope)?;
        let mut all = Resolved::default();
        for i in 0..count {
            for (layer, place) in once.layers.iter().zip(&once.places) {
                // The first time has been counted when it was resolved.
                if i == 0 {
                    all.layers.push(layer.clone());
                    all.places.push(place.clone());
                    continue;
                }
                let mut next = self.one(layer.clone(), place.clone())?;
                self.written += size(layer) - 1;
                all.layers.append(&mut next.layers);
                all.places.append(&mut next.places);
            }
        }
        Some(all)
    }

    fn dense_block(
        &mut self,
        whole: &Node,
        reader: &Reader,
        scope: &Scope,
        place: Place,
    ) -> Option<Resolved> {
        let growth = whole.entry("growth")?;
        let mut parameters = scope.parameters.clone();
        parameters.put(Entry {
            node: self.filled(&growth.node, scope)?,
            ..growth.clone()
        });
        let inner = Scope {
            parameters,
            ..scope.clone()
        };
        let default = || constant(DENSE_LAYERS).map(|node| relocated(&node, place.at));
        let list = whole.get("layers").cloned().or_else(default)?;
        self.not_empty(&list, whole)?;
        let mut used = false;
        substitute(&list, &Node::table(place.at), &mut |name, _| {
            used |= name == "growth"
        });
        if !used {
            let help = "write \"$growth\" where its layers make the new channels, as in { conv = \"$growth\", … }";
            self.sink.at(
                &growth.node,
                "no layer uses \"$growth\"".into(),
                "has no effect",
                help.into(),
            );
            return None;
        }
        let mut all = Resolved::default();
        for _ in 0..reader.u32("dense-block")? {
            let made = self.layers(&list, &inner)?;
            let branches = vec![vec![], made.layers];
            let place = Place {
                branches: vec![vec![], made.places],
                ..place.clone()
            };
            let mut next = self.one(
                Layer::Parallel(Parallel {
                    branches,
                    join: Join::Concat,
                }),
                place,
            )?;
            all.layers.append(&mut next.layers);
            all.places.append(&mut next.places);
        }
        Some(all)
    }

    fn residual(
        &mut self,
        whole: &Node,
        reader: &Reader,
        scope: &Scope,
        mut place: Place,
    ) -> Option<Resolved> {
        let list = whole.get("residual")?;
        self.not_empty(list, whole)?;
        let body = self.layers(list, scope);
        let shortcut = match whole
            .get("shortcut")
            .filter(|n| matches!(n.value, Value::List(_)))
        {
            Some(list) => {
                let scope = Scope {
                    prefix: format!("{}shortcut.", scope.prefix),
                    ..scope.clone()
                };
                self.layers(list, &scope)
                    .map(|own| (Shortcut::Layers(own.layers), own.places))
            }
            None => reader.choice("shortcut").map(|shortcut| (shortcut, vec![])),
        };
        let (body, (shortcut, places)) = (body?, shortcut?);
        place.branches = vec![body.places, places];
        self.one(
            Layer::Residual(Residual {
                layers: body.layers,
                shortcut,
            }),
            place,
        )
    }

    fn parallel(
        &mut self,
        whole: &Node,
        reader: &Reader,
        scope: &Scope,
        mut place: Place,
    ) -> Option<Resolved> {
        let lists = self.filled(whole.get("parallel")?, scope)?;
        let branch = |(i, list): (usize, &Node)| {
            let scope = Scope {
                prefix: format!("{}{}.", scope.prefix, i + 1),
                ..scope.clone()
            };
            self.layers(list, &scope)
        };
        let branches: Vec<_> = lists.items().iter().enumerate().map(branch).collect();
        let branches = branches.into_iter().collect::<Option<Vec<_>>>()?;
        let (layers, places) = branches.into_iter().map(|b| (b.layers, b.places)).unzip();
        place.branches = places;
        self.one(
            Layer::Parallel(Parallel {
                branches: layers,
                join: reader.choice("join")?,
            }),
            place,
        )
    }

    /// Writes a block out with the values that `call` gives to its parameters.
    fn block(&mut self, call: &Node, scope: &Scope) -> Option<Resolved> {
        let name_node = call.get("block")?;
        let name = name_node.text()?;
        let known: Vec<_> = self.blocks.entries().iter().map(|e| &*e.key).collect();
        let Some(block) = self.blocks.get(name).filter(|b| b.is_table()) else {
            let help = match known.is_empty() {
                true => format!("define it: [blocks.{name}] with layers = […]"),
                false => suggest::remedy(name, &known),
            };
            self.sink.at(
                name_node,
                format!("there is no block \"{name}\""),
                "not defined",
                help,
            );
            return None;
        };
        if self.open.iter().any(|open| open == name) {
            let title = format!("block \"{name}\" is made of itself");
            let way = [&self.open[..], &[name.to_string()]].concat().join(" → ");
            self.sink.at(
                name_node,
                title,
                way,
                "a block can only use other blocks".into(),
            );
            return None;
        }
        let empty = Node::table(block.at);
        let mut parameters = block.get("parameters").unwrap_or(&empty).clone();
        let known: Vec<_> = parameters.entries().iter().map(|e| e.key.clone()).collect();
        let mut ok = true;
        for entry in call.entries().iter().filter(|e| &*e.key != "block") {
            if !known.contains(&entry.key) {
                let keys: Vec<_> = known.iter().map(|k| &**k).collect();
                let title = format!("block \"{name}\" has no parameter `{}`", entry.key);
                let problem = Problem::new(entry.key_at, title, "not a parameter of the block");
                self.sink
                    .push(problem.help(suggest::remedy(&entry.key, &keys)));
                ok = false;
            }
            // The caret stands under the value, the note under the layer that takes it.
            parameters.put(entry.clone());
        }
        for knob in self
            .knobs
            .entries()
            .iter()
            .filter(|e| !known.contains(&e.key))
        {
            parameters.put(knob.clone());
        }
        let Some(list) = block.get("layers").filter(|_| ok) else {
            if ok {
                let title = format!("block \"{name}\" has no `layers`");
                self.sink.at(
                    block,
                    title,
                    "",
                    "layers = [ … ]: what stands for the block".into(),
                );
            }
            return None;
        };
        let inner = Scope {
            parameters,
            owner: format!("block {name}"),
            prefix: format!("{name}."),
            via: Some(scope.via.unwrap_or(call.at)),
        };
        self.not_empty(list, block)?;
        self.open.push(name.into());
        let layers = self.layers(list, &inner);
        self.open.pop();
        layers
    }

    /// The node with the scope's parameters put in where it, or what lies in it outside of lists of
    /// layers, names them.
    fn filled(&mut self, node: &Node, scope: &Scope) -> Option<Node> {
        if matches!(node.value, Value::List(_)) {
            return Some(node.clone());
        }
        let parameters = &scope.parameters;
        let mut unknown = Vec::new();
        let shallow = match &node.value {
            Value::Table(_) => without_lists_of_layers(node),
            _ => node.clone(),
        };
        let filled = substitute(&shallow, parameters, &mut |name, at| {
            if parameters.get(name).is_none() {
                unknown.push((name.to_string(), at.clone()));
            }
        });
        let known: Vec<_> = parameters.entries().iter().map(|e| &*e.key).collect();
        for (name, at) in &unknown {
            let help = match suggest::nearest(name, &known) {
                Some(near) => format!("did you mean \"${near}\"?"),
                None => format!("define it: parameters = {{ {name} = … }}"),
            };
            let title = format!("nothing defines \"${name}\"");
            let label = match scope.owner.starts_with("block") {
                true => format!("not a parameter of {}, nor of the model", scope.owner),
                false => format!("not a parameter of {}", scope.owner),
            };
            self.sink.at(at, title, label, help);
        }
        unknown.is_empty().then(|| with_lists_of(filled, node))
    }

    fn not_empty(&mut self, list: &Node, owner: &Node) -> Option<()> {
        if !list.items().is_empty() || list.text().is_some() {
            return Some(());
        }
        let place = if list.at == Origin::DEFAULT {
            owner
        } else {
            list
        };
        self.sink.at(
            place,
            "there are no layers in it".into(),
            "empty",
            "write at least one layer, or leave it out".into(),
        );
        None
    }
}

/// Keys of a layer that hold layers.
const NESTED: [&str; 4] = ["residual", "shortcut", "parallel", "layers"];

/// The table with every list of layers empty, for a check of the rest.
fn without_lists(node: &Node, key: &str) -> Node {
    let mut bare = without_lists_of_layers(node);
    if let Some(entry) = bare.entry("parallel").filter(|_| key == "parallel") {
        // One branch, so that a list with branches is not called empty.
        let given = node.get("parallel").map_or(0, |n| n.items().len());
        let branch = Node {
            value: Value::List(Arc::default()),
            ..entry.node.clone()
        };
        let value = Value::List(Arc::new(vec![branch; given.min(1)]));
        let node = Node {
            value,
            ..entry.node.clone()
        };
        let entry = Entry {
            node,
            ..entry.clone()
        };
        bare.put(entry);
    }
    bare
}

fn without_lists_of_layers(node: &Node) -> Node {
    let mut bare = node.clone();
    for entry in node.entries().iter().filter(|e| NESTED.contains(&&*e.key)) {
        if matches!(entry.node.value, Value::List(_)) {
            let empty = Node {
                value: Value::List(Arc::default()),
                ..entry.node.clone()
            };
            bare.put(Entry {
                node: empty,
                ..entry.clone()
            });
        }
    }
    bare
}

/// `filled` with the lists of layers that `whole` has.
fn with_lists_of(mut filled: Node, whole: &Node) -> Node {
    for entry in whole.entries().iter().filter(|e| NESTED.contains(&&*e.key)) {
        if matches!(entry.node.value, Value::List(_)) {
            filled.put(entry.clone());
        }
    }
    filled
}

/// The node and all in it at another place.
pub(super) fn relocated(node: &Node, at: Origin) -> Node {
    let value = match &node.value {
        Value::List(items) => {
            Value::List(Arc::new(items.iter().map(|i| relocated(i, at)).collect()))
        }
        Value::Table(entries) => {
            let entry = |e: &Entry| Entry {
                key: e.key.clone(),
                key_at: at,
                node: relocated(&e.node, at),
            };
            Value::Table(Arc::new(entries.iter().map(entry).collect()))
        }
        value => value.clone(),
    };
    Node {
        value,
        at,
        via: None,
    }
}

/// Layers in a layer, itself counted.
fn size(layer: &Layer) -> usize {
    let all = |layers: &[Layer]| layers.iter().map(size).sum::<usize>();
    1 + match layer {
        Layer::Residual(r) => {
            all(&r.layers)
                + if let Shortcut::Layers(own) = &r.shortcut {
                    all(own)
                } else {
                    0
                }
        }
        Layer::Parallel(p) => p.branches.iter().map(|b| all(b)).sum(),
        _ => 0,
    }
}
