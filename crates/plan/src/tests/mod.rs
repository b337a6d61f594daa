//! Tests that walk the tables of the language.

mod choices;
mod ends_of_ranges;
mod samples;
