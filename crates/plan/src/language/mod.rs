//! The language of experiment files: its keys, how values are checked against them, and what is
//! generated from them. It knows trees and problems, but neither axes nor resolved types.

pub(crate) mod bounds;
pub(crate) mod check;
pub(crate) mod describe;
pub(crate) mod examples;
pub(crate) mod field;
pub(crate) mod json_schema;
pub(crate) mod presets;
pub(crate) mod reader;
pub(crate) mod reference;
pub(crate) mod reference_json;
pub(crate) mod starter;
pub(crate) mod suggest;
mod synonyms;
pub(crate) mod tables;
pub(crate) mod value_path;
