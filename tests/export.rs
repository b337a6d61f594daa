//! Trained networks as files for other programs: an ONNX file is there only if it computes what the
//! job computed, and weights for PyTorch come with the file that builds the module.

use crate::image_names::photos;
use crate::support::{ProgramRun, Workdir, assert_contains, entries};
use convsweep_weights::{ModelDescription, WeightFile};
use std::fs;
use std::path::Path;
use std::process::Stdio;

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
        workdir.run(&["export", job, "card.md"]).exits(0);
        let example = "probabilities = (classify(inputs) + classify(inputs[..., ::-1])) / 2";
        assert_contains(&workdir.read("card.md"), &["its mirror image", example]);
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
            "probabilities = classify(inputs)\n```",
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

/// Every part that has a name of its own in PyTorch.
const PARTS: &str = r#"
[experiment]
name = "parts"

[data]
source = { name = "shapes", train = 40, test = 10, size = 16, classes = 3 }
split = { validation = 0.5 }

[augment]
normalize = "standard"

[model]
layers = [
  { conv = 4, kernel = 3, padding = "same", norm = "batch", activation = "prelu" },
  { residual = [
      { depthwise = 1, kernel = 3, padding = "same", norm = "batch" },
      { squeeze-excite = 2 },
    ] },
  { pool = "global-average" },
  { dense = "classes" },
]

[train]
epochs = 1
batch_size = 10
optimizer = { name = "sgd", lr = 1e-3 }
evaluate = { tta = "flip" }
"#;

#[test]
fn weights_for_pytorch_bring_the_file_that_builds_the_module() {
    let workdir = Workdir::with(PARTS);
    workdir.run(&["run", "small.toml"]).exits(0);
    let job = workdir.text("select job from jobs");
    let arguments = ["export", "best:parts", "net.safetensors", "--pytorch"];
    let exported = workdir.run(&arguments).exits(0);
    assert_contains(
        &exported.stdout(),
        &[
            &format!("the weights of job {job} by the names of PyTorch"),
            "python net.py net.safetensors IMAGE...",
            "import net; network = net.load(\"net.safetensors\")",
        ],
    );
    exported.says(&["averages each image with its mirror image", "`predict`"]);
    let python = workdir.read("net.py");
    assert_contains(&python, &["def load(path):", "strict=True", "def predict("]);

    let bytes = fs::read(workdir.path("net.safetensors")).expect("a file");
    let file = WeightFile::read(&bytes).expect("a file of weights");
    let tensors = file.tensors.iter();
    let names: Vec<_> = tensors
        .map(|t| format!("{} {} {:?}", t.name, t.dtype, t.shape))
        .collect();
    assert_eq!(
        names,
        [
            "conv1.bias F32 [4]",
            "conv1.weight F32 [4, 3, 3, 3]",
            "conv1_activation.weight F32 [4]",
            "conv1_norm.bias F32 [4]",
            "conv1_norm.num_batches_tracked I64 []",
            "conv1_norm.running_mean F32 [4]",
            "conv1_norm.running_var F32 [4]",
            "conv1_norm.weight F32 [4]",
            "dense1.bias F32 [3]",
            "dense1.weight F32 [3, 4]",
            "residual1.layers.depthwise1.bias F32 [4]",
            "residual1.layers.depthwise1.weight F32 [4, 1, 3, 3]",
            "residual1.layers.depthwise1_norm.bias F32 [4]",
            "residual1.layers.depthwise1_norm.num_batches_tracked I64 []",
            "residual1.layers.depthwise1_norm.running_mean F32 [4]",
            "residual1.layers.depthwise1_norm.running_var F32 [4]",
            "residual1.layers.depthwise1_norm.weight F32 [4]",
            "residual1.layers.squeeze_excite1.expand.bias F32 [4]",
            "residual1.layers.squeeze_excite1.expand.weight F32 [4, 2]",
            "residual1.layers.squeeze_excite1.reduce.bias F32 [2]",
            "residual1.layers.squeeze_excite1.reduce.weight F32 [2, 4]",
        ]
    );
    let trained = workdir
        .path("results/jobs")
        .join(&job)
        .join("model.safetensors");
    let (described, before) = (
        description(&bytes),
        description(&fs::read(&trained).expect("is there")),
    );
    assert_eq!(described, before);
    let metadata = String::from_utf8_lossy(&bytes);
    assert_contains(
        &metadata,
        &[
            "convsweep_images",
            "\\\"mirrors\\\":true",
            "\"format\":\"pt\"",
        ],
    );

    // Training starts from it, with the same values in the same layers.
    let from = "from = { weights = \"net.safetensors\", head = \"keep\" }\n";
    let again = PARTS
        .replace("\"parts\"", "\"again\"")
        .replace("lr = 1e-3", "lr = 1e-30");
    workdir.write("again.toml", &format!("{again}{from}"));
    workdir.run(&["run", "again.toml"]).exits(0);
    let again = workdir.text(&format!("select job from jobs where job <> '{job}'"));
    let again = workdir
        .path("results/jobs")
        .join(again)
        .join("model.safetensors");
    for name in [
        "dense1.weight",
        "conv1.slope",
        "residual1.squeeze-excite1.expand.bias",
    ] {
        assert_eq!(values(&again, name), values(&trained, name), "{name}");
    }
}

fn description(file: &[u8]) -> ModelDescription {
    ModelDescription::read(file).expect("describes itself")
}

fn values(path: &Path, name: &str) -> Vec<f32> {
    let bytes = fs::read(path).expect("is there");
    let file = WeightFile::read(&bytes).expect("a file of weights");
    let index = file.tensors.iter().position(|tensor| tensor.name == name);
    file.values(index.expect("has it")).expect("floats")
}

#[test]
fn python_files_of_the_user_are_kept() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    let export = |file: &str| workdir.run(&["export", "best:photos", file, "--pytorch"]);
    workdir.write("mine.py", "print('mine')\n");
    export("mine.safetensors")
        .exits(2)
        .says(&["mine.py: there is another file of this name", "move it"]);
    assert_eq!(workdir.read("mine.py"), "print('mine')\n");
    assert!(!workdir.path("mine.safetensors").exists());
    for file in ["my-net.safetensors", "my-net.safetensors"] {
        let out = export(file).exits(0).stdout();
        assert!(!out.contains("import"), "no identifier: {out}");
    }
    for file in ["net.onnx", "net.md"] {
        export(file).exits(2).says(&["name a .safetensors file"]);
        assert!(!workdir.path(file).exists());
    }
    fs::create_dir(workdir.path("folder.py")).expect("a folder");
    export("folder.safetensors").exits(2).says(&["folder.py"]);
    assert!(!workdir.path("folder.safetensors").exists());
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

#[test]
fn where_nothing_can_be_written_nothing_is_computed() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    let best = "best:photos";
    for (arguments, file) in [
        (vec!["export", best, "none/net.onnx"], "none/net.onnx"),
        (
            vec!["export", best, "none/a.safetensors"],
            "none/a.safetensors",
        ),
        (vec!["export", best, "none/card.md"], "none/card.md"),
        (
            vec!["predict", best, "photos", "--picture", "none/p.png"],
            "none/p.png",
        ),
        (
            vec!["explain", best, "photos", "--picture", "none/e.png"],
            "none/e.png",
        ),
    ] {
        let run = workdir.run(&arguments).exits(5);
        assert_eq!(run.stdout(), "", "{file}");
        let message = format!("cannot write {file}: No such file or directory");
        run.says(&[&message, "make its folder"]);
    }
    fs::create_dir(workdir.path("taken.onnx")).expect("makes");
    let run = workdir.run(&["export", best, "taken.onnx"]);
    run.exits(5).says(&["a folder is in its place"]);
}

#[test]
fn several_exports_to_one_file_do_not_disturb_each_other() {
    let workdir = photos();
    workdir.run(&["run", "photos.toml"]).exits(0);
    fs::create_dir(workdir.path("out")).expect("makes");
    for file in ["out/net.onnx", "out/net.safetensors"] {
        let mut started = Vec::new();
        for _ in 0..3 {
            let mut command = workdir.command(&["export", "best:photos", file]);
            let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            started.push(command.spawn().expect("starts"));
        }
        for child in started {
            ProgramRun(child.wait_with_output().expect("ends")).exits(0);
        }
    }
    assert_eq!(entries(&workdir.path("out")).len(), 2, "nothing else stays");
}

#[test]
fn a_job_without_weights_says_what_it_was() {
    let workdir = photos();
    let range = [
        "run",
        "photos.toml",
        "--set",
        "experiment.kind=lr-range-test",
    ];
    workdir.run(&range).exits(0);
    let job = workdir.text("select job from jobs order by job");
    let run = workdir.run(&["predict", &job, "photos/valid"]).exits(5);
    run.says(&["is a learning-rate range test, which keeps no weights"]);
    let name = workdir.text("select experiment from experiments");
    let best = format!("best:{name}");
    let run = workdir.run(&["predict", &best, "photos/valid"]);
    assert!(run.stderr().contains("range test"), "{}", run.stderr());

    let diverged = ["run", "photos.toml", "--set", "train.optimizer.lr=1e30"];
    workdir.run(&diverged).exits(1);
    let job = workdir.text("select job from jobs where outcome = 'diverged' order by job");
    for arguments in [
        ["predict", &job, "photos/valid"],
        ["explain", &job, "photos/valid"],
        ["export", &job, "net.onnx"],
    ] {
        workdir.run(&arguments).exits(5).says(&[
            "has left no weights, since it has not finished (diverged)",
            "a lower learning rate",
        ]);
    }
}
