//! A database such as a large sweep leaves: `large FOLDER JOBS EPOCHS` records an experiment `large`
//! with ten seeds for each configuration, three axes, fifteen metrics an epoch and evaluations on a
//! thousand images of ten classes. With `RUNNING` behind them, so many further jobs have come half
//! way; it says `ready`, and when its standard input has a line, each of them reports an epoch every
//! second until their last one. Used by `tests/bench.sh report` and `page`.

#[path = "../tests/folder.rs"]
mod folder;

use convsweep_spec::FORMAT;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Evaluation, Event, Part, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{Axis, LogEntry, Member, Record, Revision};
use convsweep_spec::metric::{Direction, Metric, Number};
use convsweep_spec::outcome::Outcome;
use convsweep_store::DatabaseWriter;
use std::collections::BTreeMap;
use std::time::Duration;

const NAME: &str = "large";
const SEEDS: u32 = 10;
const CLASSES: usize = 10;
const IMAGES: usize = 1000;
/// Axes with their numbers of values; the last has as many as are needed.
const AXES: [(&str, u32); 3] = [
    ("model.width", 10),
    ("train.optimizer.lr", 5),
    ("train.batch", 0),
];
const METRICS: [&str; 15] = [
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "gradient_norm",
    "images_per_second",
    "epoch_seconds",
    "val_balanced_accuracy",
    "val_calibration_error",
    "val_macro_f1",
    "val_macro_precision",
    "val_roc_auc",
    "val_top5_accuracy",
    "val_weighted_f1",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let results = ResultsFolder(arguments.next().expect("a folder").into());
    let mut number = || {
        arguments
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number")
    };
    let (jobs, epochs): (u32, u32) = (number(), number());
    let running: u32 = arguments.next().map_or(0, |n| n.parse().expect("a number"));
    let writer = DatabaseWriter::open(&results).expect("opens");
    let configurations = (jobs + running).div_ceil(SEEDS);
    let mut open = Vec::new();
    record(
        &writer,
        Record::Revision(Box::new(revision(configurations))),
    );
    for position in 0..configurations {
        let member = member(position, epochs);
        record(&writer, Record::Member(Box::new(member.clone())));
        for job in &member.jobs {
            let mut training = Training::new(&writer, &job.job, (job.seed, position));
            if position * SEEDS + job.seed as u32 >= jobs {
                (1..=epochs / 2).for_each(|epoch| training.epoch(epoch, epochs));
                open.push(training);
                continue;
            }
            (1..=epochs).for_each(|epoch| training.epoch(epoch, epochs));
            training.end();
        }
    }
    writer.flush().expect("flushes");
    report_every_second(&writer, open, epochs);
}

/// Lets jobs report an epoch every second, from the middle to the end.
fn report_every_second(writer: &DatabaseWriter, mut open: Vec<Training>, epochs: u32) {
    if open.is_empty() {
        return;
    }
    println!("ready");
    std::io::stdin()
        .read_line(&mut String::new())
        .expect("reads");
    for epoch in epochs / 2 + 1..=epochs {
        open.iter_mut()
            .for_each(|training| training.epoch(epoch, epochs));
        writer.flush().expect("flushes");
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn record(writer: &DatabaseWriter, record: Record) {
    let entry = LogEntry {
        format: FORMAT,
        time: 1.0,
        experiment: Some(NAME.into()),
        record,
    };
    writer.entry(NAME, entry);
}

/// Index of the value on each axis.
fn places(position: u32) -> [u32; 3] {
    [position % 10, position / 10 % 5, position / 50]
}

fn revision(configurations: u32) -> Revision {
    let axes = AXES.iter().map(|(path, count)| Axis {
        labels: (0..(*count).max(configurations.div_ceil(50)))
            .map(|place| place.to_string())
            .collect(),
        ..folder::axis(path)
    });
    Revision {
        revision: 1,
        experiment: NAME.into(),
        file: "/x/large.toml".into(),
        text: "[experiment]".into(),
        includes: vec![],
        overrides: vec![],
        question: Some("Which?".into()),
        metric: Metric {
            name: "val_accuracy".into(),
            direction: Direction::Max,
        },
        margin: None,
        baseline: None,
        axes: axes.collect(),
        classes: (0..CLASSES).map(|class| format!("class {class}")).collect(),
        show_test: false,
        images: vec![],
        decisions: vec![],
        redecided: vec![],
    }
}

fn member(position: u32, epochs: u32) -> Member {
    let paths = AXES.map(|(path, _)| path);
    let mut member = folder::member(position, position + 1, epochs, SEEDS.into(), &paths);
    for (value, place) in member.values.iter_mut().zip(places(position)) {
        (value.label, value.value) = (place.to_string(), place.into());
    }
    let [width, rate, batch] = places(position);
    member.label = format!("width={width} lr={rate} batch={batch}");
    member
}

/// Numbers that look random, from 0 to 1.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A job that is being trained.
struct Training<'a> {
    writer: &'a DatabaseWriter,
    job: JobId,
    random: Random,
    quality: f64,
    /// Events so far.
    n: u64,
}

impl<'a> Training<'a> {
    fn new(writer: &'a DatabaseWriter, job: &JobId, (seed, position): (u64, u32)) -> Self {
        let mut random = Random(seed * 7919 + u64::from(position));
        let [width, rate, _] = places(position);
        let quality = 0.5 + 0.02 * f64::from(width) + 0.03 * f64::from(rate) + 0.02 * random.next();
        let mut training = Training {
            writer,
            job: job.clone(),
            random,
            quality,
            n: 0,
        };
        training.say(Event::Started {
            pid: 7,
            host: "h".into(),
            device: DeviceName::CPU,
            fingerprint: folder::fingerprint(),
            from: Start::Scratch,
            normalization: None,
        });
        training
    }

    fn say(&mut self, event: Event) {
        self.writer.event(Envelope {
            format: FORMAT,
            job: self.job.clone(),
            attempt: 1,
            n: self.n,
            time: self.n as f64,
            event,
        });
        self.n += 1;
    }

    fn epoch(&mut self, epoch: u32, epochs: u32) {
        let share = 1.0 - (-4.0 * f64::from(epoch) / f64::from(epochs)).exp();
        let mut values = BTreeMap::new();
        for name in METRICS {
            let value = self.quality * share + 0.01 * self.random.next();
            values.insert(name.to_string(), Number(value));
        }
        self.say(Event::Metrics {
            phase: 0,
            epoch,
            step: u64::from(epoch) * 10,
            values,
        });
    }

    fn end(mut self) {
        for part in [Part::Validation, Part::Test] {
            let evaluation = evaluation(part, self.quality, &mut self.random);
            self.say(Event::Evaluated(evaluation));
        }
        let seconds = 10.0 + self.random.next();
        self.say(Event::Ended {
            outcome: Outcome::Finished,
            seconds,
            peak_memory_bytes: 1 << 20,
        });
    }
}

fn evaluation(part: Part, quality: f64, random: &mut Random) -> Evaluation {
    let mut confusion = vec![vec![0; CLASSES]; CLASSES];
    let mut correct = Vec::with_capacity(IMAGES);
    for image in 0..IMAGES {
        let label = image % CLASSES;
        let is_right = random.next() < quality;
        let other = (random.next() * CLASSES as f64) as usize % CLASSES;
        let predicted = if is_right { label } else { other };
        confusion[label][predicted] += 1;
        correct.push(label == predicted);
    }
    let right = correct.iter().filter(|is_right| **is_right).count();
    Evaluation {
        part,
        images: IMAGES as u32,
        loss: Number(1.0 - quality),
        accuracy: Number(right as f64 / IMAGES as f64),
        confusion,
        correct: Evaluation::pack(&correct),
    }
}
