//! `convsweep verdict`, and that everything else says the same.

use crate::fake_worker::FakeSweep;
use crate::support::{ProgramRun, SMALL, assert_contains};
use convsweep_spec::random::{Draws, Purpose};
use serde_json::{Map, Value, json};

const RATES: [&str; 5] = ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"];

/// An experiment with some learning rates, whose jobs end as they are told to.
pub struct Told {
    pub sweep: FakeSweep,
}

impl Told {
    /// `rates` learning rates and `seeds` seeds; `more` is the rest of `[experiment]`.
    pub fn new(rates: usize, seeds: usize, more: &str) -> Told {
        let experiment = SMALL
            .replace("[1e-3, 1e-2]", &format!("[{}]", RATES[..rates].join(", ")))
            .replace("seeds = 2", &format!("seeds = {seeds}\n{more}"))
            .replace("epochs = 3", "epochs = 1");
        Told {
            sweep: FakeSweep::new(&(experiment + "\n[run]\nslots = { cpu = 2 }\n")),
        }
    }

    /// Runs it: each job ends as `ends` says for its learning rate and its seed.
    pub fn run(&self, ends: impl Fn(usize, usize) -> Value) -> ProgramRun {
        let workdir = &self.sweep.workdir;
        let plan = workdir.stdout(&["plan", "small.toml", "--json"]);
        let plan: Value = serde_json::from_str(&plan).expect("JSON");
        let configurations = plan["configurations"].as_array().expect("all");
        let mut results = Map::new();
        for job in plan["jobs"].as_array().expect("all") {
            let is_its = |c: &Value| c["label"] == job["configuration"];
            let place = configurations.iter().position(is_its).expect("a place");
            let seed = job["seed"].as_u64().expect("a seed") as usize;
            let id = job["job"].as_str().expect("an id");
            results.insert(id.into(), ends(place, seed));
        }
        workdir.write("ends.json", &Value::Object(results).to_string());
        let script = format!("result {}", workdir.path("ends.json").display());
        self.sweep.run(&script)
    }

    pub fn verdict(&self) -> Value {
        let json = self.sweep.workdir.stdout(&["verdict", "small", "--json"]);
        serde_json::from_str(&json).expect("JSON")
    }

    fn text(&self) -> String {
        self.sweep.workdir.stdout(&["verdict", "small"])
    }
}

fn labels(standings: &Value) -> Vec<String> {
    let standings = standings.as_array().expect("an array");
    let label = |standing: &Value| standing["label"].as_str().expect("a label").to_string();
    standings.iter().map(label).collect()
}

/// Configurations in the order of a table that has a column for ranks and one for names.
fn ranked(csv: &str) -> Vec<String> {
    let mut labels = Vec::new();
    for line in csv.lines().skip(1) {
        let mut cells = line.split(',');
        if cells.next().is_some_and(|rank| !rank.is_empty()) {
            labels.extend(cells.next().map(String::from));
        }
    }
    labels
}

/// One of all ends, with ties.
fn random_end(draws: &mut Draws) -> Value {
    match draws.below(9) {
        0 => "diverged".into(),
        1 => "failed".into(),
        2 => "no number".into(),
        3 => 0.25.into(),
        n => (0.5 + 0.1 * (n % 4) as f64).into(),
    }
}

#[test]
fn the_view_the_report_the_run_and_the_verdict_have_one_order() {
    let mut draws = Draws::new(Purpose::Mix, &[18]);
    for _ in 0..6 {
        let told = Told::new(4, 3, "");
        let ends: Vec<Value> = (0..12).map(|_| random_end(&mut draws)).collect();
        let run = told.run(|place, seed| ends[3 * place + seed].clone());
        let workdir = &told.sweep.workdir;
        let verdict = told.verdict();
        let order = labels(&verdict["standings"]);
        let view =
            workdir.texts("select label from leaderboard where mean is not null order by rank");
        assert_eq!(view, order, "{ends:?}");
        let csv = workdir.read("results/small/leaderboard.csv");
        assert_eq!(ranked(&csv), order, "{ends:?}");
        let rows = workdir.texts("select label from standings where rank > 0 order by rank");
        assert_eq!(rows, order, "{ends:?}");
        if let Some(best) = order.first() {
            assert_contains(&run.stdout(), &[best]);
            assert_contains(&told.text(), &[best]);
        }
        let sentences = "select sentence from sentences where part = 'answer' order by position";
        assert_eq!(json!(workdir.texts(sentences)), verdict["sentences"]);
        workdir.run(&["check"]).exits(0);
        let rows = "select label || coalesce(mean, '') || coalesce(low, '') from leaderboard order by rank";
        let before = workdir.texts(rows);
        workdir.run(&["rebuild"]).exits(0);
        assert_eq!(workdir.texts(rows), before);
    }
}

/// The seventh digit says which seed it is.
fn near(mean: f64, seed: usize) -> Value {
    (mean + 0.01 * seed as f64).into()
}

#[test]
fn the_verdict_says_who_beats_whom_and_what_the_axis_does() {
    let told = Told::new(3, 3, "baseline = { \"train.optimizer.lr\" = 1e-5 }");
    let run = told
        .run(|place, seed| near([0.5, 0.6, 0.9][place], seed))
        .exits(0);
    let verdict = told.verdict();
    assert_eq!(verdict["schema"], 1);
    assert_eq!(
        labels(&verdict["standings"]),
        ["lr=0.001", "lr=1e-4", "lr=1e-5"].map(String::from)
    );
    let text = told.text();
    assert_contains(
        &text,
        &["is better than", "* may be the best", "(baseline)"],
    );
    for sentence in verdict["sentences"].as_array().expect("all") {
        let sentence = sentence.as_str().expect("a text");
        assert_contains(&text, &[sentence]);
        assert_contains(&run.stdout(), &[sentence]);
    }
    let best = &verdict["standings"][0];
    assert_eq!((&best["runs"], &best["trained"]), (&json!(3), &json!(3)));
    assert_eq!(best["may_be_best"], true);
    assert_eq!(verdict["pairs"].as_array().expect("all").len(), 3);
    assert_eq!(verdict["pairs"][0]["result"]["verdict"], "better");
    assert_eq!(verdict["axes"][0]["name"], "lr");
    let beaten = told
        .sweep
        .workdir
        .number("select count(*) from who_beats_whom");
    assert_eq!(beaten, 3.0);
}

#[test]
fn a_configuration_that_diverges_is_worse_and_not_missing() {
    let told = Told::new(2, 5, "");
    told.run(|place, seed| match (place, seed) {
        (1, 0 | 1) => "diverged".into(),
        (1, _) => near(0.9, seed),
        _ => near(0.8, seed),
    })
    .exits(1);
    let verdict = told.verdict();
    let standings = &verdict["standings"];
    assert_eq!(labels(standings), ["lr=1e-5", "lr=1e-4"].map(String::from));
    let second = &standings[1];
    let counts = [&second["runs"], &second["trained"], &second["diverged"]];
    assert_eq!(counts, [&json!(5), &json!(3), &json!(2)]);
    // Four classes of equal size: chance is a quarter.
    assert_eq!(verdict["diverged_value"], 0.25);
    let mean = told
        .sweep
        .workdir
        .number("select mean from leaderboard where rank = 2");
    assert!(
        (mean - (2.0 * 0.25 + 3.0 * 0.93) / 5.0).abs() < 1e-12,
        "{mean}"
    );
    let trained = "select trained || ' of ' || runs from leaderboard order by rank";
    assert_eq!(told.sweep.workdir.texts(trained), ["5 of 5", "3 of 5"]);
}

/// Each of these has an answer in words, and none has an empty table or a panic.
#[test]
fn every_bad_input_has_its_own_sentence() {
    let first = |told: &Told| {
        let verdict = told.verdict();
        let text = told.text();
        let sentence = verdict["sentences"][0]
            .as_str()
            .expect("a sentence")
            .to_string();
        assert_contains(&text, &[&sentence]);
        sentence
    };
    let told = Told::new(2, 2, "");
    told.run(|_, _| "failed".into()).exits(1);
    assert_contains(&first(&told), &["none of 4 jobs has finished"]);
    let told = Told::new(2, 2, "");
    told.run(|_, _| "no metric".into()).exits(0);
    assert_contains(
        &first(&told),
        &["none recorded a finite validation accuracy"],
    );
    let told = Told::new(1, 2, "");
    told.run(|_, seed| near(0.5, seed)).exits(0);
    assert_contains(&first(&told), &["only configuration"]);
    let told = Told::new(3, 2, "");
    told.run(|_, _| 0.5.into()).exits(0);
    assert_contains(&first(&told), &["All 3 configurations have the same"]);
    let told = Told::new(3, 1, "");
    told.run(|place, _| near(0.5, place)).exits(0);
    assert_contains(&first(&told), &["1 seed"]);
    let told = Told::new(3, 2, "baseline = { \"train.optimizer.lr\" = 1e-5 }");
    told.run(|place, seed| match place {
        0 => "failed".into(),
        _ => near(0.5, 3 * place + seed),
    })
    .exits(1);
    let all = told.verdict()["sentences"].to_string();
    let expected = "The baseline, lr=1e-5, has no result (of its 2 jobs: 2 failed)";
    assert_contains(&all, &[expected]);
}

#[test]
fn seeds_that_differ_and_a_file_that_was_edited() {
    let told = Told::new(2, 2, "");
    told.run(|place, seed| near([0.5, 0.8][place], seed))
        .exits(0);
    // One configuration more and a seed more, none of which is trained yet but for one rate.
    let experiment = told.sweep.workdir.read("small.toml");
    let edited = experiment.replace("[1e-5, 1e-4]", "[1e-5, 1e-4, 1e-3]");
    told.sweep
        .workdir
        .write("small.toml", &edited.replace("seeds = 2", "seeds = 3"));
    told.run(|place, seed| match (place, seed) {
        (0, 2) | (2, _) => "failed".into(),
        _ => near([0.5, 0.8, 0.9][place], seed),
    })
    .exits(1);
    let verdict = told.verdict();
    assert_eq!(
        labels(&verdict["standings"]),
        ["lr=1e-4", "lr=1e-5"].map(String::from)
    );
    assert_eq!(labels(&verdict["without_result"]), ["lr=0.001"]);
    let runs = |rank: usize| verdict["standings"][rank]["runs"].clone();
    assert_eq!((runs(0), runs(1)), (json!(3), json!(2)));
    assert_contains(&told.text(), &["lr=0.001", "0/3"]);
}

#[test]
fn an_unknown_experiment_and_an_empty_folder_are_refused() {
    let told = Told::new(1, 1, "");
    let workdir = &told.sweep.workdir;
    workdir.run(&["verdict", "small"]).exits(5);
    told.run(|_, _| 0.5.into()).exits(0);
    let refused = workdir.run(&["verdict", "smal"]).exits(2);
    refused.says(&["no experiment \"smal\"", "did you mean \"small\""]);
}
