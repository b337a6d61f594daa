//! Folders of a person's own images: every result names files, and says what became of the folder.

use crate::support::{SMALL, Workdir, assert_contains, json_lines};
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::fs;

const PHOTOS: &str = r#"
[experiment]
name = "photos"
seeds = 2

[data]
source = "folder"
path = "photos"
size = [16, 16]

[augment]
normalize = "standard"

[model]
layers = [{ conv = 4, kernel = 3, activation = "relu" }, { pool = "global-average" }, { dense = "classes" }]

[train]
epochs = 2
batch_size = 8
optimizer = { name = "adam", lr = 1e-2 }
"#;

/// Pictures of one colour for each class and part; brighter for later ones.
fn draw(workdir: &Workdir, part: &str, class: &str, count: u8) {
    let folder = workdir.path("photos").join(part).join(class);
    fs::create_dir_all(&folder).expect("makes");
    for i in 0..count {
        let level = 40 + 3 * i;
        let pixel = match class {
            "cat" => Rgb([level + 90, level, 20]),
            _ => Rgb([20, level, level + 100]),
        };
        let picture = RgbImage::from_fn(20, 18, |x, y| match (x + y) % 7 == u32::from(i % 7) {
            true => Rgb([level, level, level]),
            false => pixel,
        });
        let path = folder.join(format!("{class} {i}.png"));
        picture.save(path).expect("saves");
    }
}

/// Two classes as Training/, valid/ and TEST/, with files that are not used.
pub fn photos() -> Workdir {
    let workdir = Workdir::new();
    for (part, count) in [("Training", 12), ("valid", 4), ("TEST", 3)] {
        for class in ["cat", "dog"] {
            draw(&workdir, part, class, count);
        }
    }
    workdir.write("photos/Training/cat/notes.txt", "none");
    workdir.write("photos/README.md", "birds");
    workdir.write("photos.toml", PHOTOS);
    workdir
}

#[test]
fn results_name_the_files_and_say_what_was_not_used() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    // What was read is in the log and the database.
    let places = "select place || ' ' || part || ' ' || images from image_places order by position";
    let expected = [
        "Training/ training 24",
        "valid/ validation 8",
        "TEST/ test 6",
    ];
    assert_eq!(workdir.texts(places), expected);
    let unused = "select sum(files) from not_used where experiment = 'photos'";
    assert_eq!(workdir.number(unused), 2.0);
    let classes = "select name || ' ' || training || ' ' || validation || ' ' || test
        from class_images order by class";
    assert_eq!(workdir.texts(classes), ["cat 12 4 3", "dog 12 4 3"]);
    workdir.run(&["rebuild"]).exits(0);
    workdir.run(&["check"]).exits(0);
    assert_eq!(workdir.number(unused), 2.0, "the logs have it");
    let page = workdir.read("results/photos/report.html");
    assert_contains(
        &page,
        &[
            "id=\"image-sets\"",
            "Training/ for training (24 images)",
            "notes.txt",
        ],
    );

    // Predictions of both seeds: 8 validation images and 6 test images each.
    let csv = workdir.stdout(&["predictions", "photos"]);
    assert_eq!(csv.lines().count(), 1 + 2 * (8 + 6), "{csv}");
    assert_contains(
        &csv,
        &[
            ",validation,24,valid/cat/cat 0.png,cat,",
            ",test,5,TEST/dog/dog 2.png,dog,",
        ],
    );
    assert_eq!(csv, workdir.read("results/photos/predictions.csv"));
    let sql = "select file, count(*) n from predictions where part = 'test' group by 1 order by 1";
    let answer = workdir.stdout(&["query", sql, "--csv"]);
    assert!(
        answer.starts_with("file,n\nTEST/cat/cat 0.png,2\n"),
        "{answer}"
    );
    let job = workdir.text("select job from jobs order by job");
    let json = workdir.stdout(&["predictions", &job, "--part", "validation", "--json"]);
    let json = json_lines(&json);
    assert_eq!(json.len(), 8);
    assert_eq!(
        (&json[0]["image"], &json[0]["class"]),
        (&24.into(), &"cat".into())
    );

    // How pixels are standardised is recorded, shown, and goes with the weights.
    let mean = workdir.number("select mean from normalization where channel = 2");
    assert!((0.1..0.5).contains(&mean), "{mean}");
    let shown = workdir.stdout(&["show", &job]);
    assert_contains(&shown, &["(pixel / 255 - mean) / std, mean 0."]);
    let weights = workdir
        .path("results/jobs")
        .join(&job)
        .join("model.safetensors");
    let metadata = metadata(&fs::read(weights).expect("reads"));
    assert_eq!(metadata["classes"], serde_json::json!(["cat", "dog"]));
    assert_eq!(metadata["input_shape"], serde_json::json!([3, 16, 16]));
    assert_eq!(metadata["normalization"]["mean"][2].as_f64(), Some(mean));
    assert_eq!(metadata["job"], job.as_str());
    assert!(
        metadata["program"]
            .as_str()
            .is_some_and(|name| name.starts_with("convsweep "))
    );
    assert_eq!(
        metadata["architecture"]["layers"].as_array().map(Vec::len),
        Some(3)
    );
}

/// What a file of weights says of itself.
fn metadata(file: &[u8]) -> Value {
    let length = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).expect("a header");
    let text = header["__metadata__"]["convsweep"].as_str().expect("text");
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn every_image_can_be_listed_with_its_part() {
    let workdir = photos();
    let list = workdir.stdout(&["data", "list", "photos.toml"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 1 + 38, "{list}");
    assert_eq!(lines[0], "number,path,class,part");
    assert_eq!(lines[1], "0,Training/cat/cat 0.png,cat,train");
    assert_eq!(lines[25], "24,valid/cat/cat 0.png,cat,validation");
    assert_eq!(lines[33], "0,TEST/cat/cat 0.png,cat,test");
    let json = workdir.stdout(&["data", "list", "photos.toml", "--json"]);
    let json = json_lines(&json);
    assert_eq!((json.len(), &json[37]["part"]), (38, &"test".into()));
    workdir.write(
        "folds.toml",
        &PHOTOS.replace("\nsize", "\nsplit = { folds = 3 }\nsize"),
    );
    // The set has validation images of its own.
    workdir.run(&["data", "list", "folds.toml"]).exits(2);
    fs::remove_dir_all(workdir.path("photos/valid")).expect("removes");
    let validating = |fold: &str| {
        let list = workdir.stdout(&["data", "list", "folds.toml", "--fold", fold]);
        let rows = list.lines().filter(|line| line.ends_with(",validation"));
        rows.map(str::to_string).collect::<Vec<_>>()
    };
    let folds = ["0", "1", "2"].map(validating);
    assert!(folds.iter().all(|fold| fold.len() == 8), "{folds:?}");
    assert_ne!(folds[0], folds[1]);
    workdir
        .run(&["data", "list", "folds.toml", "--fold", "3"])
        .exits(2);
    workdir.write("shapes.toml", SMALL);
    let list = workdir.stdout(&["data", "list", "shapes.toml"]);
    assert_eq!(list.lines().count(), 1 + 240 + 60);
    assert_contains(&list, &["\n0,,", ",train\n", ",validation\n", "\n59,,"]);
}

#[test]
fn test_predictions_of_other_configurations_are_sealed() {
    let workdir = photos();
    let sweep = "\n[[sweep]]\ngrid.\"train.epochs\" = [1, 2]\n";
    workdir.write(
        "photos.toml",
        &(PHOTOS.replace("seeds = 2", "seeds = 1") + sweep),
    );
    workdir.run(&["run", "photos.toml"]).exits(0);
    let other = workdir.text(
        "select j.job from member_jobs j join leaderboard l on l.configuration = j.configuration
        where l.rank = 2",
    );
    let sealed = workdir.run(&["predictions", &other, "--part", "test"]);
    sealed.exits(2).says(&["the test images are sealed"]);
    let open = workdir.run(&["predictions", &other]).exits(0);
    let rows = open.stdout();
    assert_eq!(rows.lines().count(), 1 + 8, "{rows}");
    open.says(&["note: the test images are sealed"]);
    workdir.run(&["predictions", "nothing"]).exits(2);
}

/// All validation images are of one class: the area under the ROC curve does not exist.
#[test]
fn a_metric_that_does_not_exist_stops_nothing_and_the_answer_says_why() {
    let workdir = photos();
    fs::remove_dir_all(workdir.path("photos/valid/dog")).expect("removes");
    let metric = PHOTOS.replace("seeds = 2", "seeds = 2\nmetric = \"val_roc_auc\"");
    let stopping = "epochs = 4\nearly_stopping = { metric = \"val_roc_auc\", patience = 1 }";
    workdir.write("photos.toml", &metric.replace("epochs = 2", stopping));
    let run = workdir.run(&["run", "photos.toml"]).exits(0);
    let why = "1 of 2 classes has validation images";
    assert_contains(&run.stdout(), &["There is no answer", why]);
    assert_eq!(workdir.number("select min(epoch) from jobs"), 4.0);
    assert_contains(&workdir.read("results/photos/report.html"), &[why]);
    let balanced = PHOTOS.replace("seeds = 2", "seeds = 2\nmetric = \"val_balanced_accuracy\"");
    workdir.write(
        "balanced.toml",
        &balanced.replace("\"photos\"\nseeds", "\"balanced\"\nseeds"),
    );
    workdir.run(&["run", "balanced.toml"]).exits(0);
    let answer = workdir.stdout(&["verdict", "balanced"]);
    assert_contains(&answer, &["balanced accuracy is over 1 of 2 classes"]);
}
