//! Foreign text in Markdown.

use convsweep_spec::words::printable;

/// Text as Markdown, on one line, whatever it contains.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in printable(text).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '$' => safe.extend(['\\', letter]),
            other => safe.push(other),
        }
    }
    safe
}

/// A block of code, with more backticks around it than it contains.
pub(super) fn code_block(language: &str, code: &str) -> String {
    let (mut longest, mut run) = (2, 0);
    for letter in code.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence}{language}\n{code}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_nothing_else() {
        assert_eq!(escaped("tabby cat"), "tabby cat");
        assert_eq!(escaped("a|b<i>&_c_"), "a\\|b&lt;i&gt;&amp;\\_c\\_");
        assert_eq!(escaped("a\nb"), "a\\\\nb");
        assert_eq!(escaped("~~$x$"), "\\~\\~\\$x\\$");
    }

    #[test]
    fn code_does_not_end_its_block() {
        assert_eq!(code_block("json", "{}"), "```json\n{}\n```");
        assert_eq!(code_block("", "a```\nb"), "````\na```\nb\n````");
    }
}
