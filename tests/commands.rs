//! Every command has a help text, and the documentation mentions only commands that exist.

use crate::support::{Workdir, root};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Words that follow the program's name in a sentence.
const PROSE: [&str; 2] = ["and", "that"];

/// Recipes of the `justfile` that pass their arguments on to a command of another name.
const RECIPE_COMMANDS: [(&str, &str); 1] = [("sweep", "run")];

/// Pages of `help`.
const TOPICS: [&str; 8] = [
    "devices",
    "images",
    "results",
    "scripting",
    "statistics",
    "sweeps",
    "trouble",
    "weights",
];

/// The help text of every command, by its words: `"data fetch"`; the program's own by `""`.
pub struct Commands(BTreeMap<String, String>);

impl Commands {
    pub fn ask(place: &Workdir) -> Commands {
        let mut texts = BTreeMap::new();
        let mut open = vec![String::new()];
        while let Some(words) = open.pop() {
            let arguments: Vec<&str> = words.split_whitespace().chain(["--help"]).collect();
            let text = place.stdout(&arguments);
            for name in subcommands(&text) {
                open.push(format!("{words} {name}").trim().to_string());
            }
            texts.insert(words, text);
        }
        Commands(texts)
    }

    /// Commands with this option.
    pub fn with_option(&self, option: &str) -> Vec<&str> {
        let has = |text: &str| text.split_whitespace().any(|word| bare(word) == option);
        let with = self.0.iter().filter(|(_, text)| has(text));
        with.map(|(words, _)| words.as_str()).collect()
    }

    /// All commands.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// Checks a command as somebody wrote it, without the program's name, and its options.
    #[track_caller]
    fn check(&self, written: &str, place: &str) {
        let mut words = written.split_whitespace().map(bare);
        let first = words.next().unwrap_or_default();
        let second = format!("{first} {}", words.next().unwrap_or_default());
        let help = self.0.get(&second).or_else(|| self.0.get(first));
        let help = help.unwrap_or_else(|| panic!("{place}: there is no command `{first}`"));
        for option in written
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            let option = bare(option);
            let is_known = help.split_whitespace().any(|word| bare(word) == option);
            assert!(is_known, "{place}: `{first}` has no option `{option}`");
        }
    }
}

/// The word without the punctuation around it: `[--data` → `--data`, `--set=a` → `--set`.
fn bare(word: &str) -> &str {
    let start = word.trim_start_matches(['[', '(', '`', '"']);
    let end = start.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    &start[..end.unwrap_or(start.len())]
}

/// The names in the list "Commands:" of a help text.
fn subcommands(help: &str) -> Vec<String> {
    let list = help
        .split_once("\nCommands:\n")
        .map_or("", |(_, list)| list);
    let list = list.split("\n\n").next().unwrap_or_default();
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names = list
        .lines()
        .filter(is_name)
        .map(|line| bare(line.trim()).to_string());
    names.collect()
}

#[test]
fn every_command_explains_itself() {
    let place = Workdir::new();
    let commands = Commands::ask(&place);
    assert!(commands.0.len() > 20, "{:?}", commands.0.keys());
    let completions = place.stdout(&["completions", "bash"]);
    assert!(commands.0[""].contains("Exit codes: 0 "));
    for (words, text) in commands.0.iter().filter(|(words, _)| !words.is_empty()) {
        let arguments: Vec<&str> = words.split_whitespace().collect();
        let by_help = place.stdout(&[&["help"][..], &arguments].concat());
        // What is a command and a topic has a page, too.
        assert!(by_help.starts_with(text.as_str()), "help {words}");
        assert!(by_help == *text || TOPICS.contains(&words.as_str()));
        assert!(
            text.contains(&format!("Usage: convsweep {words}")),
            "{text}"
        );
        let about = text.lines().next().unwrap_or_default();
        assert!(
            about.len() > 10 && !about.starts_with("Usage"),
            "{words} says what it does"
        );
        let name = arguments.last().expect("a word");
        assert!(completions.contains(name), "{words} is completed");
    }
}

#[test]
fn what_is_written_about_commands_is_true() {
    let place = Workdir::new();
    let commands = Commands::ask(&place);
    let recipes = recipes();
    for name in ["README.md", "ARCHITECTURE.md", "results/README.md"] {
        check_document(&commands, &recipes, name, &read(&root().join(name)));
    }
    for topic in TOPICS {
        let page = place.stdout(&["help", topic]);
        check_document(&commands, &recipes, topic, &page);
    }
    for command in ["reference", "new"] {
        let text = place.stdout(&[command]);
        check_mentions(&commands, command, &text);
    }
    for folder in ["crates", "experiments"] {
        for path in files_below(&root().join(folder)) {
            check_mentions(&commands, &path.display().to_string(), &read(&path));
        }
    }
}

/// Checks the commands and recipes in the code blocks and code spans of a Markdown document.
fn check_document(commands: &Commands, recipes: &[String], name: &str, text: &str) {
    let mut checked = 0;
    for (span, line) in code(text) {
        let place = format!("{name}:{line}");
        if let Some(written) = span.strip_prefix("convsweep ") {
            if !written.starts_with('-') {
                commands.check(written, &place);
                checked += 1;
            }
        } else if let Some(written) = span.strip_prefix("just ") {
            check_recipe(commands, recipes, written, &place);
            checked += 1;
        } else if commands.has(bare(span)) && !bare(span).is_empty() && span.contains(" --") {
            commands.check(span, &place);
            checked += 1;
        }
    }
    assert!(
        checked > 0 || name == "ARCHITECTURE.md",
        "{name} names no command"
    );
}

fn check_recipe(commands: &Commands, recipes: &[String], written: &str, place: &str) {
    let recipe = bare(written);
    let is_known = recipes.iter().any(|name| name == recipe);
    assert!(is_known, "{place}: there is no recipe `{recipe}`");
    let renamed = RECIPE_COMMANDS.iter().find(|(name, _)| *name == recipe);
    let command = renamed.map_or(recipe, |(_, command)| command);
    if commands.has(command) {
        commands.check(&written.replacen(recipe, command, 1), place);
    }
}

/// The code spans and the lines of the code blocks of a Markdown document, with their lines.
fn code(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if in_block {
            found.push((line.split(" # ").next().unwrap_or(line).trim(), index + 1));
        }
        let spans = line.split('`').skip(1).step_by(2);
        found.extend(spans.map(|span| (span, index + 1)));
    }
    found
}

/// Checks every word that follows the program's name, in a message or a comment.
fn check_mentions(commands: &Commands, name: &str, text: &str) {
    for (index, line) in text.lines().enumerate() {
        for (at, found) in line.match_indices("convsweep ") {
            let word = bare(&line[at + found.len()..]);
            let is_word = word.starts_with(|c: char| c.is_ascii_lowercase());
            let is_known = PROSE.contains(&word) || commands.has(word);
            assert!(
                !is_word || is_known,
                "{name}:{}: no command `{word}`: {line}",
                index + 1
            );
        }
    }
}

/// The names of the recipes of the `justfile`.
fn recipes() -> Vec<String> {
    let text = read(&root().join("justfile"));
    let mut names = Vec::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        if line.contains(':') && !line.contains(":=") {
            names.push(bare(line).to_string());
        }
    }
    assert!(names.iter().any(|name| name == "sweep"), "{names:?}");
    names
}

/// The sources and experiment files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                _ if path.is_dir() => open.push(path),
                Some("rs" | "toml" | "md") => files.push(path),
                _ => {}
            }
        }
    }
    assert!(!files.is_empty(), "{}", folder.display());
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn help_has_pages_about_topics() {
    let place = Workdir::new();
    let all = place.stdout(&["help"]);
    assert_eq!(all, place.stdout(&["--help"]));
    for topic in TOPICS {
        assert!(
            all.contains(&format!("\n  {topic} ")),
            "{topic} is not in\n{all}"
        );
        let page = place.stdout(&["help", topic]);
        assert!(page.contains("\n# ") || page.starts_with("# "), "{page}");
        assert!(!page.contains('\u{1b}'), "no colours where no terminal is");
    }
    let unknown = place.run(&["help", "statistic"]).exits(2);
    unknown.says(&["a topic \"statistic\"; did you mean \"statistics\"?"]);
    place.run(&["help", "data", "fetsch"]).exits(2);
}
