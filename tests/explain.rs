//! Which pixels decide a prediction, and what the maps are worth.

use crate::image_names::photos;
use crate::support::{Workdir, assert_contains, json_lines};
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
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
    image_folder(&workdir);
    workdir.write("corners.toml", CORNERS);
    workdir.run(&["run", "corners.toml"]).exits(0);
    workdir
}

fn image_folder(workdir: &Workdir) {
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
}

/// The first line of JSON.
fn first_line(text: &str) -> Value {
    json_lines(text).swap_remove(0)
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
    let found = first_line(&run.stdout());
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
    let other = first_line(&other);
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

/// A small residual network on the images of [`CORNERS`].
const RESIDUAL: &str = r#"
layers = [
  { conv = 40, kernel = 3, padding = "same", norm = "batch", activation = "relu" },
  { residual = [ { conv = 8, kernel = 3, padding = "same", stride = 2, norm = "batch", activation = "relu" },
                 { conv = 8, kernel = 3, padding = "same", norm = "batch" } ] },
  { activation = "relu" },
  { parallel = [ [ { conv = 4, kernel = 1 } ], [ { conv = 4, kernel = 3, padding = "same" } ] ], join = "concat" },
  { flatten = true },
  { dense = "classes" },
]
"#;

fn residual_corners() -> Workdir {
    let workdir = Workdir::new();
    image_folder(&workdir);
    let (start, end) = (CORNERS.find("layers = ["), CORNERS.find("[train]"));
    let (start, end) = (start.expect("layers"), end.expect("training"));
    let file = format!("{}{RESIDUAL}\n{}", &CORNERS[..start], &CORNERS[end..]);
    workdir.write("corners.toml", &file);
    workdir.run(&["run", "corners.toml"]).exits(0);
    workdir
}

#[test]
fn layers_in_structures_are_looked_at_by_their_names() {
    let workdir = residual_corners();
    let layers = workdir.stdout(&["plan", "corners.toml", "--layers"]);
    let image = "corners/left/3.png";
    let explain = |more: &[&str]| {
        let first = ["explain", "best:corners", image];
        workdir.run(&[&first, more].concat())
    };
    let mut maps = Vec::new();
    for layer in [
        "residual1.conv1",
        "residual1.shortcut.conv1",
        "residual1",
        "parallel1.branch2.conv1",
    ] {
        assert_contains(
            &layers,
            &[layer.rsplit_once('.').map_or(layer, |(_, name)| name)],
        );
        let run = explain(&["--methods", "hires-cam", "--json", "--layer", layer]).exits(0);
        let found = first_line(&run.stdout());
        let values = found["maps"][0]["values"]
            .as_array()
            .expect("a list")
            .clone();
        assert_eq!(values.len(), 24 * 24, "{layer}");
        assert!(!maps.contains(&values), "{layer}");
        maps.push(values);
    }
    explain(&["--layer", "residual1.conv9"]).exits(2).says(&[
        "no such layer, but conv1, residual1.conv1, residual1.conv2, residual1.shortcut.conv1, \
         residual1, activation1, parallel1.branch1.conv1, parallel1.branch2.conv1, parallel1",
    ]);
}

#[test]
fn activations_show_the_planes_of_a_layer_in_their_order() {
    let workdir = residual_corners();
    let arguments = ["explain", "best:corners", "corners/left", "--activations"];
    let explain = |more: &[&str]| workdir.run(&[&arguments, more].concat());
    let run = explain(&["--layer", "conv1", "--json", "--picture", "planes.html"]).exits(0);
    let run = run.says(&["conv1: the first 32 of 40 planes, 8 not shown, 24 × 24 pixels"]);
    let run = run.says(&["planes.html shows the first 8 of 24 images"]);
    assert_eq!(run.stdout().lines().count(), 24);
    for line in run.stdout().lines() {
        let found: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&found["channels"], &found["layer"]),
            (&json!(40), &json!("conv1"))
        );
        let planes = found["planes"].as_array().expect("a list");
        assert_eq!(planes.len(), 32);
        for plane in planes {
            let plane = plane.as_array().expect("a list");
            assert_eq!(plane.len(), 24 * 24);
            let mut values = plane.iter().map(|value| value.as_f64().expect("a number"));
            assert!(values.all(|value| value >= 0.0), "after the ReLU");
        }
    }
    assert_contains(&workdir.read("planes.html"), &["8 not shown", "0.png"]);
    let named = explain(&["--layer", "residual1.conv1"]).exits(0);
    let named = named.says(&[
        "residual1.conv1: all 8 planes, 12 × 12 pixels",
        "activations.png",
    ]);
    assert_contains(&named.stdout(), &["3.png  largest value "]);
    explain(&["--filters", "filters.svg"]).exits(0);
    assert_contains(&workdir.read("filters.svg"), &["<svg"]);
    explain(&["--filters", "filters.txt"])
        .exits(2)
        .says(&["--filters filters.txt: name a .png"]);
    explain(&["--layer", "dense1"])
        .exits(5)
        .says(&["planes of several pixels"]);
    explain(&["--methods", "occlusion"]).exits(2);
    fs::write(workdir.path("corners/left/broken.png"), "no image").expect("writes");
    explain(&[])
        .exits(1)
        .says(&["broken.png", "1 file left out"]);
}
