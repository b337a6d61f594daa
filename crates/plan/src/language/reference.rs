//! The reference of the language as Markdown: made from the tables that also check the file.

use super::field::{Default, Family, Field, Kind};
use super::tables;

/// Every section, key, type and default.
pub fn reference() -> String {
    let mut text = String::from(
        "# The experiment file\n\nA TOML file. Paths in it are relative to the file. Every key that is not here is an error.\n",
    );
    let mut writer = Writer { told: vec![] };
    for field in tables::FILE {
        let (key, doc) = (field.key, field.doc);
        let part = match key {
            "models" | "augments" | "optimizers" => format!("\n## `[{key}.NAME]`\n\n{doc}\n"),
            "sweep" => format!(
                "\n## `[[sweep]]`\n\n{doc}\n\n{}{SWEEP}",
                writer.fields(tables::SWEEP)
            ),
            "stage" => format!(
                "\n## `[[stage]]`\n\n{doc}\n\n{}{STAGE}",
                writer.fields(&tables::STAGE[..2])
            ),
            _ => match &field.kind {
                Kind::Table(fields) => {
                    format!("\n## `[{key}]`\n\n{doc}\n\n{}", writer.fields(fields))
                }
                _ => format!("\n## `{key}`\n\n{doc}\n"),
            },
        };
        text += &part;
    }
    text + "\n### A range\n\nIn place of a list of an axis's values.\n\n"
        + &writer.fields(tables::RANGE)
        + "\n### `sample`\n\nOf a block.\n\n"
        + &writer.fields(tables::SAMPLE)
}

const SWEEP: &str = "
An axis is a dotted path in quotes, as `\"train.optimizer.lr\" = [0.1, 0.01]`; a value may be a whole table. A table merges
into the one that it overrides, key by key, unless its `name` changes: then it replaces it. Arrays replace. Axes that change
nothing (momentum under Adam) do not multiply jobs.
";

const STAGE: &str = "
Besides, the keys of a block of `[[sweep]]`. The choice is the best mean of `experiment.metric`; it is recorded with its
evidence and stands until `--redecide`.
";

struct Writer {
    /// Families and tables that have been written.
    told: Vec<&'static str>,
}

impl Writer {
    /// A table of the fields, and below it whatever they consist of.
    fn fields(&mut self, fields: &'static [Field]) -> String {
        let mut text =
            String::from("| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        for field in fields {
            let default = match field.default {
                Default::Required => "required".to_string(),
                Default::Value(value) => format!("`{value}`"),
                Default::None => "–".to_string(),
            };
            text += &format!(
                "| `{}` | {} | {default} | {} |\n",
                field.key,
                short(&field.kind).replace('|', "\\|"),
                field.doc
            );
        }
        for field in fields {
            text += &self.parts(&field.kind, field.key);
        }
        text
    }

    /// What a value of this kind consists of, where that was not told yet.
    fn parts(&mut self, kind: &'static Kind, key: &'static str) -> String {
        match kind {
            Kind::Table(fields) => match self.is_new(key) {
                true => format!("\n### `{key}`\n\n{}", self.fields(fields)),
                false => String::new(),
            },
            Kind::Named(family) | Kind::Keyed(family) => self.family(family),
            Kind::List { of, .. } | Kind::Part(of) => self.parts(of, key),
            Kind::Either(kinds) => kinds.iter().map(|k| self.parts(k, key)).collect(),
            _ => String::new(),
        }
    }

    fn family(&mut self, family: &'static Family) -> String {
        if !self.is_new(family.what) {
            return String::new();
        }
        let mut text = format!("\n### {}s\n", capital(family.what));
        for variant in family.variants {
            text += &format!("\n`{}`: {}\n", variant.key, variant.doc);
            if !variant.fields.is_empty() {
                text += &format!("\n{}", self.fields(variant.fields));
            }
        }
        text
    }

    fn is_new(&mut self, what: &'static str) -> bool {
        let new = !self.told.contains(&what);
        if new {
            self.told.push(what);
        }
        new
    }
}

/// The kind in a cell.
fn short(kind: &Kind) -> String {
    match kind {
        Kind::Any | Kind::Table(_) => "a table".into(),
        Kind::Named(family) => format!(
            "{} {}, or a table with its `name`",
            article(family.what),
            family.what
        ),
        Kind::Keyed(family) => format!("{} {}", article(family.what), family.what),
        Kind::List { of, min, max } if min == max => format!("a list of {min}, each {}", short(of)),
        Kind::List { of, .. } => format!("a list, each {}", short(of)),
        Kind::Either(kinds) => kinds.iter().map(short).collect::<Vec<_>>().join(", or "),
        Kind::Part(kind) => short(kind),
        kind => kind.describe(),
    }
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}
