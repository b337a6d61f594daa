//! What stands for an object while a pickle is followed.

/// An object of a pickle, as far as its calls and sizes depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Symbol<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// A class or function: its module and its name.
    Name(&'a str, &'a str),
    /// Anything else.
    Other,
}
