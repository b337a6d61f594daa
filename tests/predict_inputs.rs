//! What `predict` and `explain` make of the paths, tables and limits that a person gives.

use crate::image_names::photos;
use crate::support::{ProgramRun, Workdir, assert_contains};
use crate::unreadable::{EACCES, compile_unreadable, run_without};
use image::{Rgb, RgbImage};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Stdio;

fn trained() -> Workdir {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    workdir
}

/// Runs the program with these bytes as standard input.
fn run_with_input(workdir: &Workdir, arguments: &[&str], input: &[u8]) -> ProgramRun {
    let mut command = workdir.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut to = child.stdin.take().expect("an input");
    to.write_all(input).expect("writes");
    drop(to);
    ProgramRun(child.wait_with_output().expect("ends"))
}

const TABLE: &str = r#"
[experiment]
name = "table"

[data]
source = { name = "csv", path_column = "photo", label_column = "species", root = "images", extension = ".png", classes = { c = "cat", d = "dog" } }
path = "table/t.csv"
size = [16, 16]
split = { validation = 0.5 }

[augment]
normalize = "standard"

[model]
layers = [{ conv = 4, kernel = 3, activation = "relu" }, { pool = "global-average" }, { dense = "classes" }]

[train]
epochs = 2
batch_size = 8
optimizer = { name = "adam", lr = 1e-2 }
"#;

#[test]
fn a_table_is_read_as_the_one_that_the_job_was_trained_on() {
    let workdir = Workdir::new();
    fs::create_dir_all(workdir.path("table/images")).expect("makes");
    let mut table = "species,photo\n".to_string();
    for i in 0..16u8 {
        let (label, pixel) = match i % 2 {
            0 => ("c", Rgb([200 + i, 20 + i, 20])),
            _ => ("d", Rgb([20, 20 + i, 200 + i])),
        };
        let picture = RgbImage::from_pixel(16, 16, pixel);
        let path = workdir.path("table/images").join(format!("{i}.png"));
        picture.save(path).expect("saves");
        table.push_str(&format!("{label},{i}\n"));
    }
    workdir.write("table/t.csv", &table);
    workdir.write("table.toml", TABLE);
    workdir.run(&["run", "table.toml"]).exits(0);
    let predict = |arguments: &[&str]| {
        let first = ["predict", "best:table", "--csv"];
        workdir.run(&[&first, arguments].concat())
    };
    let own = predict(&["table/t.csv"]).exits(0);
    assert_contains(&own.stdout(), &["table/images/0.png,cat,"]);
    own.says(&["16 images classified", "accuracy "]);
    // Other tables are read as options say.
    workdir.write("other.csv", "what|is\n3|dog\n");
    let other = ["other.csv", "--path-column", "what", "--label-column", "2"];
    let nowhere = predict(&other).exits(2);
    nowhere.says(&[
        "other.csv: not one of its 1 image is there",
        "the first of them not at 3:",
        "--root",
        "--extension",
    ]);
    let places = ["--root", "table/images", "--extension", "png"];
    let found = predict(&[&other[..], &places].concat()).exits(0);
    assert_contains(&found.stdout(), &["table/images/3.png,dog,"]);
    predict(&["other.csv"])
        .exits(2)
        .says(&["no column has paths of images", "--path-column names it"]);
    predict(&["table/images", "--root", "x"])
        .exits(2)
        .says(&["--root says how a table is read, and no table"]);
    let explain = [
        "explain",
        "best:table",
        "table/t.csv",
        "--methods",
        "occlusion",
    ];
    workdir.run(&explain).exits(0);
}

#[test]
fn a_folder_that_cannot_be_read_is_named_and_the_rest_is_predicted() {
    let workdir = trained();
    compile_unreadable(&workdir);
    for pattern in ["photos/valid", "photos/**/valid/**/*.png"] {
        let arguments = ["predict", "best:photos", pattern];
        let failure = ("UNREADABLE_OPEN", EACCES);
        let run = run_without(&workdir, &arguments, "valid/dog", &[failure]).exits(1);
        run.says(&[
            "cannot read folder photos/valid/dog: Permission denied",
            "1 folder could not be read and left out",
            "4 images classified",
        ]);
    }
    let failure = ("UNREADABLE_OPEN", EACCES);
    let all = ["predict", "best:photos", "photos/valid"];
    let run = run_without(&workdir, &all, "photos/valid", &[failure]).exits(2);
    assert!(!run.stderr().contains("--data"), "{}", run.stderr());
    run.says(&["cannot read folder photos/valid", "chmod"]);
}

#[test]
fn limits_of_images_are_options() {
    let workdir = trained();
    let image = "photos/valid/cat/cat 0.png";
    for command in ["predict", "explain"] {
        let small = [command, "best:photos", image, "--max-pixels", "100"];
        let run = workdir.run(&small).exits(3);
        run.says(&["20 = 360 pixels", "or raise --max-pixels"]);
        let small = [command, "best:photos", image, "--max-file-bytes", "10"];
        workdir
            .run(&small)
            .exits(3)
            .says(&["or raise --max-file-bytes"]);
    }
    let whole = ["predict", "best:photos", image, "--max-pixels", "360"];
    workdir.run(&whole).exits(0);
}

#[test]
fn standard_input_without_paths_or_with_no_path_is_refused() {
    let workdir = trained();
    let arguments = ["predict", "best:photos", "-"];
    for input in ["", "\n \n"] {
        run_with_input(&workdir, &arguments, input.as_bytes())
            .exits(2)
            .says(&["standard input has named no image"]);
    }
    let explain = ["explain", "best:photos", "-"];
    run_with_input(&workdir, &explain, b"")
        .exits(2)
        .says(&["standard input has named no image"]);
    let mut long = vec![b'x'; 70_000];
    long.extend_from_slice(b"\nphotos/valid/cat/cat 0.png\n");
    let run = run_with_input(&workdir, &arguments, &long).exits(1);
    run.says(&["a line of 70,001 bytes of standard input", "1 image of 2"]);
}

#[test]
fn names_are_no_formulas_and_problems_name_a_file_once() {
    let workdir = trained();
    let image = workdir.path("photos/valid/cat/cat 0.png");
    fs::copy(&image, workdir.path("=1+1.png")).expect("copies");
    let run = workdir.run(&["predict", "best:photos", "=1+1.png", "none.png", "--csv"]);
    run.exits(2).says(&["none.png: there is no such file"]);
    let csv = workdir.stdout(&["predict", "best:photos", "=1+1.png", "--csv"]);
    assert_contains(&csv, &["\n'=1+1.png,,"]);
    let missing = run_with_input(&workdir, &["predict", "best:photos", "-"], b"a/none.png\n");
    let missing = missing.exits(3);
    assert_eq!(missing.stderr().matches("a/none.png").count(), 1);
    missing.says(&["a/none.png: there is no such file"]);
}

#[test]
fn quiet_says_nothing_of_what_went_well() {
    let workdir = trained();
    let run = workdir
        .run(&["predict", "-q", "best:photos", "photos/valid"])
        .exits(0);
    assert_eq!(run.stderr(), "");
    let explain = ["explain", "-q", "best:photos", "photos/valid/cat"];
    let run = workdir.run(&explain).exits(0);
    assert!(!run.stderr().contains("picture: "), "{}", run.stderr());
}

#[test]
fn circles_of_links_are_followed_once() {
    let workdir = trained();
    symlink("..", workdir.path("photos/valid/up")).expect("links");
    symlink("../..", workdir.path("photos/valid/cat/all")).expect("links");
    let run = workdir.run(&["predict", "best:photos", "photos/**/*.png", "--csv"]);
    let csv = run.exits(0).stdout();
    assert_eq!(csv.lines().count(), 1 + 24 + 8 + 6, "{csv}");
    assert_contains(&csv, &["photos/TEST/dog/dog 2.png"]);
}

#[test]
fn pictures_say_how_many_images_they_show() {
    let workdir = trained();
    let image = RgbImage::from_pixel(16, 16, Rgb([200, 30, 30]));
    for i in 0..66 {
        fs::create_dir_all(workdir.path("many")).expect("makes");
        image
            .save(workdir.path(&format!("many/{i:02}.png")))
            .expect("saves");
    }
    let predict = ["predict", "best:photos", "many", "--picture", "p.png"];
    workdir
        .run(&predict)
        .exits(0)
        .says(&["picture: p.png shows the first 64 of 66 images"]);
    let explain = ["explain", "best:photos", "many", "--methods", "grad-cam"];
    workdir
        .run(&explain)
        .exits(0)
        .says(&["picture: explained.png shows the first 24 of 66 images"]);
}
