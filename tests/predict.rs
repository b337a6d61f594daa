//! Trained networks classify any images, as they classified those of their experiment.

use crate::image_names::photos;
use crate::support::{ProgramRun, Workdir, assert_contains};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// The working folder of [`photos`], trained.
fn trained() -> Workdir {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    workdir
}

/// Rows of a CSV by their column `file`, up to the name of the part's folder.
fn by_file(csv: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut rows = BTreeMap::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        let file = row["file"].trim_start_matches("photos/").to_string();
        rows.insert(file, row);
    }
    rows
}

#[test]
fn predictions_equal_those_of_the_job_to_the_bit() {
    let workdir = trained();
    let jobs = workdir.texts("select job from jobs order by job");
    let recorded = workdir.stdout(&["predictions", &jobs[0], "--part", "validation"]);
    let recorded = by_file(&recorded);
    let found = workdir.stdout(&["predict", &jobs[0], "photos/valid", "--csv"]);
    let found = by_file(&found);
    assert_eq!(found.len(), 8);
    for (file, row) in &found {
        let of_job = &recorded[file];
        assert_eq!(row["predicted_1"], of_job["predicted"], "{file}");
        assert_eq!(row["probability_1"], of_job["probability"], "{file}");
        assert_eq!(row["class"], of_job["class"], "{file}");
    }
    // Both seeds together: the mean of their probabilities.
    let probability = |model: &str, more: &[&str]| {
        let arguments = [&["predict", model, "photos/valid/cat", "--json"], more].concat();
        let out = workdir.stdout(&arguments);
        let first: Value = serde_json::from_str(out.lines().next().expect("a line")).expect("JSON");
        let top = first["top"].as_array().expect("a list");
        let cat = top
            .iter()
            .find(|class| class["class"] == "cat")
            .expect("cat");
        cat["probability"].as_f64().expect("a number")
    };
    let each: Vec<f64> = jobs.iter().map(|job| probability(job, &[])).collect();
    let mean = (each[0] + each[1]) / 2.0;
    for together in [
        probability(&jobs.join(","), &[]),
        probability("best:photos", &["--ensemble"]),
    ] {
        assert!((together - mean).abs() < 1e-6, "{together} and {mean}");
    }
}

#[test]
fn accuracy_confusion_and_a_picture_are_shown() {
    let workdir = trained();
    let shown = workdir.run(&[
        "predict",
        "best:photos",
        "photos/valid",
        "--picture",
        "p.png",
    ]);
    let shown = shown.exits(0);
    assert_eq!(shown.stdout().matches("photos/valid/dog/dog ").count(), 4);
    let accuracy = shown.stderr();
    assert_contains(
        &accuracy,
        &["8 images classified by job", "accuracy ", "of 8)"],
    );
    let picture = image::open(workdir.path("p.png")).expect("a picture");
    assert!(picture.width() > 500);
    let page = &[
        "predict",
        "best:photos",
        "photos/valid",
        "--picture",
        "p.html",
    ];
    workdir.run(page).exits(0);
    assert_contains(&workdir.read("p.html"), &["<svg", "dog 0.png", "</html>"]);
    let other = &[
        "predict",
        "best:photos",
        "photos/valid",
        "--picture",
        "p.gif",
    ];
    workdir
        .run(other)
        .exits(2)
        .says(&["name a .png, .svg or .html file"]);
}

#[test]
fn what_is_no_image_is_named_and_counted() {
    let workdir = trained();
    let cut = fs::read(workdir.path("photos/valid/cat/cat 0.png")).expect("reads");
    workdir.write("more/notes.txt", "none");
    workdir.write("empty/notes.txt", "none");
    fs::write(workdir.path("more/cut.png"), &cut[..cut.len() / 2]).expect("writes");
    fs::write(workdir.path("more/whole.png"), &cut).expect("writes");
    let some = workdir.run(&["predict", "best:photos", "more"]);
    let some = some
        .exits(1)
        .says(&["more/cut.png: ", "1 file", "notes.txt"]);
    assert_contains(
        &some.stderr(),
        &["1 image of 2 classified", "1 could not be read"],
    );
    let none = workdir.run(&["predict", "best:photos", "more/cut.png"]);
    none.exits(3).says(&["none of the images could be read"]);
    let csv = workdir.run(&["predict", "best:photos", "more/cut.png", "--csv"]);
    assert_contains(&csv.exits(3).stdout(), &["more/cut.png,,,,,,"]);
    for (arguments, message) in [
        (
            ["best:photos", "nothing.png"],
            "there is no such file or folder",
        ),
        (["best:photos", "empty"], "no image in the folder"),
        (["photos", "more"], "best:photos names its best network"),
        (["best:photo", "more"], "did you mean \"photos\"?"),
        (["ffff", "more"], "ffff"),
    ] {
        let run = workdir.run(&[&["predict"], &arguments[..]].concat());
        run.exits(2).says(&[message]);
    }
    // Weights that are not those of the job's log are not used.
    let job = workdir.text("select job from jobs order by job");
    let weights = workdir
        .path("results/jobs")
        .join(&job)
        .join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("reads");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&weights, bytes).expect("writes");
    let run = workdir.run(&["predict", &job, "more/whole.png"]);
    run.exits(5)
        .says(&["model.safetensors", "is damaged", "retry"]);
}

#[test]
fn paths_from_standard_input_are_answered_one_by_one() {
    let workdir = trained();
    let mut command: Command = workdir.command(&["predict", "best:photos", "-", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut input = child.stdin.take().expect("an input");
    let mut output = std::io::BufReader::new(child.stdout.take().expect("an output"));
    for name in [
        "photos/valid/cat/cat 0.png",
        "photos/valid/dog/dog 1.png",
        "no.png",
    ] {
        writeln!(input, "{name}").expect("writes");
        // The answer comes although more paths may follow.
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).expect("reads");
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(answer["file"], *name);
        assert_eq!(answer["problem"].is_string(), name == "no.png", "{line}");
    }
    drop(input);
    assert_eq!(child.wait().expect("ends").code(), Some(1));
}

#[test]
fn a_pattern_and_a_table_name_images() {
    let workdir = trained();
    workdir.write("photos/list.csv", "file,label\nvalid/cat/cat 1.png,dog\n");
    let of_table = workdir.stdout(&["predict", "best:photos", "photos/list.csv", "--csv"]);
    assert_contains(&of_table, &["photos/valid/cat/cat 1.png,dog,"]);
    let of_pattern = ProgramRun::of(&mut workdir.command(&[
        "predict",
        "best:photos",
        "photos/valid/*/*3.png",
        "--csv",
    ]));
    assert_eq!(of_pattern.exits(0).stdout().lines().count(), 1 + 2);
}
