//! Trained networks as files for other programs: an ONNX file is there only if it computes what the
//! job computed.

use crate::image_names::photos;
use crate::support::{Workdir, assert_contains};
use std::fs;

/// Every shipped architecture whose network is small enough for a test, trained for one step.
const ARCHITECTURES: &str = r#"
[experiment]
name = "presets"

[data]
source = { name = "shapes", train = 40, test = 4, size = 32, classes = 3 }
split = { validation = 0.5 }

[augment]
normalize = "standard"

[model]
preset = "tutorial"

[train]
epochs = 1
batch_size = 10
optimizer = { name = "sgd", lr = 1e-3 }
evaluate = { tta = "flip" }

[[sweep]]
[sweep.grid]
"model.preset" = ["tutorial", "lenet5", "resnet20", "inception-small", "densenet-bc-100-12", "mobilenet-v2", "squeezenet", "googlenet"]
"#;

#[test]
fn architectures_are_exported_and_proved() {
    let workdir = Workdir::with(ARCHITECTURES);
    workdir.run(&["run", "small.toml"]).exits(0);
    let jobs = workdir.texts("select job from jobs where outcome = 'finished'");
    assert_eq!(jobs.len(), 8);
    for job in &jobs {
        let exported = workdir.run(&["export", job, "net.onnx"]).exits(0);
        let out = exported.stdout();
        assert_contains(
            &out,
            &["opset 17", "checked on 20 images", "no class differs"],
        );
        exported.says(&["averages each image with its mirror image"]);
        let bytes = fs::read(workdir.path("net.onnx")).expect("a file");
        assert!(bytes.len() > 10_000);
    }
}

#[test]
fn the_graph_may_prepare_images_itself() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    let arguments = [
        "export",
        "best:photos",
        "net.onnx",
        "--preprocessing",
        "--probabilities",
    ];
    let out = workdir.run(&arguments).exits(0).stdout();
    assert_contains(
        &out,
        &[
            "input \"image\"",
            "output \"probabilities\"",
            "checked on 8 images",
        ],
    );
    assert_contains(&out, &["1 Cast", "1 Softmax"]);
    let bytes = fs::read(workdir.path("net.onnx")).expect("a file");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert_contains(&text, &["[\"cat\",\"dog\"]", "input_shape", "[3,16,16]"]);

    let job = workdir.text("select job from jobs order by job");
    workdir.run(&["export", "best:photos", "card.md"]).exits(0);
    assert_contains(
        &workdir.read("card.md"),
        &[
            "pipeline_tag: image-classification",
            "2 classes (cat, dog)",
            "| cat | 12 | 4 | 3 |",
            "validation images, by which it may have been chosen: accuracy ",
            "test images, which played no part in any choice",
            "Over 2 runs of this configuration",
            "\"batch_size\": 8",
        ],
    );
    let weights = workdir
        .path("results/jobs")
        .join(&job)
        .join("model.safetensors");
    workdir.run(&["export", &job, "net.safetensors"]).exits(0);
    assert_eq!(
        fs::read(workdir.path("net.safetensors")).expect("a file"),
        fs::read(weights).expect("the job's"),
    );
}

#[test]
fn what_cannot_be_exported_leaves_no_file() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    let jobs = workdir.texts("select job from jobs order by job");
    let both = jobs.join(",");
    for (arguments, message) in [
        (
            vec!["export", "best:photos", "net.pt"],
            "name an .onnx, .safetensors or .md file",
        ),
        (
            vec!["export", &both, "net.onnx"],
            "a file holds one network",
        ),
        (
            vec![
                "export",
                "best:photos",
                "net.safetensors",
                "--preprocessing",
            ],
            "are parts of a graph",
        ),
    ] {
        workdir.run(&arguments).exits(2).says(&[message]);
    }
    // The images that would prove it are gone.
    let onnx = ["export", &jobs[0], "net.onnx"];
    fs::rename(workdir.path("data/decoded"), workdir.path("data/elsewhere")).expect("moves");
    workdir
        .run(&onnx)
        .exits(5)
        .says(&["not decoded on this machine"]);
    fs::rename(workdir.path("data/elsewhere"), workdir.path("data/decoded")).expect("moves");
    // So are the predictions.
    let folder = workdir.path("results/jobs").join(&jobs[0]);
    fs::remove_file(folder.join("predictions.safetensors")).expect("removes");
    workdir
        .run(&onnx)
        .exits(5)
        .says(&["predictions of job", "retry"]);
    assert!(!workdir.path("net.onnx").exists());
}
