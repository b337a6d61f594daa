//! Files of weights that others wrote: `weights inspect`, training from files of PyTorch, and files
//! that were made to harm.

#[path = "../crates/weights/tests/common/mod.rs"]
mod pytorch_files;

use crate::support::{ProgramRun, Workdir, assert_contains, root};
use convsweep_weights::WeightFile;
use pytorch_files::{View, call, dictionary, member, name, pickle, saved, text, values, zip};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The narrow ResNet of `tests/vectors/weights.py`, trained at a rate that changes nothing.
fn experiment(weights: &str) -> String {
    format!(
        r#"
[experiment]
name = "fine"

[data]
source = {{ name = "shapes", train = 60, test = 20, size = 32, classes = 5 }}

[model]
layers = [
  {{ conv = 4, kernel = 3, padding = 1, bias = false, norm = "batch", activation = "relu" }},
  {{ repeat = 2, layers = [ {{ block = "basic", width = 4 }} ] }},
  {{ block = "basic", width = 6, stride = 2 }},
  {{ block = "basic", width = 6 }},
  {{ pool = "global-average" }},
  {{ dense = "classes" }},
]
[blocks.basic]
parameters = {{ width = 4, stride = 1 }}
layers = [
  {{ residual = [
      {{ conv = "$width", kernel = 3, stride = "$stride", padding = 1, bias = false, norm = "batch", activation = "relu" }},
      {{ conv = "$width", kernel = 3, padding = 1, bias = false, norm = "batch" }},
    ] }},
  {{ activation = "relu" }},
]

[train]
epochs = 1
batch_size = 20
optimizer = {{ name = "sgd", lr = 1e-30 }}
from = {{ weights = "{weights}" }}
"#
    )
}

fn kept(name: &str) -> std::path::PathBuf {
    root().join("tests/vectors/weights").join(name)
}

/// A folder with the experiment as `fine.toml` and this file as `weights.pth`.
fn with_file(bytes: &[u8]) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("fine.toml", &experiment("weights.pth"));
    std::fs::write(workdir.path("weights.pth"), bytes).expect("written");
    workdir
}

fn tensors(path: &Path) -> BTreeMap<String, Vec<f32>> {
    let bytes = std::fs::read(path).expect("readable");
    let file = WeightFile::read(&bytes).unwrap_or_else(|problem| panic!("{problem}"));
    let mut tensors = BTreeMap::new();
    for (i, tensor) in file.tensors.iter().enumerate() {
        if let Ok(values) = file.values(i) {
            tensors.insert(tensor.name.clone(), values);
        }
    }
    tensors
}

#[test]
fn training_starts_from_every_way_to_save_weights_in_pytorch() {
    for name in [
        "resnet.pth",
        "resnet-stream.pth",
        "resnet-tar.pth",
        "resnet-nested.pth",
    ] {
        let workdir = with_file(&std::fs::read(kept(name)).expect("is there"));
        let plan = workdir.stdout(&["plan", "fine.toml"]);
        let inside = match name {
            "resnet-nested.pth" => ", its \"state_dict.module\"",
            _other => "",
        };
        let note = "52 tensors, matched by kind and order of the layers";
        let note = format!("weights from weights.pth{inside}: {note}");
        assert_contains(&plan, &[&note]);
        workdir.run(&["run", "fine.toml"]).exits(0);
        let folders = workdir.job_folders();
        let trained = tensors(&folders[0].join("model.safetensors"));
        let torch = tensors(&kept(name));
        for (theirs, ours) in [
            ("conv1.weight", "conv1.weight"),
            ("layer1.1.bn2.bias", "residual2.conv2.norm.bias"),
            (
                "layer2.0.downsample.0.weight",
                "residual3.shortcut.conv1.weight",
            ),
            ("fc.weight", "dense1.weight"),
        ] {
            assert_eq!(trained[ours], torch[theirs], "{name}, {theirs}");
        }
        // The file's content is the question, however it is called.
        let again = workdir.read("fine.toml").replace("weights.pth", "other.pt");
        workdir.write("fine.toml", &again);
        std::fs::rename(workdir.path("weights.pth"), workdir.path("other.pt")).expect("renamed");
        workdir
            .run(&["run", "fine.toml"])
            .exits(0)
            .says(&["1 reused"]);
    }
}

#[test]
fn all_that_does_not_fit_is_said_before_training() {
    let workdir = with_file(&std::fs::read(kept("resnet.pth")).expect("is there"));
    let wider = workdir.read("fine.toml").replace("width = 6", "width = 7");
    workdir.write("fine.toml", &wider);
    workdir.run(&["run", "fine.toml"]).exits(2).says(&[
        "weights.pth has \"layer2.0.conv1.weight\" in the shape [6, 4, 3, 3], \
         the network has \"residual3.conv1.weight\" [7, 4, 3, 3]",
        "weights.pth has \"layer2.0.bn1.weight\" in the shape [6], \
         the network has \"residual3.conv1.norm.weight\" [7]",
        "weights.pth does not fit in 20 more tensors",
        "--> fine.toml:31:20",
    ]);
    assert!(!workdir.path("results/jobs").exists());
}

#[test]
fn a_file_is_inspected() {
    let workdir = Workdir::new();
    let show = |name: &str| workdir.stdout(&["weights", "inspect", &kept(name).to_string_lossy()]);
    assert_contains(
        &show("resnet-nested.pth"),
        &[
            "layer2.0.downsample.0.weight               F32   [6, 4, 1, 1]  yes",
            "layer2.0.downsample.1.num_batches_tracked  I64   []            –",
            "PyTorch (zip), 62 tensors of 2,031 parameters, 44 kB",
            "the model is the file's \"state_dict.module\"; what is beside it is not read",
            "looks like none of the published networks that are known here",
            "from = { weights = \"",
        ],
    );
    assert_contains(
        &show("vgg-bn.pth"),
        &["PyTorch before 1.6, 25 tensors of 3,923 parameters"],
    );
    assert_contains(
        &show("resnet-tar.pth"),
        &["PyTorch before 0.1.10 (tar), 62 tensors"],
    );
    assert_contains(
        &show("googlenet.safetensors"),
        &["safetensors, ", "aux1.fc1.weight"],
    );
    let path = kept("resnet-bf16.pth");
    let json = workdir.stdout(&["weights", "inspect", "--json", &path.to_string_lossy()]);
    let found: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(found["parameters"], 2031);
    assert_eq!(found["tensors"][0]["dtype"], "BF16");
    assert_eq!(found["network"], serde_json::Value::Null);
}

#[test]
fn files_of_this_program_say_which_job_trained_them() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let folder = &workdir.job_folders()[0];
    let job = folder.file_name().expect("a name").to_string_lossy();
    let model = folder.join("model.safetensors");
    let text = workdir.stdout(&["weights", "inspect", &model.to_string_lossy()]);
    let trained = format!("in job {job}: ");
    assert_contains(
        &text,
        &[&trained, "# [model] as in the job that trained them"],
    );
    assert!(!text.contains("looks like"), "{text}");
}

/// Runs a command on `weights.pth` with at most 1.5 GB of memory.
fn with_little_memory(workdir: &Workdir, arguments: &str) -> ProgramRun {
    let script = format!("ulimit -v 1500000; exec \"$0\" {arguments}");
    let mut shell = workdir.command_of(Path::new("bash"), &["-c", &script]);
    shell.arg(env!("CARGO_BIN_EXE_convsweep"));
    ProgramRun::of(&mut shell)
}

#[test]
fn hostile_files_are_refused_by_name_and_in_little_memory() {
    let mark = tempfile::tempdir()
        .expect("a folder")
        .path()
        .join("executed");
    let command = text(&format!("mkdir -p {}", mark.display()));
    let attack = call(name("posix", "system"), &[command]);
    let code = saved(dictionary(&[("w", View::plain().tensor()), ("x", attack)]));
    let lists = saved([&b"("[..], &vec![b']'; 5_000_000], b"t"].concat());
    let repeated = View {
        shape: vec![1 << 30],
        stride: vec![0],
        ..View::plain()
    };
    let repeated = saved(dictionary(&[("w", repeated.tensor())]));
    let long_text = saved([b"\x8d", &(1u64 << 40).to_le_bytes()[..]].concat());
    let leading_out = zip(&[
        member(
            "a/data.pkl",
            pickle(dictionary(&[("w", View::plain().tensor())])),
        ),
        member("../../data/0", values()),
    ]);
    let mut cut = std::fs::read(kept("resnet.pth")).expect("is there");
    cut.truncate(20_000);
    for (file, words) in [
        (code, "is refused: its pickle names posix.system"),
        (lists, "has a pickle of more than 1000000 operations"),
        (
            repeated,
            "has \"w\" in the shape [1073741824], which takes more bytes than the file has",
        ),
        (long_text, "is cut off: it ends within its pickle"),
        (
            leading_out,
            "is refused: its member \"../../data/0\" names a place outside the archive",
        ),
        (cut, "is cut off, or is no archive of torch.save"),
        (vec![], "is empty"),
    ] {
        let workdir = with_file(&file);
        let words = format!("weights.pth {words}");
        for arguments in [
            "weights inspect weights.pth",
            "plan fine.toml",
            "run fine.toml",
        ] {
            with_little_memory(&workdir, arguments)
                .exits(2)
                .says(&[&words]);
        }
        assert!(!workdir.path("results/jobs").exists());
    }
    assert!(!mark.exists());
}

#[test]
fn what_is_no_file_is_refused() {
    let workdir = with_file(b"");
    let path = workdir.path("weights.pth");
    let inspect = || workdir.run(&["weights", "inspect", "weights.pth"]);
    std::fs::remove_file(&path).expect("removed");
    inspect().exits(2).says(&["No such file"]);
    std::fs::create_dir(&path).expect("made");
    inspect().exits(2).says(&["is a folder, not a file"]);
    workdir
        .run(&["plan", "fine.toml"])
        .exits(2)
        .says(&["is a folder"]);
    std::fs::remove_dir(&path).expect("removed");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    inspect().exits(2).says(&["is a named pipe, not a file"]);
    workdir
        .run(&["plan", "fine.toml"])
        .exits(2)
        .says(&["is a named pipe"]);
}

/// A safetensors file with tensors of these shapes, all zero.
fn safetensors(shapes: &[(String, Vec<usize>)]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in shapes {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        let tensor = serde_json::json!({
            "dtype": "F32", "shape": shape, "data_offsets": [start, end]
        });
        header.insert(name.clone(), tensor);
    }
    let header = serde_json::Value::from(header).to_string();
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &vec![0; end]].concat()
}

/// What torchvision's ResNet-18 has, without the later half of each block.
fn part_of_resnet18() -> Vec<u8> {
    let mut shapes = vec![
        ("conv1.weight".to_string(), vec![64, 3, 7, 7]),
        ("bn1.running_mean".to_string(), vec![64]),
        ("layer1.0.conv2.weight".to_string(), vec![64, 64, 3, 3]),
        ("fc.weight".to_string(), vec![1000, 512]),
    ];
    for (stage, block) in (1..=4).flat_map(|stage| [(stage, 0), (stage, 1)]) {
        let name = format!("layer{stage}.{block}.conv1.weight");
        shapes.push((name, vec![8, 64, 3, 3]));
    }
    safetensors(&shapes)
}

#[test]
fn a_published_network_is_recognised_and_its_preset_named() {
    let workdir = Workdir::new();
    let experiment = experiment("resnet18.safetensors");
    workdir.write("fine.toml", &experiment);
    std::fs::write(workdir.path("resnet18.safetensors"), part_of_resnet18()).expect("written");
    let preset = "the file looks like torchvision's resnet18: \
                  [model] preset = \"resnet18\", parameters = { stem = \"imagenet\" }";
    workdir.run(&["plan", "fine.toml"]).exits(2).says(&[
        "resnet18.safetensors has 0 norms where the network has 10: name layers by `map`",
        preset,
    ]);
    let text = workdir.stdout(&["weights", "inspect", "resnet18.safetensors"]);
    assert_contains(&text, &["looks like torchvision resnet18, 1000 classes\n"]);
    // The lines that it prints are an experiment file's.
    let (_, lines) = text
        .split_once("# To start from these weights:\n")
        .expect("is there");
    let (model, from) = lines.split_once("[train]\n").expect("is there");
    assert_eq!(
        from.trim_end(),
        "from = { weights = \"resnet18.safetensors\" }"
    );
    let (before, rest) = experiment.split_once("[model]").expect("is there");
    let (_, train) = rest.split_once("[train]").expect("is there");
    let suggested = format!("{before}{model}[train]{train}").replace(from.trim_end(), "");
    workdir.write("suggested.toml", &suggested);
    assert_contains(
        &workdir.stdout(&["plan", "suggested.toml"]),
        &["11,179,077"],
    );
}
