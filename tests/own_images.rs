//! A person's own folder or table: what it is read as, what is left out of it, and why it is refused.

use crate::support::{Workdir, assert_contains};
use image::{Rgb, RgbImage};
use std::path::Path;

const REST: &str = r#"
[model]
layers = [{ flatten = true }, { dense = "classes" }]

[train]
epochs = 1
batch_size = 4
optimizer = { name = "adam", lr = 1e-3 }
"#;

/// A working folder whose `small.toml` has this `[data]`.
pub fn with_data(data: &str) -> Workdir {
    let experiment = "[experiment]\nname = \"small\"\nseeds = 1\n";
    Workdir::with(&format!("{experiment}[data]\n{data}{REST}"))
}

/// The set in `set/` as a folder.
pub fn of_folder(more: &str) -> Workdir {
    with_data(&format!("source = \"folder\"\npath = \"set\"\n{more}\n"))
}

/// Images of their own colours, `count` in each folder.
pub fn fill(workdir: &Workdir, folders: &[&str], count: u8) {
    for (n, folder) in (0..).zip(folders) {
        for i in 0..count {
            let path = workdir.path("set").join(folder).join(format!("{i}.png"));
            draw(&path, [20 * n, 10 * i, 5]);
        }
    }
}

pub fn draw(path: &Path, colour: [u8; 3]) {
    std::fs::create_dir_all(path.parent().expect("has one")).expect("makes");
    let image = RgbImage::from_pixel(4, 4, Rgb(colour));
    image.save(path).expect("saves");
}

#[test]
fn parts_of_a_folder_are_what_their_names_say() {
    let workdir = of_folder("");
    let folders = [
        "Training/a",
        "Training/b",
        "VALID/a",
        "VALID/b",
        "Testing/a",
        "Testing/b",
    ];
    fill(&workdir, &folders, 4);
    let plan = workdir.stdout(&["plan", "small.toml"]);
    assert_contains(
        &plan,
        &[
            "8 training and 8 validation images, 8 sealed test images",
            "Training/ for training (8 images), VALID/ for validation (8 images) and Testing/ as \
             the sealed test (8 images)",
        ],
    );
    let run = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(
        &run.stderr(),
        &["images: Training/ for training (8 images)"],
    );
    let part = "select images from evaluations where part = ";
    assert_eq!(workdir.number(&format!("{part}'validation'")), 8.0);
    assert_eq!(workdir.number(&format!("{part}'test'")), 8.0);
}

#[test]
fn a_split_that_contradicts_the_folders_is_refused() {
    for split in ["validation = 0.3", "folds = 3"] {
        let workdir = of_folder(&format!("split = {{ {split} }}"));
        fill(&workdir, &["train/a", "train/b", "val/a", "val/b"], 4);
        let refused = workdir.run(&["plan", "small.toml"]).exits(2);
        let expected = [
            "validation images of its own, in val/",
            "train = [\"train\", \"val\"]",
        ];
        assert_contains(&refused.stderr(), &expected);
        let source = "data.source={ name = \"folder\", train = [\"train\", \"val\"] }";
        let merged = workdir.stdout(&["plan", "small.toml", "--set", source]);
        assert_contains(
            &merged,
            &["train/ for training (8 images) and val/ for training"],
        );
    }
}

#[test]
fn whatever_is_not_used_is_named_by_plan_run_and_inspect() {
    let workdir = of_folder("");
    fill(&workdir, &["train/a", "train/b", "test"], 4);
    workdir.write("set/train/a/photo.heic", "ftypheic");
    workdir.write("set/train/b/Thumbs.db", "x");
    let expected = [
        "4 files left out (test/0.png, test/1.png, test/2.png, test/3.png): without a label",
        "1 file left out (train/a/photo.heic): of a format that is not read",
        "1 file left out (train/b/Thumbs.db): hidden, or made by the operating system",
    ];
    assert_contains(&workdir.stdout(&["plan", "small.toml"]), &expected);
    assert_contains(
        &workdir.stdout(&["data", "inspect", "small.toml"]),
        &expected,
    );
    let run = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(&run.stderr(), &expected);
}

#[test]
fn classes_that_cannot_be_learnt_are_refused_and_others_noted() {
    let workdir = of_folder("split = { validation = 0.5, stratify = false, seed = 3 }");
    fill(&workdir, &["a", "b"], 8);
    draw(&workdir.path("set/c/0.png"), [1, 2, 3]);
    let stratified = ["--set", "data.split.stratify=true"];
    let plan = workdir.stdout(&[&["plan", "small.toml"], &stratified[..]].concat());
    let expected = [
        "c             1           0     0",
        "class \"c\": no validation image",
    ];
    assert_contains(&plan, &expected);
    // Some seed takes the only image for validation.
    let refused = (0..20).any(|seed| {
        let seed = format!("data.split.seed={seed}");
        let plan = workdir.run(&["plan", "small.toml", "--set", &seed]);
        plan.stderr()
            .contains("class \"c\" would have no training image")
    });
    assert!(refused);
    std::fs::remove_file(workdir.path("set/c/0.png")).expect("removes");
    let empty = workdir.run(&["plan", "small.toml"]).exits(3);
    assert_contains(
        &empty.stderr(),
        &["class \"c\"", "data.empty_classes = \"drop\""],
    );
    let drop = ["--set", "data.empty_classes=drop"];
    let dropped = workdir.stdout(&[&["plan", "small.toml"], &drop[..]].concat());
    assert_contains(&dropped, &["2 classes", "left out: no image of the class"]);
}

#[test]
fn copies_are_counted_refused_or_kept_in_training() {
    let workdir = of_folder("");
    fill(
        &workdir,
        &["train/a", "train/b", "val/a", "val/b", "test/a"],
        4,
    );
    for (from, to) in [
        ("train/a/0", "val/a/9"),
        ("train/b/1", "test/a/9"),
        ("train/a/2", "train/b/9"),
    ] {
        let path = |name: &str| workdir.path("set").join(format!("{name}.png"));
        std::fs::copy(path(from), path(to)).expect("copies");
    }
    let plan = |value: &str| {
        let set = format!("data.duplicates={value}");
        workdir.run(&["plan", "small.toml", "--set", &set])
    };
    let said = [
        "1 validation image is also trained on (val/a/9.png = train/a/0.png)",
        "1 test image is also among the others (test/a/9.png = train/b/1.png)",
        "are under two labels (train/a/2.png = train/b/9.png",
    ];
    assert_contains(&plan("warn").exits(0).stdout(), &said);
    assert_contains(&plan("error").exits(2).stderr(), &said);
    let kept = plan("keep-in-training").exits(0).stdout();
    let expected = [
        "10 training and 8 validation images",
        "4 sealed test images",
    ];
    assert_contains(&kept, &expected);
    assert!(!kept.contains("is also trained on"), "{kept}");
    let set = ["--set", "data.duplicates=keep-in-training"];
    workdir
        .run(&[&["run", "small.toml"], &set[..]].concat())
        .exits(0);
    let part = "select images from evaluations where part = ";
    assert_eq!(workdir.number(&format!("{part}'validation'")), 8.0);
    assert_eq!(workdir.number(&format!("{part}'test'")), 4.0);
}

#[test]
fn tables_are_read_as_people_have_them() {
    let check = |source: &str, table: &[u8], expected: Result<&[&str], &[&str]>| {
        let source = format!("source = {{ name = \"csv\"{source} }}\npath = \"t.csv\"\n");
        let workdir = with_data(&source);
        fill(&workdir, &["a", "b"], 6);
        std::fs::write(workdir.path("t.csv"), table).expect("writes");
        let plan = workdir.run(&["plan", "small.toml"]);
        match expected {
            Ok(texts) => assert_contains(&plan.exits(0).stdout(), texts),
            Err(texts) => assert_contains(&plan.exits(3).stderr(), texts),
        }
    };
    let rows = |separator: &str, prefix: &str, end: &str| {
        let row = |n: usize| {
            let class = ["a", "b"][n / 6];
            format!("{prefix}{class}/{}{end}{separator}{}\n", n % 6, n / 6)
        };
        (0..12).map(row).collect::<String>()
    };
    let with = |header: &str, rows: String| format!("{header}\n{rows}").into_bytes();
    let comma = rows(",", "set/", ".png");
    let all: &[&str] = &["2 classes", "10 training and 2 validation images"];
    check("", &with("path;label", rows(";", "set/", ".png")), Ok(all));
    check(
        "",
        &with("path\tlabel", rows("\t", "set\\", ".png")),
        Ok(all),
    );
    check(
        ", header = false, path_column = 1, label_column = 2",
        comma.as_bytes(),
        Ok(all),
    );
    let root = ", root = \"set\", extension = \"png\", classes = { 0 = \"cat\", 1 = \"dog\" }";
    check(
        root,
        &with("path,label", rows(",", "", "")),
        Ok(&["cat", "dog"]),
    );
    let parts = "path,label,part\nset/a/0.png,a,train\nset/b/0.png,b,train\nset/a/1.png,a,dev\nset/b/1.png,b,TEST\n";
    let split = ", split_column = \"part\"";
    let read: &[&str] = &["2 training and 1 validation images, 1 sealed test images"];
    check(split, parts.as_bytes(), Ok(read));
    let numbers = parts
        .replace("train", "1")
        .replace("dev", "2")
        .replace("TEST", "3");
    check(
        split,
        numbers.as_bytes(),
        Err(&["the values \"1\", \"2\", \"3\"", "split_values"]),
    );
    let meaning =
        format!("{split}, split_values = {{ train = \"1\", validation = \"2\", test = \"3\" }}");
    check(&meaning, numbers.as_bytes(), Ok(read));
    check(
        "",
        &with("path,label", rows(",", "set/", "")),
        Err(&["extension = \".png\""]),
    );
    check(
        "",
        comma.as_bytes(),
        Err(&["no column \"path\"", "header = false"]),
    );
    check(
        "",
        &with("Path,Label", comma.clone()),
        Err(&["is \"Path\" meant?"]),
    );
    check(
        "",
        b"path,label\nset/a/0.png,caf\xE9\n",
        Err(&["line 2 is not UTF-8", "ISO-8859-1"]),
    );
    check("", b"\xFF\xFEp\0a\0", Err(&["UTF-16", "iconv -f UTF-16LE"]));
}

#[test]
fn validation_images_are_listed_by_number_path_or_name() {
    let workdir = of_folder("split = { file = \"v.txt\" }");
    fill(&workdir, &["a", "b"], 3);
    draw(&workdir.path("set/b/only.png"), [7, 7, 7]);
    let plan = |text: &str| {
        workdir.write("v.txt", text);
        workdir.run(&["plan", "small.toml"])
    };
    for text in ["1\n6\n", "./a/1.png\nonly.png # a comment\n"] {
        assert_contains(
            &plan(text).exits(0).stdout(),
            &["5 training and 2 validation images"],
        );
    }
    assert_contains(
        &plan("1.png\n").exits(2).stderr(),
        &["line 1", "several images are called"],
    );
    assert_contains(
        &plan("a/1.png\ngone.png\n").exits(2).stderr(),
        &["line 2", "none of the set's"],
    );
    assert_contains(
        &plan("a/1.png\n./a/1.png\n").exits(2).stderr(),
        &["for the second time"],
    );
}

#[test]
fn a_folder_is_inspected_without_a_file() {
    let workdir = Workdir::new();
    fill(&workdir, &["a", "b"], 3);
    draw(&workdir.path("set/b/copy.png"), [0, 0, 5]);
    let inspected = workdir.stdout(&["data", "inspect", "set", "--sheet", "sheet.png", "--near"]);
    let expected = [
        "2 classes",
        "sizes: 4×4 (7)",
        "all        7",
        "1 under two labels",
        "alike",
    ];
    assert_contains(&inspected, &expected);
    let sheet = image::image_dimensions(workdir.path("sheet.png")).expect("is an image");
    assert!(sheet.0 > 500, "{sheet:?}");
    let json = workdir.stdout(&["data", "inspect", "set", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
    assert_eq!(json["places"][0]["images"], 7);
}

#[test]
fn grey_is_that_of_other_libraries_and_old_jobs_keep_theirs() {
    let workdir = of_folder("channels = 1");
    fill(&workdir, &["a", "b"], 4);
    workdir.run(&["run", "small.toml"]).exits(0);
    let luma = "select coalesce(json_extract(resolved, '$.data.luma'), 'none') from configurations";
    assert_eq!(workdir.text(luma), "rec601");
    // What has no colours is not converted, so that its jobs keep their ids.
    let grey = of_folder("channels = 1");
    for (n, class) in ["a", "b"].iter().enumerate() {
        for i in 0..4u8 {
            let path = grey.path("set").join(class).join(format!("{i}.png"));
            std::fs::create_dir_all(path.parent().expect("has one")).expect("makes");
            let image = image::GrayImage::from_pixel(4, 4, image::Luma([60 * n as u8 + i]));
            image.save(path).expect("saves");
        }
    }
    grey.run(&["run", "small.toml"]).exits(0);
    assert_eq!(grey.text(luma), "none");
}

#[test]
fn a_split_without_validation_images_is_refused_by_the_plan() {
    let workdir = of_folder("");
    fill(&workdir, &["a", "b", "c", "d", "e"], 1);
    let refused = workdir.run(&["plan", "small.toml"]).exits(2);
    assert_contains(
        &refused.stderr(),
        &["no image is left for validation", "every class"],
    );
    let all = workdir
        .run(&["plan", "small.toml", "--set", "data.split.folds=9"])
        .exits(2);
    assert_contains(&all.stderr(), &["5 images cannot be split into 9 folds"]);
}

#[test]
fn writing_down_what_makes_no_difference_trains_nothing_anew() {
    let workdir = of_folder("");
    fill(&workdir, &["a", "b"], 4);
    workdir.run(&["run", "small.toml"]).exits(0);
    for key in [
        "background=[255,255,255]",
        "empty_classes=drop",
        "duplicates=error",
    ] {
        let set = format!("data.{key}");
        let plan = workdir.stdout(&["plan", "small.toml", "--set", &set]);
        assert_contains(&plan, &["1 job: 1 reused"]);
    }
}
