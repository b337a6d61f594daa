//! Names and texts as parts of an SQL statement.

/// `name` as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// `text` as an SQL text with its quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(
            quoted(r#"wide_a"; drop table jobs; --"#),
            r#""wide_a""; drop table jobs; --""#
        );
        assert_eq!(literal("it's"), "'it''s'");
    }
}
