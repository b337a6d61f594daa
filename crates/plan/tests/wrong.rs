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
