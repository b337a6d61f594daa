//! Holds a value against the tables of the language; every difference is a problem.

use crate::language::field::{Default, Family, Field, Kind, Variant, quoted};
use crate::language::suggest;
use crate::source::problem::Problem;
use crate::source::tree::{Node, Value};

/// Unknown keys of one table that are told of at most.
pub(crate) const MOST_UNKNOWN: usize = 100;

/// Where problems go.
#[derive(Debug)]
pub(crate) struct Sink {
    pub problems: Vec<Problem>,
    /// The value is not complete yet: nothing is missing, `"$name"` may stand for anything.
    pub partial: bool,
}

impl Sink {
    pub(crate) fn new(partial: bool) -> Sink {
        Sink {
            problems: vec![],
            partial,
        }
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Problem with a value: the caret stands under it, and under the `$name` that it came in for.
    pub(crate) fn at(
        &mut self,
        node: &Node,
        title: String,
        label: impl Into<String>,
        help: String,
    ) -> bool {
        self.push(
            Problem::new(node.at, title, label)
                .also(node.via, "used here")
                .help(help),
        );
        false
    }
}

/// Whether `node` is what `kind` says. `path` is its name in messages.
pub(crate) fn check(node: &Node, kind: &Kind, path: &str, doc: &str, sink: &mut Sink) -> bool {
    if sink.partial && node.text().is_some_and(|t| t.starts_with('$')) {
        return true;
    }
    if !fits(node, kind) {
        let title = format!(
            "{} must be {}, not {}",
            spoken(path),
            kind.describe(),
            node.type_name()
        );
        let help = written_out(node, kind)
            .map_or_else(|| doc.to_string(), |table| format!("did you mean {table}?"));
        return sink.at(node, title, format!("is {}", node.type_name()), help);
    }
    let in_range = |x: f64, holds: bool, sink: &mut Sink| {
        holds
            || sink.at(
                node,
                format!(
                    "{} must be {}, not {}",
                    spoken(path),
                    kind.describe(),
                    number(x)
                ),
                if x.fract() == 0.0 { "out of range" } else { "" },
                doc.to_string(),
            )
    };
    match kind {
        Kind::Any | Kind::Bool | Kind::Text => true,
        Kind::True => {
            node.bool() == Some(true)
                || sink.at(
                    node,
                    format!("{} can only be true", spoken(path)),
                    "",
                    "leave the whole entry out instead".into(),
                )
        }
        Kind::Int { min, max } => match node.int() {
            Some(n) => in_range(n as f64, (*min..=*max).contains(&n), sink),
            None => in_range(node.float().unwrap_or(f64::NAN), false, sink),
        },
        Kind::Float(bounds) => {
            let x = node.float().unwrap_or(f64::NAN);
            in_range(x, bounds.hold(x), sink)
        }
        Kind::OneOf(texts) => one_of(node, texts, path, sink),
        Kind::Pair { min, max } => {
            let int = Kind::Int {
                min: *min,
                max: *max,
            };
            match node.items() {
                [] => check(node, &int, path, doc, sink),
                items => items
                    .iter()
                    .map(|item| check(item, &int, path, doc, sink))
                    .fold(true, |all, ok| all & ok),
            }
        }
        Kind::List { of, min, max } => list(node, of, *min..=*max, path, doc, sink),
        Kind::Table(fields) => table(node, fields, &[], path, sink),
        Kind::Named(family) => named(node, family, path, sink),
        Kind::Keyed(family) => match keyed(node, family, path, sink) {
            Some(variant) => {
                let keys = node
                    .entries()
                    .iter()
                    .map(|e| &*e.key)
                    .filter(|_| variant.free)
                    .collect::<Vec<_>>();
                table(
                    node,
                    variant.fields,
                    &keys,
                    &format!("{path} ({})", variant.key),
                    sink,
                )
            }
            None => false,
        },
        Kind::Either(kinds) => match kinds.iter().find(|k| fits(node, k)) {
            Some(Kind::OneOf(texts))
                if node
                    .text()
                    .is_some_and(|t| suggest::nearest(t, texts).is_none()) =>
            {
                let title = format!("{} must be {}", spoken(path), kind.describe());
                sink.at(node, title, "not known here", doc.to_string())
            }
            Some(kind) => check(node, kind, path, doc, sink),
            None => false,
        },
        Kind::Part(kind) => {
            let before = std::mem::replace(&mut sink.partial, true);
            let ok = check(node, kind, path, doc, sink);
            sink.partial = before;
            ok
        }
    }
}

/// The name of a value in a sentence: `` `train.epochs` ``, or `` `kernel` of layer 1 (conv) ``.
fn spoken(path: &str) -> String {
    match path.rsplit_once(").") {
        Some((owner, key)) => format!("`{key}` of {owner})"),
        None if path.contains(' ') => path.to_string(),
        None => format!("`{path}`"),
    }
}

/// A number as people write it, without three hundred digits.
fn number(x: f64) -> String {
    match x.abs() {
        size if size >= 1e20 || (size < 1e-9 && size > 0.0) => format!("{x:e}"),
        _ => x.to_string(),
    }
}

/// The table that a text or a number in its place probably meant: `"flip"`, or `0.2` where a share
/// is the first key.
fn written_out(node: &Node, kind: &Kind) -> Option<String> {
    match kind {
        Kind::Keyed(family) => {
            let text = node.text()?;
            let variant = family.find(suggest::nearest(text, &family.names())?)?;
            let field = variant.fields.iter().find(|f| f.key == variant.key)?;
            let value = match &field.kind {
                Kind::True | Kind::Bool => "true".into(),
                Kind::OneOf(texts) => format!(
                    "\"{}\"",
                    suggest::nearest(text, texts).or(texts.first().copied())?
                ),
                _ => "…".into(),
            };
            Some(format!("{{ {} = {value} }}", variant.key))
        }
        Kind::Table([first, ..]) if node.float().is_some() && fits(node, &first.kind) => {
            Some(format!("{{ {} = {} }}", first.key, node.float()?))
        }
        _ => None,
    }
}

/// Whether the type is right, whatever the value.
pub(crate) fn fits(node: &Node, kind: &Kind) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Bool | Kind::True => node.bool().is_some(),
        Kind::Int { .. } | Kind::Float(_) => node.float().is_some(),
        Kind::Text | Kind::OneOf(_) => node.text().is_some(),
        Kind::Pair { .. } => node.float().is_some() || node.items().len() == 2,
        Kind::List { .. } => matches!(node.value, Value::List(_)),
        Kind::Table(_) | Kind::Keyed(_) => node.is_table(),
        Kind::Named(_) => node.is_table() || node.text().is_some(),
        Kind::Either(kinds) => kinds.iter().any(|k| fits(node, k)),
        Kind::Part(kind) => fits(node, kind),
    }
}

fn one_of(node: &Node, texts: &[&str], path: &str, sink: &mut Sink) -> bool {
    let text = node.text().unwrap_or_default();
    if texts.contains(&text) {
        return true;
    }
    let title = format!("{} cannot be \"{text}\"", spoken(path));
    let help = match suggest::nearest(text, texts) {
        Some(near) if texts.len() == 1 => format!("did you mean \"{near}\"?"),
        Some(near) => format!("did you mean \"{near}\"? it can be {}", quoted(texts)),
        None => format!("it can be {}", quoted(texts)),
    };
    sink.at(node, title, "not known here", help)
}

fn list(
    node: &Node,
    of: &Kind,
    length: std::ops::RangeInclusive<usize>,
    path: &str,
    doc: &str,
    sink: &mut Sink,
) -> bool {
    let items = node.items();
    if !length.contains(&items.len()) {
        let needed = match (length.start(), length.end()) {
            (a, b) if a == b => format!("{a} items"),
            (a, _) if items.len() < *a => format!("at least {a} items"),
            (_, b) => format!("at most {b} items"),
        };
        let title = format!(
            "{} has {} items where {needed} are needed",
            spoken(path),
            items.len()
        );
        return sink.at(node, title, "", doc.to_string());
    }
    let item = |ok: bool, (i, item): (usize, &Node)| {
        let name = match of {
            Kind::Keyed(family) => item_name(family.what, path, i),
            _ => format!("{path}.{i}"),
        };
        check(item, of, &name, doc, sink) && ok
    };
    items.iter().enumerate().fold(true, item)
}

/// Name of item `i`: `layer 4`; in a structure `layer 4.2`, in a block `layer basic.2`.
fn item_name(what: &str, path: &str, i: usize) -> String {
    let inside = match (path.strip_prefix(what), path.strip_prefix("blocks.")) {
        (Some(rest), _) => rest.split_once(" (").map(|(number, key)| {
            let shortcut = if key.ends_with(").shortcut") {
                ".shortcut"
            } else {
                ""
            };
            let branch = key
                .rsplit_once('.')
                .and_then(|(_, n)| n.parse::<usize>().ok());
            format!(
                "{}{shortcut}{}.",
                number.trim(),
                branch.map_or(String::new(), |n| format!(".{}", n + 1))
            )
        }),
        (None, Some(block)) => block.strip_suffix(".layers").map(|name| format!("{name}.")),
        (None, None) => None,
    };
    format!("{what} {}{}", inside.unwrap_or_default(), i + 1)
}

/// Holds a table against its fields; `known` are keys that are read elsewhere.
pub(crate) fn table(
    node: &Node,
    fields: &[Field],
    known: &[&str],
    path: &str,
    sink: &mut Sink,
) -> bool {
    let mut ok = true;
    let mut unknown = 0;
    for entry in node.entries() {
        let Some(field) = fields.iter().find(|f| f.key == &*entry.key) else {
            if !known.contains(&&*entry.key) {
                unknown += 1;
                ok = false;
                if unknown <= MOST_UNKNOWN {
                    unknown_key(entry, fields, known, path, sink);
                }
            }
            continue;
        };
        let name = if path.is_empty() {
            field.key.to_string()
        } else {
            format!("{path}.{}", field.key)
        };
        ok &= check(&entry.node, &field.kind, &name, field.doc, sink);
    }
    for field in fields
        .iter()
        .filter(|f| matches!(f.default, Default::Required) && node.get(f.key).is_none())
    {
        if !sink.partial && !misspelt(node, field, fields) {
            let title = format!("{path} has no `{}`", field.key);
            ok = sink.at(node, title, "", format!("{}: {}", field.key, field.doc));
        }
    }
    ok
}

/// Whether an unknown key of the table was probably meant to be `field`; then it is one mistake,
/// not two.
pub(crate) fn misspelt(node: &Node, field: &Field, fields: &[Field]) -> bool {
    let keys: Vec<_> = fields.iter().map(|f| f.key).collect();
    let unknown = node.entries().iter().filter(|e| !keys.contains(&&*e.key));
    unknown
        .take(MOST_UNKNOWN)
        .any(|e| suggest::nearest(&e.key, &keys) == Some(field.key))
}

/// An unknown key, with the nearest known one.
pub(crate) fn unknown_key(
    entry: &crate::source::tree::Entry,
    fields: &[Field],
    known: &[&str],
    path: &str,
    sink: &mut Sink,
) {
    let key = &*entry.key;
    let keys: Vec<_> = fields
        .iter()
        .map(|f| f.key)
        .chain(known.iter().copied())
        .collect();
    let title = match path {
        "" if !entry.node.is_table() => format!("`{key}` stands in no section"),
        "" => format!("unknown section [{key}]"),
        _ => format!("unknown key `{key}` in {path}"),
    };
    let help = match (suggest::nearest(key, &keys), suggest::home_of(key)) {
        (None, Some(home)) if !path.starts_with(&home) => format!("`{key}` belongs into [{home}]"),
        _ => suggest::remedy(key, &keys),
    };
    sink.push(Problem::new(entry.key_at, title, "not known here").help(help));
}

fn named(node: &Node, family: &Family, path: &str, sink: &mut Sink) -> bool {
    let name = match node.text() {
        Some(_) => Some(node),
        None => node.get("name"),
    };
    if let Some(name) = name.filter(|n| n.text().is_none()) {
        return check(name, &Kind::Text, &format!("{path}.name"), "", sink);
    }
    let variant = match name
        .and_then(Node::text)
        .or(family.default.filter(|_| !sink.partial))
    {
        Some(text) if sink.partial && text.starts_with('$') => None,
        Some(text) => match family.find(text) {
            Some(variant) => Some(variant),
            None => {
                let names = family.names();
                let title = format!("there is no {} \"{text}\"", family.what);
                let near = suggest::nearest(text, &names).and_then(|n| family.find(n));
                let help = match near {
                    Some(v) => format!(
                        "did you mean \"{}\"? {} Known: {}",
                        v.key,
                        v.doc,
                        quoted(&names)
                    ),
                    None => format!("known: {}", quoted(&names)),
                };
                return sink.at(name.unwrap_or(node), title, "not known", help);
            }
        },
        None if sink.partial => None,
        None => {
            let title = format!("{} does not say which {}", spoken(path), family.what);
            return sink.at(
                node,
                title,
                "has no `name`",
                format!("name = {}", quoted(&family.names())),
            );
        }
    };
    match variant {
        Some(variant) if node.is_table() => {
            let mut known = vec!["name"];
            for entry in foreign(node, variant, family) {
                let owner = family
                    .variants
                    .iter()
                    .find(|v| v.fields.iter().any(|f| f.key == &*entry.key));
                let owner = owner.map_or("", |v| v.key);
                let title = format!("{} has no `{}`", variant.key, entry.key);
                let help = format!("`{}` is an option of {owner}", entry.key);
                sink.push(Problem::new(entry.key_at, title, "has no effect").help(help));
                known.push(&entry.key);
            }
            table(node, variant.fields, &known, path, sink) && known.len() == 1
        }
        Some(variant) => {
            let missing = variant
                .fields
                .iter()
                .find(|f| matches!(f.default, Default::Required) && !sink.partial);
            missing.is_none_or(|f| {
                let help = format!(
                    "write {{ name = \"{}\", {} = … }}: {}",
                    variant.key, f.key, f.doc
                );
                sink.at(
                    node,
                    format!("{path} ({}) has no `{}`", variant.key, f.key),
                    "",
                    help,
                )
            })
        }
        None => any_variant(node, family, path, sink),
    }
}

/// Entries that are options of another variant of the family.
fn foreign<'a>(
    node: &'a Node,
    variant: &Variant,
    family: &Family,
) -> Vec<&'a crate::source::tree::Entry> {
    let has = |v: &Variant, key: &str| v.fields.iter().any(|f| f.key == key);
    let elsewhere = |key: &str| !has(variant, key) && family.variants.iter().any(|v| has(v, key));
    node.entries()
        .iter()
        .filter(|e| elsewhere(&e.key))
        .collect()
}

/// A part of a named table that does not say its name: each key must belong to one of the family.
fn any_variant(node: &Node, family: &Family, path: &str, sink: &mut Sink) -> bool {
    let mut ok = true;
    for entry in node
        .entries()
        .iter()
        .filter(|e| &*e.key != "name")
        .take(MOST_UNKNOWN)
    {
        let mut fields = family.variants.iter().flat_map(|v| v.fields);
        match fields.find(|f| f.key == &*entry.key) {
            Some(field) => {
                ok &= check(
                    &entry.node,
                    &field.kind,
                    &format!("{path}.{}", field.key),
                    field.doc,
                    sink,
                )
            }
            None => {
                let keys: Vec<_> = family
                    .variants
                    .iter()
                    .flat_map(|v| v.fields)
                    .map(|f| f.key)
                    .collect();
                unknown_key(entry, &[], &keys, path, sink);
                ok = false;
            }
        }
    }
    ok
}

/// The variant that a table's naming key names.
fn keyed(node: &Node, family: &Family, path: &str, sink: &mut Sink) -> Option<&'static Variant> {
    let found = naming(node, family);
    match found[..] {
        [variant] => Some(variant),
        [] => {
            let names = family.names();
            let near = node
                .entries()
                .iter()
                .find_map(|e| suggest::nearest(&e.key, &names))
                .and_then(|n| family.find(n));
            let help = match near {
                Some(v) => format!("did you mean `{}`? {}", v.key, v.doc),
                None => format!("exactly one of these names it: {}", names.join(", ")),
            };
            let place = node.entries().first().map_or(node.at, |e| e.key_at);
            sink.push(
                Problem::new(place, format!("{path} does not say what it is"), "").help(help),
            );
            None
        }
        [first, second, ..] => {
            let title = format!("{path} is both `{}` and `{}`", first.key, second.key);
            let place = node.entry(second.key).map_or(node.at, |e| e.key_at);
            // A short word for an option of the first may be the name of another.
            let options: Vec<_> = first
                .fields
                .iter()
                .map(|f| f.key)
                .filter(|k| *k != first.key)
                .collect();
            let option = suggest::elsewhere(second.key, &options);
            let help = match option {
                Some(option) => {
                    format!(
                        "did you mean `{option}`? Else write each {} as an entry of its own",
                        family.what
                    )
                }
                None => format!("write each {} as an entry of its own", family.what),
            };
            let other = node.entry(first.key).map(|e| e.key_at);
            sink.push(
                Problem::new(place, title, "a second name")
                    .also(other, "the first")
                    .help(help),
            );
            None
        }
    }
}

/// The variants whose naming keys stand in the table; weak ones only where they are alone, and
/// beside a free one no others.
pub(crate) fn naming(node: &Node, family: &Family) -> Vec<&'static Variant> {
    let mut found: Vec<_> = node
        .entries()
        .iter()
        .filter_map(|e| family.find(&e.key))
        .collect();
    if found.iter().any(|v| v.free) {
        // Its other keys are names of parameters, whatever they are called.
        found.retain(|v| v.free);
    } else if found.iter().any(|v| !v.weak) {
        found.retain(|v| !v.weak);
    }
    found
}
