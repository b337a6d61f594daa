//! What the user should know of an image set.

/// What the user should know of an image set.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetNotes {
    /// What its folder or table shows.
    pub(super) of_reading: Vec<String>,
    /// What was not used.
    pub(super) left_out: Vec<String>,
    /// How it is divided.
    pub(super) of_division: Vec<String>,
}

impl SetNotes {
    /// All of them, in the order in which a user reads them.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &String> {
        let before = self.of_reading.iter().chain(&self.left_out);
        before.chain(&self.of_division)
    }

    /// Those that are recorded: what was not used is recorded by itself.
    pub(crate) fn recorded(&self) -> Vec<String> {
        [self.of_reading.as_slice(), &self.of_division].concat()
    }
}
