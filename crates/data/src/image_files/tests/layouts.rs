//! Layouts of folders, what is left out of them, and formats.

use super::{error, folder, run, spec, write};
use crate::image_files::ImageFileSet;
use crate::{DataErrorKind, Location, LookProgress, facts, open};
use convsweep_spec::data::{
    Damaged, DataSpec, EmptyClasses, ImageTable, PartNames, Resize, ResizeMethod, Source, Split,
};

#[test]
fn folders_beside_train_hold_validation_and_test_images() {
    let check = |names: [&str; 3], counts: [usize; 3]| {
        let [train, validation, test] = names;
        let dir = folder(&format!("{train}/"), 3);
        for held_out in [validation, test].iter().filter(|name| !name.is_empty()) {
            let path = dir.path().join(held_out).join("dog/x.jpg");
            write(path, [250, 250, 250], 4, 5);
        }
        let set = run(&dir, &spec(Source::folder())).unwrap();
        let facts = set.facts();
        let found = [
            facts.train_images,
            facts.validation_images,
            facts.test_images,
        ];
        assert_eq!(found.map(|n| n as usize), counts, "{names:?}");
        if !validation.is_empty() {
            assert_eq!(set.train().labels(), [0, 0, 0, 1, 1, 1, 1]);
            assert_eq!(
                set.train().name(6),
                Some(format!("{validation}/dog/x.jpg").as_str())
            );
        }
        if !test.is_empty() {
            assert_eq!(
                (set.test().labels(), set.test().image(0).unwrap()[7]),
                ([1].as_slice(), 250)
            );
        }
    };
    check(["train", "", "test"], [6, 0, 1]);
    check(["train", "val", ""], [7, 1, 0]);
    check(["Training", "", "Testing"], [6, 0, 1]);
    check(["TRAIN", "Valid", "TEST"], [7, 1, 1]);
    check(["training_set", "dev set", "test_data"], [7, 1, 1]);
    check(
        [
            "seg_train/seg_train",
            "seg_val/seg_val",
            "seg_test/seg_test",
        ],
        [7, 1, 1],
    );
    check(["1_train2017", "2_validate2017", "3_test2017"], [7, 1, 1]);
}

#[test]
fn test_images_of_its_own_cannot_be_cut_from_the_rest() {
    let dir = folder("train/", 3);
    write(dir.path().join("test/dog/x.jpg"), [250, 250, 250], 4, 5);
    let cut = DataSpec {
        split: Split {
            test: Some(0.5),
            ..spec(Source::folder()).split
        },
        ..spec(Source::folder())
    };
    let said = ["has test images of its own"];
    error(&dir, &cut, DataErrorKind::Invalid, &said);
}

/// A set with these folders, each with one image.
fn of_folders(folders: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (level, folder) in (0..).zip(folders) {
        let path = dir.path().join(folder).join("x.png");
        write(path, [level, 0, 0], 4, 5);
    }
    dir
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let check = |folders: &[&str], said: &[&str]| {
        let dir = of_folders(folders);
        error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, said);
    };
    check(
        &["train/a", "train/b", "test/bird"],
        &["test/bird", "no class of this name"],
    );
    check(
        &["train/Bird", "train/b", "test/bird"],
        &["Bird", "letter case"],
    );
    check(
        &["train/a", "train/b", "Training/a"],
        &["Training/ and train/", "train = "],
    );
    check(
        &["train/a", "train/b", "val/a", "valid/a"],
        &["val/ and valid/", "validation = "],
    );
    check(&["test/a", "test/b"], &["none for training", "train = "]);
    check(
        &["train/a", "bus"],
        &["two ways", "train = \"train\"", "train = \".\""],
    );
    check(
        &["train", "test"],
        &["labels are missing", "csv", "train = \".\""],
    );
}

#[test]
fn the_file_says_which_folder_is_which() {
    let named = |train: &[&str], validation: &[&str], test: &[&str]| {
        let names = |list: &[&str]| list.iter().map(|name| name.to_string()).collect();
        spec(Source::Folder(PartNames {
            train: names(train),
            validation: names(validation),
            test: names(test),
        }))
    };
    let dir = of_folders(&["set1/a", "set1/b", "set2/a", "set3/b", "notes"]);
    let set = run(&dir, &named(&["set1"], &["set2"], &["set3/"])).unwrap();
    let reading = set.facts().reading.clone().expect("a folder");
    let places = reading
        .places
        .iter()
        .map(|place| (place.name.as_str(), place.images));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [("set1/", 2), ("set2/", 1), ("set3/", 1)]
    );
    let left_out = reading
        .left_out
        .iter()
        .find(|l| l.examples[0] == "notes/x.png");
    assert_eq!(left_out.map(|l| l.count), Some(1));
    std::os::unix::fs::symlink(dir.path().join("set1"), dir.path().join("link")).unwrap();
    let set = run(&dir, &named(&["link", "set2"], &[], &[])).unwrap();
    let left_out = &set.facts().reading.as_ref().expect("a folder").left_out;
    let examples: Vec<&String> = left_out.iter().flat_map(|l| &l.examples).collect();
    assert!(
        !examples.iter().any(|name| name.starts_with("set1")),
        "{examples:?}"
    );
    assert_eq!((set.train().len(), set.facts().validation_images), (3, 0));
    let dir = of_folders(&["train", "test"]);
    let set = run(&dir, &named(&["."], &[], &[])).unwrap();
    assert_eq!(set.facts().classes, ["test", "train"]);
    let twice = named(&["train"], &["./train/"], &[]);
    error(
        &dir,
        &twice,
        DataErrorKind::Invalid,
        &["named twice", "as train and as validation"],
    );
    let gone = named(&["gone"], &[], &[]);
    error(
        &dir,
        &gone,
        DataErrorKind::Missing,
        &["gone", "data.source.train"],
    );
}

#[test]
fn whatever_is_not_used_is_counted() {
    let dir = of_folders(&["train/a", "train/b", "extra/c"]);
    let at = |path: &str| dir.path().join(path);
    write(at("test/1.png"), [1; 3], 4, 5);
    write(at("train/loose.png"), [2; 3], 4, 5);
    write(at("top.png"), [3; 3], 4, 5);
    write(at("train/b/.hidden.png"), [4; 3], 4, 5);
    std::fs::create_dir_all(at("train/__MACOSX/a")).unwrap();
    std::fs::write(at("train/a/photo.heic"), b"ftypheic").unwrap();
    std::fs::write(at("train/a/labels.txt"), b"x").unwrap();
    std::fs::write(at("train/a/Thumbs.db"), b"x").unwrap();
    std::os::unix::fs::symlink(at("train/a/x.png"), at("train/a/y.png")).unwrap();
    std::os::unix::fs::symlink(at("train/a"), at("train/b/again")).unwrap();
    std::os::unix::fs::symlink(at("train"), at("train/b/up")).unwrap();
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(
        (set.train().labels(), set.test().len()),
        ([0, 1].as_slice(), 0)
    );
    let reading = set.facts().reading.clone().expect("a folder");
    let mut found: Vec<(String, String)> = Vec::new();
    for left_out in &reading.left_out {
        assert_eq!(left_out.count as usize, left_out.examples.len());
        let examples = left_out.examples.iter().filter(|name| *name != ".cache");
        found.extend(examples.map(|e| (e.clone(), left_out.reason.clone())));
    }
    let why = |name: &str| {
        let place = found.iter().position(|(example, _)| example == name);
        place.map(|place| found[place].1.as_str())
    };
    assert_eq!(
        why("test/1.png"),
        Some("without a label, since the folder has no folders of classes")
    );
    assert_eq!(why("train/loose.png"), Some("not in the folder of a class"));
    let no_part = Some("in no folder of training, validation or test images");
    assert_eq!((why("top.png"), why("extra/c/x.png")), (no_part, no_part));
    let junk = Some("hidden, or made by the operating system or a tool");
    for name in ["train/b/.hidden.png", "train/__MACOSX", "train/a/Thumbs.db"] {
        assert_eq!(why(name), junk, "{name}");
    }
    assert_eq!(
        why("train/a/photo.heic"),
        Some("of a format that is not read")
    );
    assert_eq!(why("train/a/labels.txt"), Some("no image"));
    let link = Some("a link to what is read under another name");
    for name in ["train/a/y.png", "train/b/again/", "train/b/up/"] {
        assert_eq!(why(name), link, "{name}");
    }
    assert_eq!(found.len(), 12, "{found:?}");
}

#[test]
fn a_part_without_images_is_refused_or_told() {
    let dir = of_folders(&["train/a", "train/b"]);
    std::fs::create_dir_all(dir.path().join("test/a")).unwrap();
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(
        set.facts().reading.as_ref().expect("a folder").notes,
        ["test/ holds no images"]
    );
    let named = |validation: &str| {
        spec(Source::Folder(PartNames {
            train: vec!["train".into()],
            validation: vec![validation.into()],
            test: vec![],
        }))
    };
    let said = ["test/ gives no validation images"];
    error(&dir, &named("test"), DataErrorKind::Invalid, &said);
    std::fs::create_dir_all(dir.path().join("val/a")).unwrap();
    let said = ["val: the folder for validation has no images"];
    error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, &said);
    std::fs::write(dir.path().join("val/a/x.png"), "no image").unwrap();
    let skip = DataSpec {
        damaged: Damaged::Skip,
        ..named("val")
    };
    let said = ["val/ gives no validation images"];
    error(&dir, &skip, DataErrorKind::Invalid, &said);
}

#[test]
fn links_and_results_are_no_classes() {
    let dir = of_folders(&["train/b", "train/c", "train/results"]);
    std::fs::write(dir.path().join("train/results/convsweep.sqlite"), "").unwrap();
    std::os::unix::fs::symlink(dir.path().join("train/b"), dir.path().join("train/a")).unwrap();
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(set.facts().classes, ["b", "c"]);
    std::os::unix::fs::symlink(dir.path().join("train"), dir.path().join("test")).unwrap();
    let said = ["named twice", "as train and as test"];
    error(&dir, &spec(Source::folder()), DataErrorKind::Invalid, &said);
}

#[test]
fn classes_without_images_are_refused_or_dropped() {
    let dir = of_folders(&["a", "b", "c"]);
    std::fs::remove_file(dir.path().join("b/x.png")).unwrap();
    let asked = spec(Source::folder());
    error(
        &dir,
        &asked,
        DataErrorKind::Invalid,
        &["class \"b\"", "data.empty_classes"],
    );
    let drop = DataSpec {
        empty_classes: EmptyClasses::Drop,
        ..asked
    };
    let set = run(&dir, &drop).unwrap();
    assert_eq!(
        (set.facts().classes.as_slice(), set.train().labels()),
        (["a", "c"].map(String::from).as_slice(), [0, 1].as_slice())
    );
    assert!(set.facts().reading.as_ref().expect("a folder").notes[0].contains("left out"));
}

#[test]
fn names_that_are_no_utf8_are_read_and_shown() {
    use std::os::unix::ffi::OsStrExt;
    let dir = of_folders(&["a"]);
    let class = dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xE9"));
    write(class.join("x.png"), [9; 3], 4, 5);
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(set.facts().classes, ["a", "caf\\xE9"]);
    assert_eq!(set.train().name(1), Some("caf\\xE9/x.png"));
}

#[test]
fn a_table_may_compose_letters_in_another_way_than_the_files() {
    let dir = of_folders(&["cafe\u{301}", "b"]);
    let path = dir.path().join("t.csv");
    let table = "path,label\ncaf\u{e9}/x.png,1\nb/x.png,2\n";
    std::fs::write(&path, table).unwrap();
    let source = Source::Csv(ImageTable::new("path", "label"));
    let set = open(
        Location::new(&dir.path().join(".cache"), Some(&path)),
        &spec(source),
    )
    .unwrap();
    assert_eq!(set.train().len(), 2);
}

#[test]
fn all_formats_are_read_by_their_content() {
    let dir = tempfile::tempdir().unwrap();
    let formats = ["png", "webp", "bmp", "gif", "tiff", "jpg"];
    for (level, format) in (0..).zip(formats) {
        let image = image::RgbImage::from_pixel(4, 4, image::Rgb([40 * level, 8, 16]));
        let format_of = image::ImageFormat::from_extension(format).unwrap();
        for (class, name) in [
            ("a", format!("{level}.{format}")),
            ("b", format!("{level}")),
        ] {
            let path = dir.path().join(class).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            image.save_with_format(path, format_of).unwrap();
        }
    }
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(set.train().len(), 12);
    for row in 0..12 {
        let red = i32::from(set.train().image(row).unwrap()[0]);
        assert!(
            (red - 40 * (row as i32 % 6)).abs() <= 2,
            "{:?}",
            set.train().name(row)
        );
    }
    let copies = set
        .facts()
        .reading
        .as_ref()
        .expect("a folder")
        .copies
        .clone();
    assert_eq!(copies.len(), 6, "each image is in both classes: {copies:?}");
}

#[test]
fn a_set_is_decoded_once_and_an_interrupted_look_goes_on() {
    let dir = folder("", 3);
    let cache = tempfile::tempdir().unwrap();
    let at = Location::new(cache.path(), Some(dir.path()));
    let asked = DataSpec {
        resize: Some(Resize {
            height: 3,
            width: 3,
            method: ResizeMethod::Squash,
        }),
        ..spec(Source::folder())
    };
    let fitted = || {
        let entries = std::fs::read_dir(cache.path().join("decoded")).unwrap();
        let names = entries.map(|entry| entry.unwrap().path());
        names
            .filter(|path| path.extension() == Some("fitted".as_ref()))
            .count()
    };
    facts(at, &asked).unwrap();
    assert_eq!(fitted(), 1);
    let looked = std::sync::Mutex::new(Vec::new());
    let watch = |progress: LookProgress| looked.lock().unwrap().push(progress.done);
    let set = open(at.watched(&watch), &asked).unwrap();
    assert_eq!(*looked.lock().unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(fitted(), 0, "everything is in the decoded file");
    let other = tempfile::tempdir().unwrap();
    let again = ImageFileSet::find(Location::new(other.path(), Some(dir.path())), &asked).unwrap();
    std::fs::remove_dir_all(other.path().join("decoded")).unwrap();
    let known = again.facts(&asked).unwrap();
    let mut row = 0;
    let from_files = again.decode(
        Location::new(other.path(), Some(dir.path())),
        &known,
        &asked,
        &mut |image, _| {
            assert_eq!(image, set.train().image(row).unwrap());
            row += 1;
            Ok(())
        },
    );
    assert_eq!((from_files.is_ok(), row), (true, 6));
}
