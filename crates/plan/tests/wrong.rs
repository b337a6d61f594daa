//! The message about each kind of mistake, as a snapshot: messages are part of the product.

mod common;

use common::mistakes::mistakes;
use common::{SMALL, problems, problems_with, set, sweep};

#[test]
fn every_mistake_is_shown_with_its_place_and_remedy() {
    let text: Vec<_> = mistakes()
        .iter()
        .map(|(name, file)| format!("# {name}\n{}", problems(file)))
        .collect();
    insta::assert_snapshot!("mistakes", text.join("\n\n\n"));
}

#[test]
fn eight_mistakes_are_eight_problems() {
    let text = r#"
[experiment]
name = "a b"
metric = "test_loss"

[data]
source = "cifar11"

[model]
layers = [
  { conv = 32, kernal = 3 },
  { pool = "maximum" },
  { flatten = true },
  { dense = "class" },
]

[train]
epochs = -1
optimizer = { name = "adam", lr = "fast" }
"#;
    insta::assert_snapshot!("eight", problems(text));
}

#[test]
fn mistakes_in_overrides_are_shown_at_their_places() {
    let check = |file: &str, words: &[&str]| problems_with(file, &set(words));
    let swept = sweep("grid.\"train.optimizer\" = [\"sgd\", \"adam\"]");
    let text = [
        check(
            SMALL,
            &[
                "train.epochs=0",
                "train.epoch=2",
                "tarin.epochs=2",
                "train",
                "train.epochs=",
            ],
        ),
        check(&swept, &["train.optimizer.lr=0.1"]),
    ];
    insta::assert_snapshot!("overrides", text.join("\n\n"));
}

#[test]
fn names_of_the_programs_own_files_are_refused_at_their_place() {
    let check = |name: &str, words: &str| {
        let text = problems(&SMALL.replace("name = \"small\"", &format!("name = {name:?}")));
        assert!(text.contains(words), "{name}: {text}");
        assert!(text.contains("experiment.toml:"), "{name}: {text}");
    };
    let database = "is reserved for the files of the results database";
    check("convsweep.sqlite", database);
    check("convsweep.sqlite-wal", database);
    check("ConvSweep.SQLite-journal", database);
    check("convsweep.sqlite.new", database);
    check("JOBS", "is reserved for the folder with the jobs");
    check("Damaged", "is reserved for files that were found");
    check("Aux.2", "is reserved for a device on Windows");
    check("name.", "ends with a dot");
    check(".lock", "begins with a dot");
    check(&"n".repeat(256), "is longer than 100 bytes");
    for name in [
        "tab\there",
        "bell\u{7}",
        "blank ",
        " blank",
        "a/b",
        "a\\b",
        "a:b",
    ] {
        let text = problems(&SMALL.replace("\"small\"", &format!("{:?}", name)));
        assert!(!text.is_empty(), "{name:?}");
    }
}

#[test]
fn what_cannot_be_set_is_refused_with_the_reason() {
    for (word, section) in [
        ("include=\"/nonexistent.toml\"", "include"),
        ("include=[]", "include"),
        ("sweep=[]", "sweep"),
        ("sweep.0.grid.x=1", "sweep"),
        ("stage=[]", "stage"),
    ] {
        let text = problems_with(SMALL, &set(&[word]));
        let title = format!("`{section}` cannot be set on the command line");
        assert!(text.contains(&title), "{word}: {text}");
        assert!(text.contains("write it into the file"), "{word}: {text}");
    }
}
