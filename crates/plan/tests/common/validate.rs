//! The JSON Schema, asked through a whole validator.

use jsonschema::Validator;
use serde_json::Value;

/// The language's schema, which is itself one of draft 2020-12.
pub fn schema() -> Validator {
    let schema = convsweep_plan::json_schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The file as JSON; `None` where JSON has no such thing (what is no TOML, dates, NaN).
pub fn json(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table).ok().filter(|_| !text.contains("nan"))
}
