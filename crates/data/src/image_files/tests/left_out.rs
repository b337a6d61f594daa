//! What is left out, refused with its remedy, or read in several ways.

use super::{error, folder, run, spec, table, write};
use crate::{DataErrorKind, Location, facts};
use convsweep_spec::data::{
    Column, Damaged, DataSpec, EmptyClasses, ImageTable, LeftOut, SetReading, Source,
};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

fn reading(set: &crate::ImageSet) -> Arc<SetReading> {
    set.facts().reading.clone().expect("of files")
}

/// The entry of a reason that contains this.
fn of_reason<'a>(reading: &'a SetReading, part: &str) -> &'a LeftOut {
    let mut found = reading.left_out.iter();
    let entry = found.find(|entry| entry.reason.contains(part));
    entry.unwrap_or_else(|| panic!("{part}: {:?}", reading.left_out))
}

#[test]
fn files_that_cannot_be_read_are_refused_or_skipped_and_named() {
    let dir = folder("", 3);
    symlink("loop.png", dir.path().join("cat/loop.png")).expect("links");
    symlink("gone.png", dir.path().join("dog/gone.png")).expect("links");
    let said = [
        "cat/loop.png",
        "circle of links",
        "remove it",
        "data.damaged = \"skip\"",
    ];
    error(&dir, &spec(Source::folder()), DataErrorKind::Damaged, &said);
    let skip = DataSpec {
        damaged: Damaged::Skip,
        ..spec(Source::folder())
    };
    let set = run(&dir, &skip).expect("reads");
    let reading = reading(&set);
    let unread = of_reason(&reading, "not readable");
    assert_eq!(
        (unread.count, unread.examples.join(" ").as_str()),
        (2, "cat/loop.png dog/gone.png")
    );
    assert_eq!((set.train().len(), set.skipped().len()), (6, 2));
}

#[test]
fn a_name_that_ends_in_a_slash_is_refused_with_a_remedy() {
    let dir = folder("", 3);
    let rows = "file,label\ncat/0.png,a\ncat/1.png/,a\ndog/0.png,b\n";
    let refused = table(&dir, rows).expect_err("no file").to_string();
    for part in ["cat/1.png/", "cannot be read", "data.damaged = \"skip\""] {
        assert!(refused.contains(part), "{refused}");
    }
}

#[test]
fn what_the_system_does_not_let_one_read_is_the_users() {
    let dir = folder("", 3);
    let file = dir.path().join("cat/0.png/inner");
    let cache = dir.path().join(".cache");
    let refused = facts(Location::new(&cache, Some(&file)), &spec(Source::folder()));
    assert_eq!(refused.expect_err("none").kind(), DataErrorKind::Missing);
    fs::write(&cache, "a file in its place").expect("writes");
    let at = Location::new(&cache, Some(dir.path()));
    let refused = facts(at, &spec(Source::folder())).expect_err("no cache");
    assert!(matches!(refused, crate::DataError::Io(_)), "{refused}");
}

#[test]
fn classes_that_training_lacks_are_refused_or_dropped_with_their_images() {
    let dir = folder("train/", 3);
    for name in ["test/cat/x.png", "test/bird/y.png", "test/Dog/z.png"] {
        write(dir.path().join(name), [200, 1, 2], 4, 5);
    }
    let said = ["test/Dog", "it", "letter case", "empty_classes = \"drop\""];
    error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, &said);
    let drop = DataSpec {
        empty_classes: EmptyClasses::Drop,
        ..spec(Source::folder())
    };
    let set = run(&dir, &drop).expect("reads");
    assert_eq!(set.facts().classes, ["cat", "dog"]);
    assert_eq!((set.test().len(), set.test().labels()), (1, [0].as_slice()));
    let reading = reading(&set);
    let lacking = of_reason(&reading, "a class that the training images lack");
    assert_eq!(lacking.examples, ["test/Dog/z.png", "test/bird/y.png"]);
    assert_eq!(reading.dropped_classes, ["Dog", "bird"]);
    let notes = reading.notes.join("; ");
    assert!(
        notes.contains("\"Dog\" and \"bird\"") && notes.contains("letter case"),
        "{notes}"
    );
}

#[test]
fn classes_of_a_table_that_training_lacks_are_refused_or_dropped() {
    let dir = folder("", 3);
    let path = dir.path().join("t.csv");
    let rows = "path,label,part\ncat/0.png,cat,train\ndog/0.png,dog,train\ncat/1.png,cat,test\n\
                dog/1.png,bird,test\n";
    fs::write(&path, rows).expect("writes");
    let mut columns = ImageTable::new("path", "label");
    columns.split_column = Some(Column::Name("part".into()));
    let mut asked = spec(Source::Csv(columns));
    let cache = dir.path().join(".cache");
    let at = Location::new(&cache, Some(&path));
    let refused = facts(at, &asked).expect_err("bird").to_string();
    assert!(
        refused.contains("\"bird\"") && refused.contains("empty_classes"),
        "{refused}"
    );
    asked.empty_classes = EmptyClasses::Drop;
    let found = facts(at, &asked).expect("without bird");
    assert_eq!((found.classes.len(), found.test_images), (2, 1));
}

#[test]
fn test_rows_without_a_label_are_counted_and_others_refused() {
    let dir = folder("", 3);
    let path = dir.path().join("t.csv");
    let read = |rows: &str, has_parts: bool| {
        fs::write(&path, rows).expect("writes");
        let mut columns = ImageTable::new("path", "label");
        columns.split_column = has_parts.then(|| Column::Name("part".into()));
        let at = dir.path().join(".cache");
        facts(Location::new(&at, Some(&path)), &spec(Source::Csv(columns)))
    };
    let rows = "path,label,part\ncat/0.png,cat,train\ndog/0.png,dog,train\ncat/1.png,,test\n\
                dog/1.png,,test\n";
    let found = read(rows, true).expect("reads");
    assert_eq!((found.train_images, found.test_images), (2, 0));
    let found = found.reading.expect("of files");
    let unlabelled = of_reason(&found, "without a label in the table");
    assert_eq!(unlabelled.examples, ["cat/1.png", "dog/1.png"]);
    let others = of_reason(&found, "not in the table");
    assert_eq!(others.count, 2, "{others:?}");
    let training = rows.replace("dog/1.png,,test", "dog/1.png,,train");
    for (rows, has_parts) in [(training.as_str(), true), (rows, false)] {
        let refused = read(rows, has_parts).expect_err("no label").to_string();
        for part in ["no label", "split_column", "complete or remove it"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}

#[test]
fn two_columns_of_one_name_are_told_apart_by_number() {
    let dir = folder("", 3);
    let rows = "path,label,label\ncat/0.png,x,cat\ndog/0.png,x,dog\n";
    let path = dir.path().join("t.csv");
    fs::write(&path, rows).expect("writes");
    let cache = dir.path().join(".cache");
    let at = Location::new(&cache, Some(&path));
    let mut columns = ImageTable::new("path", "label");
    let refused = facts(at, &spec(Source::Csv(columns.clone()))).expect_err("two");
    let refused = refused.to_string();
    assert!(
        refused.contains("two columns") && refused.contains("such as 2"),
        "{refused}"
    );
    columns.label_column = Column::Number(3);
    let found = facts(at, &spec(Source::Csv(columns))).expect("reads");
    assert_eq!(found.classes, ["cat", "dog"]);
}

#[test]
fn folders_that_may_validate_or_test_are_refused_with_all_readings() {
    for name in [
        "cv",
        "holdout",
        "hold-out",
        "held_out",
        "eval",
        "evaluation",
    ] {
        let dir = folder("train/", 3);
        write(dir.path().join(name).join("cat/x.png"), [200, 1, 2], 4, 5);
        let validation = format!("train = \"train\", validation = \"{name}\"");
        let test = format!("train = \"train\", test = \"{name}\"");
        let said = ["several ways", &validation, &test, "train = \"train\" }"];
        error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, &said);
    }
    // Any other name, where the folder has the same classes.
    let dir = folder("train/", 3);
    for class in ["cat", "dog"] {
        write(
            dir.path().join(format!("val/{class}/x.png")),
            [200, 1, 2],
            4,
            5,
        );
        write(
            dir.path().join(format!("golden/{class}/x.png")),
            [200, 1, 3],
            4,
            5,
        );
    }
    let said = [
        "golden/",
        "same classes (cat and dog)",
        "validation = [\"val\", \"golden\"]",
    ];
    error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, &said);
    // With both parts it is only left out, and counted; without labels it is no part at all.
    write(dir.path().join("eval/x.png"), [200, 1, 5], 4, 5);
    write(dir.path().join("test/cat/x.png"), [200, 1, 4], 4, 5);
    let set = run(&dir, &spec(Source::folder())).expect("reads");
    let reading = reading(&set);
    assert_eq!(of_reason(&reading, "in no folder").count, 2);
    assert_eq!(
        of_reason(&reading, "without a label").examples,
        ["eval/x.png"]
    );
}

#[test]
fn folders_are_counted_as_folders_and_the_systems_own_are_not_entered() {
    let dir = folder("", 3);
    fs::create_dir_all(dir.path().join("cat/.hidden/deep")).expect("makes");
    symlink("/proc", dir.path().join("dog/link")).expect("links");
    symlink("/proc", dir.path().join("class")).expect("links");
    symlink("/proc/kmsg", dir.path().join("dog/messages")).expect("links");
    symlink("../cat", dir.path().join("dog/again")).expect("links");
    let set = run(&dir, &spec(Source::folder())).expect("reads");
    let reading = reading(&set);
    let words = reading.left_out_in_words().join("\n");
    for part in [
        "folders left out (.cache, cat/.hidden/): hidden",
        "1 file and 2 folders left out (class, dog/messages, dog/link/): a link to what",
        "1 folder left out (dog/again/): a link to what is read",
    ] {
        assert!(words.contains(part), "{words}");
    }
    let dir = folder("train/", 3);
    symlink("/proc", dir.path().join("extra")).expect("links");
    let set = run(&dir, &spec(Source::folder())).expect("reads");
    assert_eq!(
        of_reason(&self::reading(&set), "the system makes up").folders,
        1
    );
}

#[test]
fn a_folder_without_folders_of_classes_is_refused_with_what_it_holds() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write(dir.path().join("cat.1.png"), [1, 2, 3], 4, 5);
    write(dir.path().join("dog.1.png"), [1, 2, 4], 4, 5);
    fs::write(dir.path().join("cats.ZIP"), "PK").expect("writes");
    let said = [
        "it holds 2 images itself",
        "in a table",
        "such as cats.ZIP",
        "unpack",
    ];
    error(&dir, &spec(Source::folder()), DataErrorKind::Missing, &said);
    let dir = folder("photos/all/species/", 2);
    let said = ["holds 1 folder of classes, photos/", "photos/all/species?"];
    error(&dir, &spec(Source::folder()), DataErrorKind::Missing, &said);
}
