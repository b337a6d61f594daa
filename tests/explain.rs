//! Which pixels decide a prediction, and what the maps are worth.

use crate::image_names::photos;
use crate::support::{Workdir, assert_contains};
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::fs;

/// Classes that differ in nothing but the place of a bright square.
const CORNERS: &str = r#"
[experiment]
name = "corners"

[data]
source = "folder"
path = "corners"
size = [24, 24]

[augment]
normalize = "standard"

[model]
layers = [
  { conv = 8, kernel = 3, norm = "batch", activation = "relu" },
  { pool = "max", size = 2 },
  { conv = 8, kernel = 3, activation = "relu" },
  { flatten = true },
  { dense = "classes" },
]

[train]
epochs = 6
batch_size = 8
optimizer = { name = "adam", lr = 3e-3 }
"#;

fn corners() -> Workdir {
    let workdir = Workdir::new();
    for (class, left) in [("left", 2), ("right", 16)] {
        let folder = workdir.path("corners").join(class);
        fs::create_dir_all(&folder).expect("makes");
        for i in 0..24u32 {
            let top = 2 + i % 15;
            let picture = RgbImage::from_fn(24, 24, |x, y| {
                let noise = ((x * 31 + y * 17 + i * 7) % 23) as u8;
                let is_square = (left..left + 6).contains(&x) && (top..top + 6).contains(&y);
                Rgb([if is_square { 220 } else { 60 } + noise; 3])
            });
            picture
                .save(folder.join(format!("{i}.png")))
                .expect("saves");
        }
    }
    workdir.write("corners.toml", CORNERS);
    workdir.run(&["run", "corners.toml"]).exits(0);
    workdir
}

#[test]
fn maps_mark_what_the_classes_differ_in() {
    let workdir = corners();
    let methods = "grad-cam,hires-cam,integrated-gradients,smooth-grad,occlusion";
    let arguments = [
        "explain",
        "best:corners",
        "corners/left/3.png",
        "--methods",
        methods,
        "--json",
        "--picture",
        "maps.html",
    ];
    let run = workdir.run(&arguments).exits(0);
    let found: Value = serde_json::from_str(&run.stdout()).expect("JSON");
    assert_eq!(found["class"], "left");
    let maps = found["maps"].as_array().expect("a list");
    assert_eq!(maps.len(), 5);
    for map in maps {
        let values = map["values"].as_array().expect("a list");
        assert_eq!(values.len(), 24 * 24);
        // The left third, where the square is, has more of the map than the middle.
        let of_columns = |from: usize, to: usize| -> f64 {
            let values = values.iter().enumerate();
            let values = values.filter(|(i, _)| (from..to).contains(&(i % 24)));
            values
                .map(|(_, v)| v.as_f64().expect("a number").max(0.0))
                .sum()
        };
        let (method, left, middle) = (&map["method"], of_columns(0, 8), of_columns(8, 16));
        // The sizes of gradients say where the network looks, not what it finds there.
        assert!(
            left > middle || *method == "smooth-grad",
            "{method}: {left} and {middle}"
        );
        let deletion = map["deletion"].as_f64().expect("a number");
        let moved = map["moved"]["deletion"].as_f64().expect("a number");
        if *method == "integrated-gradients" {
            assert!(deletion < moved, "{method}: {deletion} and {moved}");
        }
    }
    run.says(&["integrated-gradients: too few images to say"]);
    assert_contains(&workdir.read("maps.html"), &["grad-cam", "left ", "3.png"]);
    // Integrated gradients of a class speak against the other one.
    let other = workdir.stdout(&[
        "explain",
        "best:corners",
        "corners/left/3.png",
        "--methods",
        "integrated-gradients",
        "--json",
        "--class",
        "right",
    ]);
    let other: Value = serde_json::from_str(&other).expect("JSON");
    let sum = |found: &Value| -> f64 {
        let values = found["maps"][0]["values"].as_array().expect("a list");
        values.iter().map(|v| v.as_f64().expect("a number")).sum()
    };
    assert_eq!(other["class"], "right");
    assert!(sum(&other) < 0.0, "{}", sum(&other));
}

#[test]
fn other_layers_and_classes_may_be_explained() {
    let workdir = corners();
    let explain = |more: &[&str]| {
        let first = [
            "explain",
            "best:corners",
            "corners/left/3.png",
            "--methods",
            "grad-cam",
        ];
        workdir.run(&[&first, more].concat())
    };
    explain(&["--layer", "conv1"]).exits(0);
    assert!(workdir.path("explained.png").exists());
    explain(&["--class", "true"]).exits(0);
    explain(&["--layer", "conv7"])
        .exits(2)
        .says(&["no such layer, but conv1, pool1"]);
    explain(&["--layer", "dense1"])
        .exits(5)
        .says(&["planes of several pixels"]);
    explain(&["--class", "up"])
        .exits(2)
        .says(&["it knows classes \"left\" and \"right\""]);
    explain(&["--picture", "a.bmp"])
        .exits(2)
        .says(&["name a .png, .svg or .html file"]);
    let guided = ["explain", "best:corners", "corners", "--methods", "guided"];
    workdir
        .run(&guided)
        .exits(2)
        .says(&["the methods are grad-cam"]);
}

#[test]
fn the_old_word_tells_the_state_of_a_job() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    let job = workdir.text("select job from jobs order by job");
    let told = workdir.run(&["explain", &job]).exits(0);
    assert_eq!(told.stdout(), workdir.stdout(&["why", &job]));
    told.says(&["told by `convsweep why`"]);
    let jobs = workdir.texts("select job from jobs order by job").join(",");
    let several = ["explain", &jobs, "photos/valid/cat"];
    workdir
        .run(&several)
        .exits(2)
        .says(&["explain looks at one network, and", "names several: "]);
}

#[test]
fn the_report_shows_which_pixels_decide() {
    let workdir = corners();
    let page = |workdir: &Workdir| {
        fs::read_to_string(workdir.path("results/corners/report.html")).expect("a page")
    };
    let shown = page(&workdir);
    let said = [
        "Which pixels decide what corners predicts?",
        "what the network of seed 0 marks",
    ];
    for said in said {
        assert!(shown.contains(said), "{said}");
    }
    workdir.run(&["report", "corners"]).exits(0);
    assert_eq!(page(&workdir), shown, "the same networks say the same");
    let jobs = fs::read_dir(workdir.path("results/jobs")).expect("jobs");
    for job in jobs {
        fs::remove_file(job.expect("a job").path().join("model.safetensors")).expect("removes");
    }
    workdir.run(&["report", "corners"]).exits(0);
    let without = page(&workdir);
    assert!(!without.contains("charts/explanations.svg"));
    assert!(without.contains("Which pixels decide is not shown: "));
}
