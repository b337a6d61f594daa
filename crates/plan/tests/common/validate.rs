//! As much of JSON Schema (draft 2020-12) as our schema uses; `tests/schema.sh` holds a whole validator against it.

use serde_json::Value;

/// Whether `value` is what `schema`, a part of `root`, describes.
pub fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let Value::Object(keywords) = schema else { return schema != &Value::Bool(false) };
    let holds = |schema: &Value| valid(root, schema, value);
    let list = |schemas: &Value| schemas.as_array().expect("a list").clone();
    let number = |limit: &Value, ok: fn(f64, f64) -> bool| {
        value.as_f64().is_none_or(|x| ok(x, limit.as_f64().expect("a number")))
    };
    let length = |limit: &Value| limit.as_u64().expect("a length") as usize;
    let map = value.as_object();
    keywords.iter().all(|(keyword, asked)| match keyword.as_str() {
        "$ref" => holds(root.pointer(&asked.as_str().expect("a pointer")[1..]).expect("defined")),
        "type" => is_type(value, asked.as_str().expect("a name")),
        "const" => value == asked,
        "enum" => list(asked).contains(value),
        "anyOf" => list(asked).iter().any(holds),
        "allOf" => list(asked).iter().all(holds),
        "not" => !holds(asked),
        "if" => keywords.get(if holds(asked) { "then" } else { "else" }).is_none_or(holds),
        "minimum" => number(asked, |x, limit| x >= limit),
        "maximum" => number(asked, |x, limit| x <= limit),
        "exclusiveMinimum" => number(asked, |x, limit| x > limit),
        "exclusiveMaximum" => number(asked, |x, limit| x < limit),
        "maxLength" => value.as_str().is_none_or(|t| t.chars().count() <= length(asked)),
        "pattern" => value.as_str().is_none_or(|t| matches(asked.as_str().expect("a pattern"), t)),
        "minItems" => value.as_array().is_none_or(|items| items.len() >= length(asked)),
        "maxItems" => value.as_array().is_none_or(|items| items.len() <= length(asked)),
        "uniqueItems" => value.as_array().is_none_or(|items| (1..items.len()).all(|i| !items[..i].contains(&items[i]))),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| valid(root, asked, item))),
        "required" => map.is_none_or(|map| list(asked).iter().all(|k| map.contains_key(k.as_str().expect("a key")))),
        "propertyNames" => map.is_none_or(|map| map.keys().all(|k| valid(root, asked, &k.as_str().into()))),
        "properties" => map.is_none_or(|map| map.iter().all(|(k, v)| asked.get(k).is_none_or(|s| valid(root, s, v)))),
        "additionalProperties" => {
            let known = |key: &str| keywords.get("properties").is_some_and(|p| p.get(key).is_some());
            map.is_none_or(|map| map.iter().all(|(k, v)| known(k) || valid(root, asked, v)))
        }
        "$schema" | "$defs" | "title" | "description" | "default" | "then" | "else" => true,
        other => panic!("the keyword {other} is not known here"),
    })
}

fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|x| x.fract() == 0.0),
        other => panic!("the type {other} is not known here"),
    }
}

/// The four patterns of the schema.
fn matches(pattern: &str, text: &str) -> bool {
    let apart = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | '+');
    match pattern {
        r"^\$" => text.starts_with('$'),
        "^[Jj][Oo][Bb][Ss]$" => text.eq_ignore_ascii_case("jobs"),
        r"^[^.\-\s/\\+][^\s/\\+]*$" => !text.is_empty() && !text.starts_with(['.', '-']) && !text.chars().any(apart),
        sections => {
            let names =
                sections.strip_prefix("^(").and_then(|s| s.strip_suffix(r")(\.|$)")).expect("a pattern known here");
            names.split('|').any(|name| text == name || text.starts_with(&format!("{name}.")))
        }
    }
}

/// The file as JSON; `None` where JSON has no such thing (what is no TOML, dates, NaN).
pub fn json(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table).ok().filter(|_| !text.contains("nan"))
}
