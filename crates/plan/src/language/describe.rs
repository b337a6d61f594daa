//! What a value may be, in words for messages and the reference.

use super::field::{ValueKind, Variants, keys};
use convsweep_spec::words::listed_with;

impl ValueKind {
    /// What a value of this kind is, with an article.
    pub(crate) fn describe(&self) -> String {
        match self {
            ValueKind::Any => "a value".into(),
            ValueKind::Bool => "true or false".into(),
            ValueKind::True => "true".into(),
            ValueKind::Int { min, max } => integer(*min, *max),
            ValueKind::IntOneOf(numbers) => numbers
                .iter()
                .map(i64::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
            ValueKind::Float(bounds) => bounds.describe(),
            ValueKind::Text => "a string".into(),
            ValueKind::OneOf(texts) => alternatives(texts),
            ValueKind::Pair { min, max } => {
                let one = integer(*min, *max);
                format!("{one}, or two of them [vertical, horizontal]")
            }
            ValueKind::List { of, min, max } if min == max => {
                format!("a list of {min}, each {}", of.describe())
            }
            ValueKind::List { of, .. } => format!("a list, each item {}", of.describe()),
            ValueKind::Table(fields) => format!("a table {{ {} }}", keys(fields).join(", ")),
            ValueKind::Named(variants) => {
                let names = alternatives(&variants.names());
                format!("{names}, or a table with one of them as its `name`")
            }
            ValueKind::Keyed(variants) => {
                let names = variants.names().join(" | ");
                format!("{} {{ {names} = …, … }}", with_article(variants.noun))
            }
            ValueKind::Either(kinds) => kinds
                .iter()
                .map(ValueKind::describe)
                .collect::<Vec<_>>()
                .join(", or "),
            ValueKind::Part(kind) => kind.describe(),
        }
    }

    /// The same in short, for a cell of a table; options of what it names are described elsewhere.
    pub(crate) fn describe_briefly(&self) -> String {
        match self {
            ValueKind::Any | ValueKind::Table(_) => "a table".into(),
            ValueKind::Named(variants) => {
                format!("{}, or a table with its `name`", name_of(variants))
            }
            ValueKind::Keyed(variants) => with_article(variants.noun),
            ValueKind::List { of, min, max } if min == max => {
                format!("a list of {min}, each {}", of.describe_briefly())
            }
            ValueKind::List { of, .. } => format!("a list, each item {}", of.describe_briefly()),
            ValueKind::Either(kinds) => kinds
                .iter()
                .map(ValueKind::describe_briefly)
                .collect::<Vec<_>>()
                .join(", or "),
            ValueKind::Part(kind) => kind.describe_briefly(),
            kind => kind.describe(),
        }
    }
}

fn name_of(variants: &Variants) -> String {
    format!("the name of {}", with_article(variants.noun))
}

fn integer(min: i64, max: i64) -> String {
    if max == i64::MAX {
        format!("an integer of at least {min}")
    } else if min == max {
        min.to_string()
    } else {
        format!("an integer from {min} to {max}")
    }
}

pub(crate) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// `"a", "b" or "c"`.
pub(crate) fn alternatives(texts: &[&str]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    listed_with(&quoted, "or")
}
