//! What the answers say of made sweeps.

mod across;
mod bad_input;
mod comparing;
mod images;
mod made;
mod matters;
mod next;
mod training;
