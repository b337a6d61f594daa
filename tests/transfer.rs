//! Transfer learning: initial weights from a file of PyTorch, from the best job of an experiment or
//! from a job, and weights that do not fit.

use crate::support::{SMALL, Workdir, assert_contains, root};
use convsweep_weights::WeightFile;
use std::collections::BTreeMap;
use std::path::Path;

/// The network of `tests/vectors/transfer.py`, which has five classes.
fn experiment(classes: u32, from: &str) -> String {
    format!(
        r#"
[experiment]
name = "fine"

[data]
source = {{ name = "shapes", train = 120, test = 40, size = 16, classes = {classes} }}

[model]
layers = [
  {{ conv = 4, kernel = 3, bias = false, norm = "batch", activation = "relu" }},
  {{ pool = "max", size = 2 }},
  {{ conv = 6, kernel = 3, activation = "relu" }},
  {{ pool = "max", size = 2 }},
  {{ flatten = true }},
  {{ dense = 8, activation = "relu" }},
  {{ dense = "classes" }},
]

[train]
epochs = 1
batch_size = 32
optimizer = {{ name = "sgd", lr = 1e-30 }}
from = {from}
"#
    )
}

const TORCH: &str = "{ weights = \"torch.safetensors\" }";

/// A folder with the experiment as `fine.toml` and the file of PyTorch.
fn workdir(classes: u32, from: &str) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("fine.toml", &experiment(classes, from));
    let file = root().join("tests/vectors/transfer.safetensors");
    std::fs::copy(file, workdir.path("torch.safetensors")).expect("copied");
    workdir
}

/// The values of all tensors of a safetensors file.
fn tensors(path: &Path) -> BTreeMap<String, Vec<f32>> {
    let file = std::fs::read(path).expect("readable");
    let file = WeightFile::read(&file).expect("safetensors");
    let mut tensors = BTreeMap::new();
    for (i, tensor) in file.tensors.iter().enumerate() {
        // PyTorch counts the batches of a norm in an integer.
        if let Ok(values) = file.values(i) {
            tensors.insert(tensor.name.clone(), values);
        }
    }
    tensors
}

/// The tensors of the only job's trained network.
fn trained(workdir: &Workdir) -> BTreeMap<String, Vec<f32>> {
    let folders = workdir.job_folders();
    assert_eq!(folders.len(), 1, "{folders:?}");
    tensors(&folders[0].join("model.safetensors"))
}

#[test]
fn training_starts_from_a_file_of_pytorch() {
    let workdir = workdir(5, TORCH);
    let plan = workdir.stdout(&["plan", "fine.toml"]);
    assert_contains(
        &plan,
        &["weights from torch.safetensors: 11 tensors, matched by kind and order of the layers"],
    );
    workdir.run(&["run", "fine.toml"]).exits(0);
    let path = workdir.path("torch.safetensors");
    let (trained, torch) = (trained(&workdir), tensors(&path));
    for (theirs, ours) in [
        ("conv1.weight", "conv1.weight"),
        ("bn1.bias", "conv1.norm.bias"),
        ("conv2.bias", "conv2.bias"),
        ("fc1.weight", "dense1.weight"),
        ("fc2.weight", "dense2.weight"),
    ] {
        assert_eq!(trained[ours], torch[theirs], "{theirs}");
    }
    workdir
        .run(&["run", "fine.toml"])
        .exits(0)
        .says(&["1 reused"]);
    // Other content makes another job.
    let mut file = std::fs::read(&path).expect("readable");
    *file.last_mut().expect("not empty") ^= 1;
    std::fs::write(&path, file).expect("written");
    let plan = workdir.stdout(&["plan", "fine.toml"]);
    assert!(plan.contains("1 new") && !plan.contains("reused"), "{plan}");
}

#[test]
fn the_head_is_reinitialised_for_another_number_of_classes() {
    let workdir = workdir(4, TORCH);
    let plan = workdir.stdout(&["plan", "fine.toml"]);
    assert_contains(
        &plan,
        &["9 tensors, matched by kind and order of the layers; reinitialised: dense2"],
    );
    workdir.run(&["run", "fine.toml"]).exits(0);
    assert_eq!(trained(&workdir)["dense2.weight"].len(), 4 * 8);
    let keep = "{ weights = \"torch.safetensors\", head = \"keep\" }";
    workdir.write("fine.toml", &experiment(4, keep));
    workdir.run(&["plan", "fine.toml"]).exits(2).says(&[
        "torch.safetensors has \"fc2.weight\" in the shape [5, 8], \
         the network has \"dense2.weight\" [4, 8]",
        "fine.toml:",
    ]);
    let all_dense = "{ weights = \"torch.safetensors\", head = [\"dense*\"] }";
    workdir.write("fine.toml", &experiment(4, all_dense));
    let plan = workdir.stdout(&["plan", "fine.toml"]);
    assert_contains(&plan, &["reinitialised: dense1, dense2"]);
}

#[test]
fn weights_that_do_not_fit_are_refused_before_training() {
    let workdir = workdir(5, TORCH);
    let wider = experiment(5, TORCH).replace("conv = 6", "conv = 7");
    workdir.write("fine.toml", &wider);
    workdir.run(&["run", "fine.toml"]).exits(2).says_lines(&[
        "error: torch.safetensors has \"conv2.weight\" in the shape [6, 4, 3, 3], \
         the network has \"conv2.weight\" [7, 4, 3, 3]",
        "error: torch.safetensors has \"conv2.bias\" in the shape [6], \
         the network has \"conv2.bias\" [7]",
        "error: torch.safetensors has \"fc1.weight\" in the shape [8, 24], \
         the network has \"dense1.weight\" [8, 28]",
        "--> fine.toml:23:20",
    ]);
    assert!(!workdir.path("results/jobs").exists());
}

/// Checks that `plan` refuses this `train.from` with these lines, one of which says where it is.
#[track_caller]
fn refuses(from: &str, lines: &[&str]) {
    let workdir = workdir(5, from);
    let run = workdir.run(&["plan", "fine.toml"]).exits(2);
    run.says_lines(lines);
}

#[test]
fn unreadable_weights_are_refused() {
    refuses(
        "{ weights = \"nowhere.safetensors\" }",
        &[
            "error: nowhere.safetensors cannot be read: No such file or directory (os error 2)",
            "--> fine.toml:23:20",
        ],
    );
    refuses(
        "{ weights = \"fine.toml\" }",
        &[
            "error: fine.toml is not a safetensors file, nor one of PyTorch",
            "--> fine.toml:23:20",
        ],
    );
}

#[test]
fn wrong_origins_of_weights_are_refused() {
    let origins = "= help: one of weights = \"FILE\", experiment = \"NAME\" and job = \"ID\"";
    refuses(
        "{ map = { a = \"b\" } }",
        &[
            "error: train.from does not say where the weights come from",
            "--> fine.toml:23:8",
            origins,
        ],
    );
    refuses(
        "{ weights = \"a\", job = \"b\" }",
        &[
            "error: train.from names two origins",
            "--> fine.toml:23:8",
            origins,
        ],
    );
    refuses(
        "{ experiment = \"fine\" }",
        &[
            "error: there are no weights of experiment \"fine\": \
             an experiment cannot start from its own best job",
            "--> fine.toml:23:23",
        ],
    );
    refuses(
        "{ experiment = \"other\" }",
        &[
            "error: there are no weights of experiment \"other\": \
             no such experiment has run here",
            "--> fine.toml:23:23",
        ],
    );
}

#[test]
fn wrong_maps_of_layers_are_refused() {
    refuses(
        "{ weights = \"torch.safetensors\", map = { conv1 = 3 } }",
        &[
            "error: `train.from.map` maps \"conv1\" to an integer",
            "--> fine.toml:23:57",
            "= help: map = { \"their name\" = \"conv1\" }: \
             names of layers, without `.weight` and `.bias`",
        ],
    );
    refuses(
        "{ weights = \"torch.safetensors\", map = { \"a\" = \"b*\" } }",
        &[
            "error: `train.from.map` cannot map \"a\" to \"b*\"",
            "--> fine.toml:23:55",
            "= help: write at most one `*` in their name, and in ours only if theirs has one",
        ],
    );
}

/// [`SMALL`] as another experiment with one job, whose frozen network starts from these weights and
/// is trained at a rate that changes nothing.
fn frozen_from(from: &str) -> String {
    SMALL
        .replace("name = \"small\"", "name = \"fine\"")
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-30]")
        .replace(
            "[train]\n",
            &format!("[train]\nfreeze = \"backbone\"\nfrom = {from}\n"),
        )
}

#[test]
fn training_starts_from_the_best_job_of_an_experiment_or_from_a_job() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let best = workdir.text(
        "select c.job from curves c join leaderboard l using (experiment, configuration) \
         where l.rank = 1 and c.metric = 'val_accuracy' and c.epoch = 3 \
         order by c.value desc, c.job limit 1",
    );
    workdir.write("fine.toml", &frozen_from("{ experiment = \"small\" }"));
    let plan = workdir.stdout(&["plan", "fine.toml"]);
    let origin = format!("weights from {best}/model.safetensors: 8 tensors");
    assert_contains(&plan, &[&origin]);
    workdir.run(&["run", "fine.toml"]).exits(0);
    assert_eq!(workdir.number("select count(*) from jobs"), 5.0);
    let fine = workdir.text("select job from curves where experiment = 'fine'");
    let tensors_of = |job: &str| {
        let folder = workdir.path("results/jobs").join(job);
        tensors(&folder.join("model.safetensors"))
    };
    assert_eq!(tensors_of(&fine), tensors_of(&best));
    // Given by its job's id, they are the same weights, so the new job is the same.
    let from_job = frozen_from(&format!("{{ job = \"{}\" }}", &best[..10]));
    workdir.write("fine.toml", &from_job);
    workdir
        .run(&["run", "fine.toml"])
        .exits(0)
        .says(&["1 reused"]);
    workdir.run(&["check"]).exits(0);
    let model = workdir.path("results/jobs").join(&best);
    std::fs::remove_file(model.join("model.safetensors")).expect("removed");
    let again = format!("model.safetensors is gone; `convsweep retry {best} --damaged` trains");
    workdir.run(&["plan", "fine.toml"]).exits(2).says(&[&again]);
}
