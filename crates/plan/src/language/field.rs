//! The shape of the language: what a field, a choice and a table are.
//!
//! [`tables`] and [`layers`] hold the language itself. Whatever needs to know it (the checks, the
//! defaults, the help of a message) reads those tables; nothing repeats them.

/// A key of a table.
pub(crate) struct Field {
    pub key: &'static str,
    pub kind: Kind,
    pub default: Default,
    pub doc: &'static str,
}

/// What a field is where the file does not say.
pub(crate) enum Default {
    /// It must be said.
    Required,
    /// This TOML value.
    Value(&'static str),
    /// Nothing, or what the doc says.
    None,
}

/// What a value may be.
pub(crate) enum Kind {
    /// Anything; read by code of its own.
    Any,
    Bool,
    /// A key that can only be `true`.
    True,
    Int {
        min: i64,
        max: i64,
    },
    Float(Bounds),
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// An integer, or two of them: vertical and horizontal.
    Pair {
        min: i64,
        max: i64,
    },
    List {
        of: &'static Kind,
        min: usize,
        max: usize,
    },
    Table(&'static [Field]),
    /// A name, or a table with `name` and the options of what it names.
    Named(&'static Family),
    /// A table in which exactly one naming key stands.
    Keyed(&'static Family),
    Either(&'static [Kind]),
    /// A table that will be merged into another: nothing in it is required.
    Part(&'static Kind),
}

/// Numbers from `min` to `max`; an end is left out where it is `open`.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub min: f64,
    pub max: f64,
    pub min_open: bool,
    pub max_open: bool,
}

/// Things of which one is chosen.
pub(crate) struct Family {
    /// What they are, in the singular.
    pub what: &'static str,
    pub variants: &'static [Variant],
    /// The name that is meant where none is said.
    pub default: Option<&'static str>,
}

/// One thing that can be chosen.
pub(crate) struct Variant {
    pub key: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
    /// Names a layer only where no other naming key stands.
    pub weak: bool,
    /// Whether keys beyond the fields are names that it gives values to.
    pub free: bool,
}

impl Family {
    pub(crate) fn find(&self, name: &str) -> Option<&'static Variant> {
        self.variants.iter().find(|v| v.key == name)
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.variants.iter().map(|v| v.key).collect()
    }
}

impl Bounds {
    pub(crate) fn hold(&self, x: f64) -> bool {
        let above = if self.min_open {
            x > self.min
        } else {
            x >= self.min
        };
        above
            && (if self.max_open {
                x < self.max
            } else {
                x <= self.max
            })
    }

    fn describe(&self) -> String {
        let low = if self.min_open {
            "above"
        } else {
            "of at least"
        };
        let high = if self.max_open { "below" } else { "at most" };
        match (self.min.is_finite(), self.max < 1e300) {
            (false, false) => "a number".into(),
            (true, false) => format!("a number {low} {}", self.min),
            (false, true) => format!("a number {high} {}", self.max),
            (true, true) if !self.min_open && !self.max_open => {
                format!("a number from {} to {}", self.min, self.max)
            }
            (true, true) => format!("a number {low} {} and {high} {}", self.min, self.max),
        }
    }
}

impl Kind {
    /// What it is, in words.
    pub(crate) fn describe(&self) -> String {
        let int = |min: i64, max: i64| match max {
            i64::MAX => format!("an integer of at least {min}"),
            _ => format!("an integer from {min} to {max}"),
        };
        match self {
            Kind::Any => "a value".into(),
            Kind::Bool => "true or false".into(),
            Kind::True => "true".into(),
            Kind::Int { min, max } => int(*min, *max),
            Kind::Float(bounds) => bounds.describe(),
            Kind::Text => "a text".into(),
            Kind::OneOf(texts) => quoted(texts),
            Kind::Pair { min, max } => {
                format!("{}, or two of them [vertical, horizontal]", int(*min, *max))
            }
            Kind::List { of, min, max } if min == max => {
                format!("a list of {min}, each {}", of.describe())
            }
            Kind::List { of, .. } => format!("a list, each {}", of.describe()),
            Kind::Table(fields) => {
                let keys: Vec<_> = fields.iter().map(|f| f.key).collect();
                format!("a table {{ {} }}", keys.join(", "))
            }
            Kind::Named(family) => format!(
                "{}, or a table with one of them as its `name`",
                quoted(&family.names())
            ),
            Kind::Keyed(family) => {
                let article = if family.what.starts_with(['a', 'e', 'i', 'o', 'u']) {
                    "an"
                } else {
                    "a"
                };
                format!(
                    "{article} {} {{ {} = …, … }}",
                    family.what,
                    family.names().join(" | ")
                )
            }
            Kind::Either(kinds) => kinds
                .iter()
                .map(Kind::describe)
                .collect::<Vec<_>>()
                .join(", or "),
            Kind::Part(kind) => kind.describe(),
        }
    }
}

/// `"a", "b" or "c"`.
pub(crate) fn quoted(texts: &[&str]) -> String {
    let texts: Vec<_> = texts.iter().map(|t| format!("\"{t}\"")).collect();
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}
