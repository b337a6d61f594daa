//! Transfer learning: initial weights from a PyTorch file, from an experiment's best job or from a
//! job, and weights that do not fit.

use crate::support::{Place, SMALL, root};

/// The network of `tests/vectors/transfer.py`, whose file has five classes.
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

fn place(classes: u32, from: &str) -> Place {
    let place = Place::new();
    place.write("fine.toml", &experiment(classes, from));
    let file = root().join("tests/vectors/transfer.safetensors");
    std::fs::copy(file, place.path("torch.safetensors")).expect("kept");
    place
}

/// The trained tensors of the only job.
fn trained(place: &Place) -> std::collections::BTreeMap<String, Vec<f32>> {
    let jobs = std::fs::read_dir(place.path("results/jobs"))
        .expect("jobs")
        .filter_map(Result::ok);
    let newest = jobs
        .max_by_key(|j| j.metadata().and_then(|m| m.created()).ok())
        .expect("a job");
    let bytes = std::fs::read(newest.path().join("model.safetensors")).expect("left");
    let held = convsweep_spec::weights::read(&bytes).expect("safetensors");
    held.into_iter()
        .map(|h| (h.name.clone(), h.values(&bytes).expect("f32")))
        .collect()
}

#[test]
fn training_starts_from_a_pytorch_file() {
    let place = place(5, "{ weights = \"torch.safetensors\" }");
    let plan = place.run(&["plan", "fine.toml"]).exits(0).stdout();
    assert!(
        plan.contains(
            "weights from torch.safetensors: 11 tensors, layers of a kind in their order"
        ),
        "{plan}"
    );
    place.run(&["run", "fine.toml"]).exits(0);
    let (trained, file) = (
        trained(&place),
        std::fs::read(place.path("torch.safetensors")).expect("there"),
    );
    let held = convsweep_spec::weights::read(&file).expect("safetensors");
    for (theirs, ours) in [
        ("conv1.weight", "conv1.weight"),
        ("bn1.bias", "conv1.norm.bias"),
        ("conv2.bias", "conv2.bias"),
        ("fc1.weight", "dense1.weight"),
        ("fc2.weight", "dense2.weight"),
    ] {
        let expected = held
            .iter()
            .find(|h| h.name == theirs)
            .expect(theirs)
            .values(&file)
            .expect("floats");
        assert_eq!(trained[ours], expected, "{theirs}");
    }
    // The job's id depends on the content of the file.
    place
        .run(&["run", "fine.toml"])
        .exits(0)
        .says(&["1 reused"]);
    let mut other = file.clone();
    *other.last_mut().expect("bytes") ^= 1;
    std::fs::write(place.path("torch.safetensors"), other).expect("written");
    let plan = place.run(&["plan", "fine.toml"]).exits(0).stdout();
    assert!(plan.contains("1 new") && !plan.contains("reused"), "{plan}");
}

#[test]
fn the_last_layer_is_initialised_where_the_number_of_classes_differs() {
    let place = place(4, "{ weights = \"torch.safetensors\" }");
    let plan = place.run(&["plan", "fine.toml"]).exits(0).stdout();
    assert!(
        plan.contains("9 tensors, layers of a kind in their order; dense2 anew"),
        "{plan}"
    );
    place.run(&["run", "fine.toml"]).exits(0);
    assert_eq!(trained(&place)["dense2.weight"].len(), 4 * 8);
    place.write(
        "fine.toml",
        &experiment(4, "{ weights = \"torch.safetensors\", head = \"keep\" }"),
    );
    place.run(&["plan", "fine.toml"]).exits(2).says(&[
        "torch.safetensors has \"fc2.weight\" in the shape [5, 8], the network has \"dense2.weight\" [4, 8]",
        "fine.toml:",
    ]);
    place.write(
        "fine.toml",
        &experiment(
            4,
            "{ weights = \"torch.safetensors\", head = [\"dense*\"] }",
        ),
    );
    let plan = place.run(&["plan", "fine.toml"]).exits(0).stdout();
    assert!(plan.contains("dense1, dense2 anew"), "{plan}");
}

#[test]
fn weights_that_do_not_fit_are_reported_before_training() {
    let place = place(5, "{ weights = \"torch.safetensors\" }");
    let wide = experiment(5, "{ weights = \"torch.safetensors\" }").replace("conv = 6", "conv = 7");
    place.write("fine.toml", &wide);
    place.run(&["run", "fine.toml"]).exits(2).says(&[
        "torch.safetensors has \"conv2.weight\" in the shape [6, 4, 3, 3], the network has \"conv2.weight\" [7, 4, 3, 3]",
        "\"conv2.bias\" in the shape [6]",
    ]);
    assert!(!place.path("results/jobs").exists());
    for (from, words) in [
        ("{ weights = \"nowhere.safetensors\" }", "cannot be read"),
        ("{ weights = \"fine.toml\" }", "is no safetensors file"),
        (
            "{ map = { a = \"b\" } }",
            "does not say where the weights come from",
        ),
        ("{ weights = \"a\", job = \"b\" }", "names two sources"),
        ("{ experiment = \"fine\" }", "this is that experiment"),
        (
            "{ experiment = \"other\" }",
            "there are no weights of experiment \"other\"",
        ),
        (
            "{ weights = \"torch.safetensors\", map = { conv1 = 3 } }",
            "names \"conv1\" by an integer",
        ),
        (
            "{ weights = \"torch.safetensors\", map = { \"a\" = \"b*\" } }",
            "cannot take \"a\" to \"b*\"",
        ),
    ] {
        place.write("fine.toml", &experiment(5, from));
        place.run(&["plan", "fine.toml"]).exits(2).says(&[words]);
    }
}

#[test]
fn training_starts_from_an_experiments_best_job_or_from_a_job() {
    let place = Place::new();
    place.write("small.toml", SMALL);
    place.run(&["run", "small.toml"]).exits(0);
    let best = place.run(&["query", "--csv",
        "select c.job from curves c join leaderboard l using (experiment, configuration) where l.rank = 1 and c.metric = 'val_accuracy'
         and c.epoch = 3 order by c.value desc, c.job limit 1"]).exits(0).stdout();
    let best = best.lines().nth(1).expect("a job").to_string();
    let fine = |from: &str| {
        let text = SMALL
            .replace("name = \"small\"", "name = \"fine\"")
            .replace("seeds = 2", "seeds = 1");
        text.replace("[1e-3, 1e-2]", "[1e-30]").replace(
            "[train]\n",
            &format!("[train]\nfreeze = \"backbone\"\nfrom = {from}\n"),
        )
    };
    place.write("fine.toml", &fine("{ experiment = \"small\" }"));
    let plan = place.run(&["plan", "fine.toml"]).exits(0).stdout();
    assert!(
        plan.contains(&format!("weights from {best}/model.safetensors: 8 tensors")),
        "{plan}"
    );
    place.run(&["run", "fine.toml"]).exits(0);
    let jobs = place.number("select count(*) from jobs");
    assert_eq!(jobs, 5.0);
    let left = |job: &str| {
        std::fs::read(place.path(&format!("results/jobs/{job}/model.safetensors"))).expect("left")
    };
    let fine_job = place
        .run(&[
            "query",
            "--csv",
            "select job from curves where experiment = 'fine' limit 1",
        ])
        .stdout();
    let fine_job = fine_job.lines().nth(1).expect("a job").to_string();
    let tensors = |job: &str| {
        let bytes = left(job);
        let held = convsweep_spec::weights::read(&bytes).expect("safetensors");
        held.iter()
            .map(|h| (h.name.clone(), h.values(&bytes).expect("f32")))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        tensors(&fine_job),
        tensors(&best),
        "a frozen network with a learning rate of zero does not change"
    );
    // The job given by its id is the same file of weights, hence the same job.
    place.write(
        "fine.toml",
        &fine(&format!("{{ job = \"{}\" }}", &best[..10])),
    );
    place
        .run(&["run", "fine.toml"])
        .exits(0)
        .says(&["1 reused"]);
    place.run(&["check-db"]).exits(0);
}
