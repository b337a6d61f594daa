//! The shape of the language: what a key, its value and a choice between named things are.
//!
//! [`tables`](super::tables) holds the language itself. The checks, the defaults, the messages,
//! the reference and the JSON Schema all read those tables; nothing repeats them.

use super::bounds::Bounds;

/// A key of a table.
pub(crate) struct Field {
    pub key: &'static str,
    pub kind: ValueKind,
    pub default: FieldDefault,
    pub doc: &'static str,
}

/// The value of a field that is left out.
pub(crate) enum FieldDefault {
    /// It cannot be left out.
    Required,
    /// This TOML value.
    Value(&'static str),
    /// None, or what the field's documentation says.
    Absent,
}

/// What a value may be.
pub(crate) enum ValueKind {
    /// Anything; it is read by code of its own.
    Any,
    Bool,
    /// `true`, for a key that is left out otherwise.
    True,
    Int {
        min: i64,
        max: i64,
    },
    /// One of these integers.
    IntOneOf(&'static [i64]),
    Float(Bounds),
    Text,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// An integer, or two of them: vertical and horizontal.
    Pair {
        min: i64,
        max: i64,
    },
    List {
        of: &'static ValueKind,
        min: usize,
        max: usize,
    },
    Table(&'static [Field]),
    /// A name, or a table with `name` and the options of what it names.
    Named(&'static Variants),
    /// A table with exactly one key that names a variant, along with the options of that variant.
    Keyed(&'static Variants),
    Either(&'static [ValueKind]),
    /// A table that is merged into another, so that nothing in it is required.
    Part(&'static ValueKind),
}

/// Variants that one is chosen from by its name or key.
pub(crate) struct Variants {
    /// What they are, in the singular.
    pub noun: &'static str,
    pub list: &'static [Variant],
    /// The one that is meant if no name is given.
    pub default: Option<&'static str>,
}

/// A named variant with its options.
pub(crate) struct Variant {
    pub key: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
    /// Its key is also an option of other variants, so that it only names this variant where no
    /// other variant's key is present.
    pub weak: bool,
    /// It takes keys beyond its fields: names of parameters.
    pub open: bool,
}

impl Variants {
    pub(crate) fn find(&self, name: &str) -> Option<&'static Variant> {
        self.list.iter().find(|v| v.key == name)
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.list.iter().map(|v| v.key).collect()
    }

    /// Keys of the options of all variants, each once.
    pub(crate) fn option_keys(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        for field in self.list.iter().flat_map(|v| v.fields) {
            if !keys.contains(&field.key) {
                keys.push(field.key);
            }
        }
        keys
    }
}

impl Variant {
    pub(crate) fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.key == key)
    }
}

impl Field {
    pub(crate) fn is_required(&self) -> bool {
        matches!(self.default, FieldDefault::Required)
    }
}

/// Keys of the fields.
pub(crate) fn keys(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|f| f.key).collect()
}
