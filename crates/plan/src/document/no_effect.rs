//! Removes values that cannot have an effect, so that an axis such as the momentum of SGD can be
//! combined with Adam.

use crate::language::field::Variants;
use crate::language::reader::named;
use crate::language::tables::{OPTIMIZERS, SCHEDULES, SOURCES};
use crate::source::tree::{Node, NodeValue, TableEntry};
use std::sync::Arc;

/// Removes the value that an axis set at `path` if what it is an option of has no such option, but
/// others of its kind do.
pub(crate) fn remove_without_effect(node: &mut Node, path: &[Arc<str>]) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    match (&mut node.value, key.parse::<usize>()) {
        (NodeValue::List(items), Ok(index)) if index < items.len() => {
            remove_without_effect(&mut Arc::make_mut(items)[index], rest);
        }
        (NodeValue::Table(_), _) => {
            if let Some(mut entry) = node.entry(key).cloned() {
                remove_below(&mut entry, rest);
                node.insert(entry);
            }
        }
        _ => {}
    }
}

fn remove_below(entry: &mut TableEntry, rest: &[Arc<str>]) {
    if let ([option], Some(variants)) = (rest, variants_of(&entry.key)) {
        if lacks_option(entry, option, variants) {
            entry.node.remove(option);
        }
    } else {
        remove_without_effect(&mut entry.node, rest);
    }
}

fn variants_of(key: &str) -> Option<&'static Variants> {
    match key {
        "optimizer" => Some(&OPTIMIZERS),
        "schedule" => Some(&SCHEDULES),
        "source" => Some(&SOURCES),
        _ => None,
    }
}

/// Whether the chosen variant lacks an option that another variant has.
fn lacks_option(entry: &TableEntry, option: &str, variants: &Variants) -> bool {
    let Some((_, chosen)) = named(&entry.node, variants) else {
        return false;
    };
    let known = variants.list.iter().any(|v| v.field(option).is_some());
    known && chosen.fields().iter().all(|f| f.key != option)
}
