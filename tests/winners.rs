//! Who wins: the same configuration whichever way it is asked for, and whichever epoch of a job
//! counts.

use crate::fake_worker::FakeSweep;
use crate::support::{SMALL, assert_contains, root};
use serde_json::Value;
use std::collections::BTreeMap;

const RACE: [&str; 2] = ["--set", "search.race={ start_seeds = 2 }"];
const SHORT: [&str; 2] = ["--set", "train.epochs=5"];
/// Best after three epochs, whose weights are worse than others at the end.
const PEAKS_EARLY: usize = 7;
/// Best at the end.
const RISES: usize = 12;

/// Validation accuracies of nine epochs.
fn accuracies(configuration: usize, seed: usize) -> Vec<f64> {
    let noise = 0.002 * ((7 * configuration + 3 * seed) % 5) as f64;
    let accuracy = |epoch: usize| match configuration {
        PEAKS_EARLY => [0.6, 0.8, 0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.5][epoch],
        RISES => 0.45 + 0.05 * epoch as f64,
        other => (0.2 + 0.01 * other as f64) * (1.0 + 0.1 * epoch as f64),
    };
    (0..9).map(|epoch| accuracy(epoch) + noise).collect()
}

/// `experiments/sparing.toml` whose jobs go as [`accuracies`] says.
struct Sparing {
    sweep: FakeSweep,
    checkpoint: &'static str,
}

impl Sparing {
    fn new(checkpoint: &'static str) -> Sparing {
        let file = root().join("experiments/sparing.toml");
        let experiment = std::fs::read_to_string(file).expect("reads");
        Sparing {
            sweep: FakeSweep::new(&experiment),
            checkpoint,
        }
    }

    fn arguments<'a>(&'a self, command: &'a str, changes: &[&'a str]) -> Vec<&'a str> {
        let checkpoint = ["--set", self.checkpoint];
        [&[command, "small.toml"], &checkpoint[..], changes].concat()
    }

    fn plan(&self, changes: &[&str]) -> Value {
        let mut arguments = self.arguments("plan", changes);
        arguments.push("--json");
        let plan = self.sweep.workdir.stdout(&arguments);
        serde_json::from_str(&plan).expect("JSON")
    }

    /// Trains the jobs that a run with these changes asks for; the name of its experiment.
    fn run(&self, changes: &[&str]) -> String {
        let plan = self.plan(changes);
        let plan = &plan;
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, configuration) in plan["configurations"]
            .as_array()
            .expect("all")
            .iter()
            .enumerate()
        {
            places.insert(configuration["label"].as_str().expect("a label"), place);
        }
        let mut curves: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for job in plan["jobs"].as_array().expect("all") {
            let place = places[job["configuration"].as_str().expect("a label")];
            let seed = job["seed"].as_u64().expect("a seed") as usize;
            let mut curve = accuracies(place, seed);
            if changes.contains(&SHORT[1]) {
                curve.truncate(5);
            }
            curves.insert(job["job"].as_str().expect("an id"), curve);
        }
        let json = serde_json::to_string(&curves).expect("JSON");
        self.sweep.workdir.write("curves.json", &json);
        let script = format!("curve {}", self.sweep.workdir.path("curves.json").display());
        self.sweep
            .run_as(&self.arguments("run", changes), &script)
            .exits(0);
        plan["experiment"].as_str().expect("a name").to_string()
    }

    /// The configuration that the leaderboard puts first.
    fn winner(&self, experiment: &str) -> String {
        let sql =
            format!("select label from leaderboard where experiment = '{experiment}' and rank = 1");
        self.sweep.workdir.text(&sql)
    }

    /// The configurations that the race dropped.
    fn dropped(&self, experiment: &str) -> Vec<String> {
        self.sweep.workdir.texts(&format!(
            "select distinct m.label from decisions d
            join member_jobs j on j.experiment = d.experiment and j.job = d.job
            join members m on m.experiment = j.experiment and m.configuration = j.configuration
            where d.experiment = '{experiment}' and d.reason like '%significantly worse%'"
        ))
    }
}

/// Whoever wins the race wins the whole grid, also where jobs go on from the saved states of others
/// without the epochs before these in their own logs, as in the logs of older programs.
#[test]
fn a_race_and_the_whole_grid_of_sparing_have_the_same_winner() {
    for checkpoint in ["train.checkpoint=\"last\"", "train.checkpoint=\"best\""] {
        for goes_on in [false, true] {
            let (grid, raced) = (Sparing::new(checkpoint), Sparing::new(checkpoint));
            if goes_on {
                grid.run(&SHORT);
                raced.run(&SHORT);
            }
            let plan = grid.plan(&[]);
            let expected = match checkpoint.contains("best") {
                true => PEAKS_EARLY,
                false => RISES,
            };
            let expected = &plan["configurations"][expected]["label"];
            let winner = grid.winner(&grid.run(&[]));
            assert_eq!(&winner, expected, "{checkpoint}, {goes_on}");
            // In a folder of its own, and in that of the grid, where all is trained before.
            for sparing in [&raced, &grid] {
                let race = sparing.run(&RACE);
                assert_eq!(sparing.winner(&race), winner, "{checkpoint}, {goes_on}");
                let dropped = sparing.dropped(&race);
                assert_eq!(dropped.len(), 23, "{checkpoint}, {goes_on}");
                assert!(!dropped.contains(&winner), "{checkpoint}, {goes_on}");
            }
        }
    }
}

/// The line about a finished job has the figures of the weights that it keeps.
#[test]
fn a_finished_job_is_reported_with_the_weights_that_it_keeps() {
    let experiment = SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-3]")
        .replace("epochs = 3", "epochs = 3\ncheckpoint = \"best\"");
    let sweep = FakeSweep::new(&experiment);
    let plan = sweep.workdir.stdout(&["plan", "small.toml", "--json"]);
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let job = plan["jobs"][0]["job"].as_str().expect("an id");
    sweep
        .workdir
        .write("curves.json", &format!("{{\"{job}\": [0.5, 0.75, 0.25]}}"));
    let curves = sweep.workdir.path("curves.json");
    let run = sweep.run(&format!("curve {}", curves.display())).exits(0);
    assert_contains(&run.stderr(), &["val_accuracy 0.7500, val_loss 0.2500 ("]);
    let shown = sweep.workdir.stdout(&["show", job]);
    assert_contains(&shown, &["figures of epoch 2, the best one"]);
}
