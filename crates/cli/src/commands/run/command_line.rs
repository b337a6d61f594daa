//! The command line that repeats a run.

use convsweep_plan::Overrides;

/// The command that runs an experiment file with the overrides that a revision recorded, quoted for
/// a shell.
pub fn command_line(file: &str, overrides: &[String]) -> String {
    let mut command = format!("convsweep run {}", quoted(file));
    for (option, argument) in Overrides::recorded(overrides).arguments() {
        command += &format!(" {option} {}", quoted(&argument));
    }
    command
}

/// The word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=,:+".contains(c);
    if word.chars().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let overrides = ["--set a.b=[1, 2]", "--seeds 0,1"].map(String::from);
        assert_eq!(
            command_line("it's.toml", &overrides),
            r"convsweep run 'it'\''s.toml' --set 'a.b=[1, 2]' --seeds 0,1"
        );
        let one_seed = ["--seeds 4".to_string()];
        assert_eq!(
            command_line("a.toml", &one_seed),
            "convsweep run a.toml --seeds 4,"
        );
    }
}
