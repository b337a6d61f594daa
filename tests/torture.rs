//! A sweep of real jobs under every kind of fault. At the end every job has finished, all results are
//! bit-identical to those of an undisturbed sweep, no job was trained twice, and each kind of fault
//! has occurred. `CONVSWEEP_TORTURE=ROUNDS` repeats it on a larger sweep (`just test-long`).

use crate::kills::{lines, start, wait_until, workers};
use crate::needs;
use crate::support::{Place, SMALL, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The kinds of faults: the first [`LIVE`] while the sweep runs, the others between runs.
const FAULTS: [&str; 9] = [
    "worker killed",
    "worker frozen",
    "program killed",
    "program interrupted",
    "database deleted while it ran",
    "clock jumped",
    "database deleted",
    "last line torn",
    "last line cut",
];

/// Number of faults that need a running program.
const LIVE: usize = 6;

/// A seeded random number generator, so that a failing run can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, many: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % many.max(1)
    }
}

fn signal(name: &str, pid: u32) -> bool {
    Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status()
        .is_ok_and(|status| status.success())
}

/// The event logs that have at least one line.
fn logs(place: &Place) -> Vec<PathBuf> {
    let Ok(jobs) = fs::read_dir(place.path("results/jobs")) else {
        return vec![];
    };
    let mut logs: Vec<PathBuf> = jobs
        .flatten()
        .map(|job| job.path().join("events.jsonl"))
        .collect();
    logs.retain(|log| log.metadata().is_ok_and(|m| m.len() > 100));
    logs.sort();
    logs
}

/// Causes a fault while the program runs; returns whether it had an effect.
fn disturb(place: &Place, program: u32, fault: &str, chance: &mut Chance) -> bool {
    let workers = workers(place);
    let worker = || workers.first().copied();
    match fault {
        "worker killed" | "worker frozen" => {
            let Some(_) = worker() else { return false };
            let victim = workers[chance.below(workers.len())];
            signal(
                if fault == "worker killed" {
                    "KILL"
                } else {
                    "STOP"
                },
                victim,
            )
        }
        "program killed" => signal("KILL", program),
        "program interrupted" => signal("INT", program),
        // Forward or backward by a day, a year or ten years.
        "clock jumped" => {
            let days = [1, -1, 365, -365, 3650, -3650][chance.below(6)];
            fs::write(place.path("clock"), format!("{}\n", days * 86_400)).is_ok()
        }
        _ => fs::remove_file(place.path("results/convsweep.sqlite")).is_ok(),
    }
}

/// Causes a fault while no program runs; returns whether it had an effect.
fn damage(place: &Place, fault: &str, chance: &mut Chance) -> bool {
    let logs = logs(place);
    if fault == "database deleted" {
        return fs::remove_file(place.path("results/convsweep.sqlite")).is_ok();
    }
    let Some(log) = logs.get(chance.below(logs.len())) else {
        return false;
    };
    let mut bytes = fs::read(log).expect("readable");
    if fault == "last line torn" {
        bytes.extend_from_slice(br#"{"format":1,"job":"0123"#);
    } else {
        bytes.truncate(bytes.len() - 20);
    }
    fs::write(log, bytes).is_ok()
}

fn place(jobs: &str, epochs: u32) -> Place {
    let place = Place::new();
    let text = SMALL
        .replace("[1e-3, 1e-2]", jobs)
        .replace("epochs = 3", &format!("epochs = {epochs}"));
    let run =
        "\n[run]\nlost_after = \"3 s\"\nretry = { crashed = 20, lost = 20 }\nbreaker = 1000\n";
    place.write("small.toml", &(text + run));
    place
}

/// Gives the program and its workers a clock that is off by the seconds in the file `clock`.
fn fake_clock(place: &mut Place) {
    let library = place.path("clock.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(root().join("tests/clock.c"))
        .arg("-ldl");
    assert!(
        compiler
            .status()
            .expect("cc, which also links Rust programs")
            .success()
    );
    fs::write(place.path("clock"), "0\n").expect("written");
    place.environment = vec![("LD_PRELOAD", library), ("CLOCK_JUMP", place.path("clock"))];
}

/// Whether any logged time is off by more than eleven hours.
fn clock_is_off(place: &Place) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs_f64();
    let off = |line: &str| {
        let time = line
            .split_once("\"time\":")
            .map_or("", |(_, rest)| rest.split(',').next().unwrap_or(""));
        time.parse::<f64>()
            .is_ok_and(|time| (time - now).abs() > 40_000.0)
    };
    logs(place)
        .iter()
        .any(|log| fs::read_to_string(log).unwrap_or_default().lines().any(off))
}

#[test]
fn results_are_the_same_after_every_kind_of_fault() {
    let rounds: usize = std::env::var("CONVSWEEP_TORTURE")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1);
    let (grid, epochs) = match rounds {
        1 => ("[1e-3, 3e-3]", 12),
        _ => (
            "{ from = 1e-4, to = 1e-1, steps = 100, scale = \"log\" }",
            12,
        ),
    };
    let calm = place(grid, epochs);
    calm.run(&["run", "small.toml"]).exits(0);
    let expect = calm.results();
    let seed = std::env::var("CONVSWEEP_TORTURE_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(7);
    let mut chance = Chance(seed);
    let mut place = place(grid, epochs);
    fake_clock(&mut place);
    let mut hits: BTreeMap<&str, usize> = FAULTS.iter().map(|fault| (*fault, 0)).collect();
    let began = Instant::now();
    for round in 0..rounds {
        for fault in &FAULTS[..LIVE] {
            let mut program = start(&place);
            let before = lines(&place);
            let until = before + 1 + chance.below(12);
            wait_until("it trains or has ended", || {
                lines(&place) >= until || finished(&place, &mut program)
            });
            if program.try_wait().expect("asked").is_none()
                && disturb(&place, program.id(), fault, &mut chance)
            {
                *hits.entry(fault).or_default() += 1;
            }
            if ["worker frozen", "worker killed", "clock jumped"].contains(fault) {
                // The run recovers by itself. It is interrupted a little later, so that the next
                // fault meets an unfinished sweep.
                let until = lines(&place) + 3;
                wait_until("it goes on", || {
                    lines(&place) >= until || finished(&place, &mut program)
                });
                signal("INT", program.id());
            } else if fault.starts_with("database") {
                signal("INT", program.id());
            }
            program.wait().expect("ends");
            wait_until("no worker is left", || workers(&place).is_empty());
            let fault = FAULTS[LIVE + chance.below(FAULTS.len() - LIVE)];
            *hits.entry(fault).or_default() += usize::from(damage(&place, fault, &mut chance));
        }
        for fault in &FAULTS[LIVE..] {
            *hits.entry(fault).or_default() += usize::from(damage(&place, fault, &mut chance));
        }
        eprintln!(
            "round {}: {hits:?} after {:.0?}",
            round + 1,
            began.elapsed()
        );
    }
    place.run(&["run", "small.toml"]).exits(0);
    assert!(
        hits.values().all(|n| *n > 0),
        "not every kind of fault has occurred: {hits:?}, seed {seed}"
    );
    assert!(clock_is_off(&place), "the logs show the jumps of the clock");
    let twice = "select count(*) from (select job from attempts where outcome = 'finished' group by job having count(*) > 1)";
    assert_eq!(place.number(twice), 0.0, "nothing was trained twice");
    assert_eq!(place.results(), expect, "seed {seed}");
    let jobs = place.number("select count(*) from jobs");
    assert_eq!(
        place.number("select count(*) from jobs where outcome = 'finished'"),
        jobs
    );
    assert_eq!(jobs, calm.number("select count(*) from jobs"));
    place
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["nothing to train"]);
    place.run(&["rebuild"]).exits(0);
    assert_eq!(
        place.results(),
        expect,
        "the rebuilt database has the same rows"
    );
    // Torn last lines of finished jobs' logs remain and are reported; there is no other problem.
    let told = place.run(&["check-db"]).stdout();
    assert!(
        told.lines()
            .all(|line| line.contains("torn") || line.contains("agrees with the logs")),
        "{told}"
    );
}

fn finished(_: &Place, program: &mut std::process::Child) -> bool {
    program.try_wait().expect("asked").is_some()
}

/// A small file system, which the test fills; only root can mount it.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf, megabytes: u32) -> Option<Small> {
        fs::create_dir_all(&at).ok()?;
        let mut command = Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&at);
        command
            .output()
            .is_ok_and(|out| out.status.success())
            .then_some(Small(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_ends_the_run_and_the_same_command_continues_when_there_is_space() {
    let calm = place("[1e-3, 3e-3]", 12);
    calm.run(&["run", "small.toml"]).exits(0);
    let place = place("[1e-3, 3e-3]", 12);
    let Some(small) = Small::mount(place.path("results"), 16) else {
        return needs::skip("no file system can be mounted");
    };
    let mut program = start(&place);
    wait_until("it trains", || {
        lines(&place) > 10 || finished(&place, &mut program)
    });
    // `dd` writes until the disk is full.
    let filler = small.0.join("filler");
    let filled = Command::new("dd")
        .arg("if=/dev/zero")
        .arg(format!("of={}", filler.display()))
        .arg("bs=4k")
        .output();
    assert!(filled.is_ok());
    let status = program.wait().expect("ends");
    assert_eq!(status.code(), Some(5), "the results folder is unusable");
    let full = place.run(&["run", "small.toml"]).exits(5);
    let told = full.stderr();
    assert!(told.contains("room"), "{told}");
    fs::remove_file(&filler).expect("removed");
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(place.results(), calm.results());
    place.run(&["check-db"]).exits(0);
}
