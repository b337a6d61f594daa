//! A results folder with tiny logs, written with the types of `spec`.
#![allow(dead_code)]

use convsweep_spec::FORMAT;
use convsweep_spec::augment::{AugmentSpec, MeanStd, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Evaluation, Event, Fingerprint, Part, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout::{EVENTS, ResultsFolder};
use convsweep_spec::log::{Axis, AxisValue, LogEntry, Member, MemberJob, Record, Revision};
use convsweep_spec::log_line::{LineChecker, seal};
use convsweep_spec::metric::{Direction, Metric, Number};
use convsweep_spec::model::{Dense, Init, Layer, ModelSpec};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};
use convsweep_store::{Database, DatabaseWriter, QueryCell, Table};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use tempfile::TempDir;

pub struct Folder {
    _temporary: TempDir,
    pub results: ResultsFolder,
    /// If there is a writer, each line that is appended to a log is also sent to it, as in a run.
    pub writer: Option<DatabaseWriter>,
    next_event: HashMap<(JobId, u32), u64>,
    /// Time of the last line; each line is one second later.
    pub clock: f64,
    /// Whether lines are written as older programs did, without number and checksum.
    pub is_old: bool,
}

impl Folder {
    pub fn new() -> Folder {
        let temporary = tempfile::tempdir().expect("makes a folder");
        let results = ResultsFolder(temporary.path().join("results"));
        fs::create_dir_all(&results.0).expect("makes");
        Folder {
            _temporary: temporary,
            results,
            writer: None,
            next_event: HashMap::new(),
            clock: 1000.0,
            is_old: false,
        }
    }

    pub fn live() -> Folder {
        let mut folder = Folder::new();
        folder.writer = Some(DatabaseWriter::open(&folder.results).expect("opens"));
        folder
    }

    /// Closes the writer and brings the database up to date with the logs, as the next run does;
    /// returns the problems found.
    pub fn synced(&mut self) -> Vec<String> {
        self.writer = None;
        let writer = DatabaseWriter::open(&self.results).expect("opens");
        let report = writer.sync(&self.results).expect("syncs");
        report.problems
    }

    pub fn record(&mut self, experiment: &str, record: Record) {
        self.clock += 1.0;
        let entry = LogEntry {
            format: FORMAT,
            time: self.clock,
            experiment: (!self.is_old).then(|| experiment.to_string()),
            record,
        };
        let json = serde_json::to_string(&entry).expect("writes");
        self.append_line(&format!("{experiment}/log.jsonl"), &json);
        if let Some(writer) = &self.writer {
            writer.entry(experiment, entry);
        }
    }

    pub fn event(&mut self, job: &JobId, attempt: u32, event: Event) {
        self.clock += 1.0;
        let n = self.next_event.entry((job.clone(), attempt)).or_default();
        let envelope = Envelope {
            format: FORMAT,
            job: job.clone(),
            attempt,
            n: *n,
            time: self.clock,
            event,
        };
        if !matches!(envelope.event, Event::Progress { .. }) {
            *n += 1;
            let json = serde_json::to_string(&envelope).expect("writes");
            self.append_line(&format!("jobs/{job}/{EVENTS}"), &json);
        }
        if let Some(writer) = &self.writer {
            writer.event(envelope);
        }
    }

    /// Appends a line as the program writes it.
    fn append_line(&self, name: &str, json: &str) {
        if self.is_old {
            return self.append(name, format!("{json}\n").as_bytes());
        }
        let before = fs::read(self.results.0.join(name)).unwrap_or_default();
        let whole = before.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        let mut checker = LineChecker::default();
        for line in before[..whole]
            .split(|byte| *byte == b'\n')
            .filter(|_| whole > 0)
        {
            checker.check(line);
        }
        self.append(name, &seal(checker.next(), json.as_bytes()));
    }

    pub fn append(&self, name: &str, bytes: &[u8]) {
        let path = self.results.0.join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("makes");
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("opens");
        file.write_all(bytes).expect("writes");
    }

    pub fn revision(&mut self, number: u32, experiment: &str, axes: &[&str], direction: Direction) {
        let name = if direction == Direction::Max {
            "val_accuracy"
        } else {
            "val_loss"
        };
        let name = name.into();
        self.compared_by(number, experiment, axes, Metric { name, direction });
    }

    /// A revision that compares its configurations by this metric.
    pub fn compared_by(&mut self, number: u32, experiment: &str, axes: &[&str], metric: Metric) {
        let revision = Revision {
            revision: number,
            experiment: experiment.into(),
            file: "/x/a.toml".into(),
            text: "[experiment]".into(),
            includes: vec![],
            overrides: vec!["train.epochs=2".into()],
            question: Some("Which?".into()),
            metric,
            margin: None,
            baseline: None,
            axes: axes.iter().map(|a| axis(a)).collect(),
            classes: vec!["cat".into(), "dog".into()],
            show_test: false,
            images: vec![],
            decisions: vec![],
            redecided: vec![],
        };
        self.record(experiment, Record::Revision(Box::new(revision)));
    }

    pub fn member(&mut self, experiment: &str, member: &Member) {
        self.record(experiment, Record::Member(Box::new(member.clone())));
    }

    pub fn start(&mut self, job: &JobId, attempt: u32, from: Start) {
        self.started(job, attempt, from, None);
    }

    pub fn start_with(&mut self, job: &JobId, attempt: u32, normalization: Option<MeanStd>) {
        self.started(job, attempt, Start::Scratch, normalization);
    }

    fn started(&mut self, job: &JobId, attempt: u32, from: Start, normalization: Option<MeanStd>) {
        let device = DeviceName::CPU;
        self.event(
            job,
            attempt,
            Event::Started {
                pid: 7,
                host: "h".into(),
                device,
                fingerprint: fingerprint(),
                from,
                normalization,
            },
        );
    }

    pub fn epoch(&mut self, job: &JobId, attempt: u32, epoch: u32, accuracy: f64) {
        let values = [
            ("val_accuracy", accuracy),
            ("val_loss", 1.0 - accuracy),
            ("images_per_second", 100.0),
        ];
        let values = values.map(|(name, v)| (name.to_string(), Number(v))).into();
        self.event(
            job,
            attempt,
            Event::Metrics {
                phase: 0,
                epoch,
                step: u64::from(epoch) * 10,
                values,
            },
        );
    }

    pub fn evaluate(&mut self, job: &JobId, attempt: u32, part: Part, confusion: [[u32; 2]; 2]) {
        let images = confusion.iter().flatten().sum::<u32>();
        let right = confusion[0][0] + confusion[1][1];
        let bits: Vec<bool> = (0..images).map(|i| i < right).collect();
        let evaluation = Evaluation {
            part,
            images,
            loss: Number(0.25),
            accuracy: Number(f64::from(right) / f64::from(images)),
            confusion: confusion.iter().map(|r| r.to_vec()).collect(),
            correct: Evaluation::pack(&bits),
        };
        self.event(job, attempt, Event::Evaluated(evaluation));
    }

    pub fn end(&mut self, job: &JobId, attempt: u32, outcome: Outcome) {
        self.event(
            job,
            attempt,
            Event::Ended {
                outcome,
                seconds: 2.5,
                peak_memory_bytes: 1 << 20,
            },
        );
    }

    /// Records a complete job: two epochs, the second with `accuracy`, and both evaluations.
    pub fn train(&mut self, job: &JobId, accuracy: f64) {
        self.start(job, 1, Start::Scratch);
        self.epoch(job, 1, 1, accuracy - 0.1);
        self.epoch(job, 1, 2, accuracy);
        self.evaluate(job, 1, Part::Validation, [[3, 1], [2, 4]]);
        self.evaluate(job, 1, Part::Test, [[5, 0], [5, 0]]);
        self.event(
            job,
            1,
            Event::Artifact {
                kind: "model".into(),
                path: "model.safetensors".into(),
                bytes: 9,
                blake3: Some("a5".into()),
            },
        );
        self.end(job, 1, Outcome::Finished);
    }

    pub fn reader(&self) -> Database {
        if let Some(writer) = &self.writer {
            writer.flush().expect("flushes");
        }
        Database::open(&self.results).expect("opens")
    }

    pub fn query(&self, sql: &str) -> Table {
        self.reader()
            .query(sql)
            .unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The answer as text: cells separated by `|`, one line for each row.
    pub fn text(&self, sql: &str) -> String {
        let line = |row: &Vec<QueryCell>| {
            row.iter()
                .map(QueryCell::to_string)
                .collect::<Vec<_>>()
                .join("|")
        };
        self.query(sql)
            .rows
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Every row of every table and the definition of every view, in a fixed order.
    pub fn dump(&self) -> String {
        let connection = rusqlite::Connection::open(self.results.database()).expect("opens");
        let names = "select name, type, sql from sqlite_master where type in ('table', 'view') order by type, name";
        let mut statement = connection.prepare(names).expect("prepares");
        let all = statement
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .expect("runs");
        let mut dump = String::new();
        for item in all {
            let (name, kind, sql): (String, String, String) = item.expect("reads");
            dump += &format!("== {name}\n{sql}\n");
            if kind == "view" {
                continue;
            }
            // Which file was read differs between two folders.
            let columns = match name.as_str() {
                "logs" => "path, offset, lines, revision, last_line, damaged, checked",
                _ => "*",
            };
            let mut rows = connection
                .prepare(&format!("select {columns} from {name} order by 1, 2, 3, 4"))
                .or_else(|_| connection.prepare(&format!("select * from {name} order by 1, 2")))
                .expect("prepares");
            let columns = rows.column_count();
            let mut rows = rows.query([]).expect("runs");
            while let Some(row) = rows.next().expect("reads") {
                let cells = (0..columns).map(|i| format!("{:?}", row.get_ref(i).expect("a cell")));
                dump += &(cells.collect::<Vec<_>>().join("|") + "\n");
            }
        }
        dump
    }
}

pub fn axis(path: &str) -> Axis {
    let name = path.rsplit('.').next().expect("a part").to_string();
    Axis {
        path: path.into(),
        name,
        labels: vec!["1".into(), "2".into()],
    }
}

pub fn fingerprint() -> Fingerprint {
    Fingerprint {
        backend: "flex".into(),
        device: "cpu".into(),
        instructions: "avx2".into(),
        version: "0.1.0".into(),
        revision: "abc-dirty".into(),
    }
}

/// A configuration with one job for each of `seeds` seeds. Its width tells it from others and is
/// its value on every axis.
pub fn member(position: u32, width: u32, epochs: u32, seeds: u64, axes: &[&str]) -> Member {
    let dense = |units| {
        Layer::Dense(Dense {
            units,
            bias: true,
            activation: None,
            init: Init::GlorotUniform,
        })
    };
    let optimizer = Optimizer::sgd(0.1, 0.9);
    let split = Split::new(SplitScheme::Validation(0.2), 1);
    let resolved = Configuration {
        data: DataSpec::new(Source::Shapes(Shapes::default()), split),
        augment: AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![],
        },
        model: ModelSpec {
            layers: vec![Layer::Flatten, dense(width), dense(2)],
        },
        train: TrainSpec::new(8, vec![Phase::new(epochs, optimizer)]),
        task: Task::Train,
    };
    let question = |seed| Question {
        configuration: resolved.clone(),
        data_hash: "d".into(),
        seed,
        fold: None,
    };
    let jobs = (0..seeds)
        .map(|seed| MemberJob {
            job: question(seed).job_id(),
            seed,
            fold: None,
        })
        .collect();
    let value = |path: &&str| AxisValue {
        path: path.to_string(),
        label: width.to_string(),
        value: width.into(),
    };
    Member {
        configuration: question(0).configuration_id(),
        position,
        label: format!("width {width}"),
        values: axes.iter().map(value).collect(),
        jobs,
        resolved,
        data_hash: "d".into(),
        parameters: u64::from(width) * 10,
        macs: u64::from(width) * 20,
    }
}
