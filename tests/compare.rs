//! `convsweep compare`.

use crate::fake_worker::FakeSweep;
use crate::support::{SMALL, Workdir, assert_contains};
use serde_json::{Map, Value, json};

/// Two learning rates with three seeds, in which the second is far better, as `small`; and the same
/// on other images, as `other`.
pub fn sweep() -> FakeSweep {
    let small = SMALL
        .replace("seeds = 2", "seeds = 3")
        .replace("epochs = 3", "epochs = 1");
    let sweep = FakeSweep::new(&small);
    let other = small
        .replace("\"small\"", "\"other\"")
        .replace("train = 240", "train = 200");
    sweep.workdir.write("other.toml", &other);
    for (file, best) in [("small.toml", 0.9), ("other.toml", 0.8)] {
        train(&sweep, file, Some(best));
    }
    sweep
}

/// Trains a file: the first configuration ends at 0.5, the others at `best`; without one, all
/// jobs fail.
pub fn train(sweep: &FakeSweep, file: &str, best: Option<f64>) {
    let workdir = &sweep.workdir;
    let plan = workdir.stdout(&["plan", file, "--json"]);
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let first = &plan["configurations"][0]["label"];
    let mut results = Map::new();
    for job in plan["jobs"].as_array().expect("all") {
        let seed = job["seed"].as_u64().expect("a seed") as f64;
        let end = match best {
            None => json!("failed"),
            Some(_) if job["configuration"] == *first => json!(0.5 + 0.01 * seed),
            Some(best) => json!(best + 0.01 * seed),
        };
        results.insert(job["job"].as_str().expect("an id").into(), end);
    }
    workdir.write("ends.json", &Value::Object(results).to_string());
    let script = format!("result {}", workdir.path("ends.json").display());
    let run = sweep.run_as(&["run", file], &script);
    if best.is_some() {
        run.exits(0);
    }
}

fn compare(workdir: &Workdir, things: &[&str]) -> String {
    workdir.stdout(&[&["compare"], things].concat())
}

fn object(workdir: &Workdir, things: &[&str]) -> Value {
    let json = workdir.stdout(&[&["compare", "--json"], things].concat());
    serde_json::from_str(&json).expect("JSON")
}

#[test]
fn configurations_of_one_experiment_are_compared_as_its_verdict_does() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let text = compare(workdir, &["small:1", "small:lr=0.001"]);
    assert_contains(
        &text,
        &[
            "small:lr=0.01 is better than small:lr=0.001 by 40.00 percentage points",
            "optimizer.lr",
            "validate on the same images: differences are comparable image by image",
            "As `convsweep verdict small` says",
        ],
    );
    assert!(!text.contains("batch_size"), "{text}");
    let compared = object(workdir, &["small:1", "small:lr=0.001"]);
    let verdict = workdir.stdout(&["verdict", "small", "--json"]);
    let verdict: Value = serde_json::from_str(&verdict).expect("JSON");
    assert_eq!(compared["schema"], 1);
    assert_eq!(
        compared["pairs"][0]["result"],
        verdict["pairs"][0]["result"]
    );
    let keys = compared["differences"].as_array().expect("all");
    let values = keys.iter().map(|key| key["values"].clone());
    assert!(
        values.clone().all(|values| values == json!([0.01, 0.001])),
        "{keys:?}"
    );
    // By rank, label and id it is the same.
    let id = verdict["standings"][0]["configuration"]
        .as_str()
        .expect("an id");
    for name in [id, &id[..id.len() - 2], &format!("small:{id}"), "small"] {
        let same = object(workdir, &[name, "small:lr=0.001"]);
        assert_eq!(same["pairs"], compared["pairs"], "{name}");
    }
}

#[test]
fn on_different_images_only_the_intervals_apply() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let text = compare(workdir, &["small", "other"]);
    assert_contains(
        &text,
        &[
            "validate on different images",
            "only the configurations' own intervals apply",
            "hash of the image set",
            "data.source.train",
            "chosen by these same results: choosing flatters it",
        ],
    );
    let compared = object(workdir, &["small", "other"]);
    assert_eq!(compared["pairs"], json!([]));
    assert_eq!(compared["same_images"], json!([[0], [1]]));
    assert_eq!(compared["choices"][0]["chosen_from"], 2);
}

#[test]
fn single_jobs_are_compared_as_networks() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let jobs = workdir.texts(
        "select mj.job from member_jobs mj join jobs j using (job) \
         where experiment = 'small' and seed = 0 order by mj.configuration",
    );
    let text = compare(workdir, &[&jobs[0], &jobs[1]]);
    assert_contains(
        &text,
        &[
            "one run of each says nothing of the spread",
            "seeds",
            "job ",
        ],
    );
    let compared = object(workdir, &[&jobs[0][..12], &jobs[1]]);
    assert_eq!(compared["choices"][0]["job"], json!(jobs[0]));
}

/// Each of these has its own sentence with a remedy.
#[test]
fn every_bad_comparison_says_what_is_wrong() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let job = workdir.text("select job from member_jobs where experiment = 'small'");
    let label = workdir.text(&format!(
        "select label from members m join member_jobs mj using (experiment, revision, configuration) \
         where mj.job = '{job}' and experiment = 'small'"
    ));
    let refused = |things: &[&str], words: &[&str]| {
        let run = workdir.run(&[&["compare"], things].concat()).exits(2);
        assert_contains(&run.stderr(), words);
    };
    refused(
        &["small"],
        &["only \"small\" is named", "convsweep verdict"],
    );
    refused(
        &["small", "smal"],
        &[
            "no experiment \"smal\"",
            "did you mean \"small\"?",
            "EXPERIMENT:LABEL",
        ],
    );
    refused(&["small", "smal:1"], &["no experiment \"smal\""]);
    refused(
        &["small", "other:lr=0.02"],
        &["did you mean \"other:lr=0.01\"?", "the labels are"],
    );
    refused(
        &["small", "other:7"],
        &["no configuration \"7\" in other", "its rank"],
    );
    refused(
        &["small", "ffffffffffffffffffff"],
        &["no configuration's or job's id begins so"],
    );
    refused(&["small", "small"], &["\"small\" is named twice"]);
    refused(
        &["small", "small:1"],
        &["\"small\" and \"small:1\" are the same", "small:RANK"],
    );
    refused(
        &[&job, &format!("small:{label}")],
        &["have 1 run in common", "share none"],
    );
}

#[test]
fn what_has_no_result_or_another_metric_is_said() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let empty = SMALL.replace("\"small\"", "\"empty\"");
    workdir.write("empty.toml", &empty.replace("[1e-3, 1e-2]", "[1e-4, 1e-5]"));
    train(&sweep, "empty.toml", None);
    let run = workdir.run(&["compare", "small", "empty"]).exits(2);
    assert_contains(
        &run.stderr(),
        &["empty has no best configuration", "empty:LABEL"],
    );
    let text = compare(workdir, &["small", "empty:lr=1e-4"]);
    assert_contains(
        &text,
        &["empty:lr=1e-4 has no finished job", "is not compared"],
    );
    let by_loss = SMALL
        .replace("\"small\"", "\"loss\"")
        .replace("seeds = 2", "seeds = 3\nmetric = \"val_loss\"")
        .replace("epochs = 3", "epochs = 1")
        .replace("[1e-3, 1e-2]", "[1e-4, 1e-5]");
    workdir.write("loss.toml", &by_loss);
    train(&sweep, "loss.toml", Some(0.7));
    let text = compare(workdir, &["small:1", "loss:lr=1e-4"]);
    assert_contains(
        &text,
        &["different metrics", "here validation accuracy is used"],
    );
}

#[test]
fn different_classes_are_different_tasks() {
    let sweep = sweep();
    let workdir = &sweep.workdir;
    let classes = SMALL
        .replace("\"small\"", "\"five\"")
        .replace("classes = 4", "classes = 5")
        .replace("epochs = 3", "epochs = 1");
    workdir.write("five.toml", &classes);
    train(&sweep, "five.toml", Some(0.7));
    let text = compare(workdir, &["small:1", "five:1"]);
    assert_contains(
        &text,
        &["tells 4 classes apart", "these are different tasks"],
    );
}
