//! The reference of the language in Markdown, generated from the tables by which files are checked.

use super::field::{Field, FieldDefault, ValueKind, Variants};
use super::tables;

/// Every section and key with its type, default and meaning.
pub fn reference() -> String {
    let mut writer = ReferenceWriter {
        text: String::from(INTRODUCTION),
        described: vec![],
    };
    for section in tables::FILE {
        writer.section(section);
    }
    writer.text += "\n### A range\n\nThe values of an axis, instead of a list.\n\n";
    writer.fields(tables::RANGE);
    writer.text += "\n### `sample`\n\nA key of a block of axes.\n\n";
    writer.fields(tables::SAMPLE);
    writer.text
}

const INTRODUCTION: &str = "\
# The experiment file

An experiment file is a TOML file. Paths in it are relative to the file. Any key that is not listed
here is an error.
";

const SWEEP_NOTES: &str = "
An axis is a dotted path in quotes with a list of values: `\"train.optimizer.lr\" = [0.1, 0.01]`. A
value may be a whole table, which is merged into the table that it overrides key by key, unless its
`name` differs: then it replaces that table. Lists are replaced as a whole. `\"none\"` turns off
what can be turned off, exactly as leaving the key out does. Combinations that differ only in a
value without effect (momentum under Adam) are trained once.
";

const STAGE_NOTES: &str = "
A stage also has the keys of a block of `[[sweep]]`. Each stage starts from the configuration with
the best mean of `experiment.metric` in the stage before. That choice is recorded together with its
evidence and is kept until `--redecide` is given.
";

struct ReferenceWriter {
    text: String,
    /// Keys of tables and nouns of variants that have been described.
    described: Vec<&'static str>,
}

impl ReferenceWriter {
    fn section(&mut self, section: &'static Field) {
        let heading = match section.key {
            "models" | "augments" | "optimizers" | "blocks" => format!("[{}.NAME]", section.key),
            "sweep" | "stage" => format!("[[{}]]", section.key),
            key if matches!(section.kind, ValueKind::Table(_)) => format!("[{key}]"),
            key => key.to_string(),
        };
        self.text += &format!("\n## `{heading}`\n\n{}\n", section.doc);
        let (fields, notes) = match (section.key, &section.kind) {
            ("blocks", _) => (tables::BLOCK, ""),
            ("sweep", _) => (tables::SWEEP, SWEEP_NOTES),
            ("stage", _) => (tables::STAGE_ONLY, STAGE_NOTES),
            (_, ValueKind::Table(fields)) => (*fields, ""),
            _ => return,
        };
        self.text += "\n";
        self.fields(fields);
        self.text += notes;
    }

    /// A table of the fields, and below it whatever their values consist of.
    fn fields(&mut self, fields: &'static [Field]) {
        self.text += "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
        for field in fields {
            self.text += &row(field);
        }
        for field in fields {
            self.parts(&field.kind, field.key);
        }
    }

    /// What a value of this kind consists of, unless that has been described before.
    fn parts(&mut self, kind: &'static ValueKind, key: &'static str) {
        match kind {
            ValueKind::Table(_) if !self.is_new(key) => {}
            ValueKind::Table(fields) => {
                self.text += &format!("\n### `{key}`\n\n");
                self.fields(fields);
            }
            ValueKind::Named(variants) | ValueKind::Keyed(variants) => self.variants(variants),
            ValueKind::List { of, .. } | ValueKind::Part(of) => self.parts(of, key),
            ValueKind::Either(kinds) => kinds.iter().for_each(|kind| self.parts(kind, key)),
            _ => {}
        }
    }

    fn variants(&mut self, variants: &'static Variants) {
        if !self.is_new(variants.noun) {
            return;
        }
        self.text += &format!("\n### {}\n", heading(variants.noun));
        for variant in variants.list {
            self.text += &format!("\n`{}`: {}\n", variant.key, variant.doc);
            if !variant.fields.is_empty() {
                self.text += "\n";
                self.fields(variant.fields);
            }
        }
    }

    fn is_new(&mut self, what: &'static str) -> bool {
        let new = !self.described.contains(&what);
        if new {
            self.described.push(what);
        }
        new
    }
}

fn row(field: &Field) -> String {
    let default = match field.default {
        FieldDefault::Required => "required".to_string(),
        FieldDefault::Value(value) => format!("`{value}`"),
        FieldDefault::Absent => "–".to_string(),
    };
    let value = field.kind.describe_briefly().replace('|', "\\|");
    format!(
        "| `{}` | {value} | {default} | {} |\n",
        field.key, field.doc
    )
}

/// The plural of a noun, capitalised: `Kinds of experiment`.
fn heading(noun: &str) -> String {
    let plural = match (noun.split_once(" of "), noun) {
        (Some((head, rest)), _) => format!("{head}s of {rest}"),
        (None, "loss") => "losses".into(),
        (None, noun) => format!("{noun}s"),
    };
    let mut letters = plural.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
