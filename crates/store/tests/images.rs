//! What the database says of image sets, of the pixels that networks see, and of predictions.

use crate::folder::{Folder, member};
use convsweep_spec::augment::MeanStd;
use convsweep_spec::data::{LeftOut, ReadPlace, SetPart};
use convsweep_spec::event::{Event, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::PREDICTIONS;
use convsweep_spec::log::{ClassImages, Record, RecordedSet, Revision};
use convsweep_spec::metric::Direction;
use convsweep_store::{Database, PredictedBy, PredictionRow};

#[test]
fn what_was_read_of_the_images_can_be_asked_for() {
    let mut folder = Folder::live();
    folder.revision(1, "old", &[], Direction::Max);
    folder.revision(1, "a", &[], Direction::Max);
    let newest = folder.reader().revision("a").expect("reads");
    let newest = newest.expect("is there");
    assert_eq!(newest.images, [], "logs of older programs name no sets");
    let set = RecordedSet {
        data_hash: "h".into(),
        path: "/photos".into(),
        configurations: vec![],
        places: vec![ReadPlace {
            name: "Training/".into(),
            part: SetPart::Training,
            images: 7,
        }],
        left_out: vec![LeftOut {
            folders: 0,
            reason: "not an image".into(),
            count: 9,
            examples: vec!["a.txt".into(), "b.pdf".into()],
        }],
        notes: vec!["copies".into()],
        classes: vec![ClassImages {
            class: "cat".into(),
            training: 4,
            validation: 2,
            test: 1,
        }],
    };
    let changed = Revision {
        revision: 2,
        images: vec![set],
        ..newest
    };
    folder.record("a", Record::Revision(Box::new(changed.clone())));
    let found = folder.reader().revision("a").expect("reads");
    assert_eq!(found.expect("is there").images, changed.images);
    let questions = [
        ("image_sets", "a|0|/photos|h|7|9|copies"),
        ("image_places", "a|0|0|Training/|training|7"),
        ("not_used", "a|0|not an image|9|a.txt, b.pdf"),
        ("class_images", "a|0|0|cat|4|2|1"),
    ];
    assert_eq!(folder.synced(), [""; 0]);
    let live = folder.dump();
    for (view, expected) in questions {
        assert_eq!(
            folder.text(&format!("select * from {view}")),
            expected,
            "{view}"
        );
    }
    convsweep_store::rebuild(&folder.results).expect("rebuilds");
    assert!(folder.dump() == live, "rebuilding changes nothing");
}

#[test]
fn the_newest_attempt_says_how_pixels_are_standardised() {
    let mut folder = Folder::live();
    let job = member(0, 1, 2, 2, &[]).jobs[0].job.clone();
    folder.start(&job, 1, Start::Scratch);
    let normalization = |folder: &Folder| folder.reader().normalization(&job).expect("reads");
    assert_eq!(normalization(&folder), None, "older programs recorded none");
    let measured = MeanStd {
        mean: vec![0.25, 0.5, 0.75],
        std: vec![0.1, 0.2, 0.3],
    };
    folder.start_with(&job, 2, Some(measured.clone()));
    assert_eq!(normalization(&folder), Some(measured));
    let rows = "select channel, mean, std, attempt from normalization order by 1";
    assert_eq!(folder.text(rows), "0|0.25|0.1|2\n1|0.5|0.2|2\n2|0.75|0.3|2");
    assert_eq!(folder.synced(), [""; 0]);
    let live = folder.dump();
    convsweep_store::rebuild(&folder.results).expect("rebuilds");
    assert!(folder.dump() == live, "rebuilding changes nothing");
}

/// The jobs of an answer, and whether their test images are shown.
fn shown(database: &Database, by: PredictedBy) -> Vec<(String, bool)> {
    let jobs = database.predicted_jobs(by).expect("reads");
    let pair = |job: &convsweep_store::PredictedJob| (job.job.0.clone(), job.shows_test);
    jobs.iter().map(pair).collect()
}

#[test]
fn test_predictions_are_those_of_the_chosen_configuration() {
    let mut folder = Folder::live();
    let members: Vec<_> = (1..=2).map(|w| member(w - 1, w, 2, 2, &[])).collect();
    folder.revision(1, "a", &[], Direction::Max);
    members.iter().for_each(|m| folder.member("a", m));
    let id = |m: usize, j: usize| members[m].jobs[j].job.clone();
    let left = |folder: &mut Folder, job: &JobId| {
        let artifact = Event::Artifact {
            kind: "predictions".into(),
            path: PREDICTIONS.into(),
            bytes: 3,
            blake3: Some("b".into()),
        };
        folder.event(job, 1, artifact);
    };
    for (m, accuracy) in [(0, 0.5), (1, 0.75)] {
        folder.train(&id(m, 0), accuracy);
        left(&mut folder, &id(m, 0));
    }
    // It has not finished.
    folder.start(&id(1, 1), 1, Start::Scratch);
    left(&mut folder, &id(1, 1));
    let database = folder.reader();
    let chosen = vec![(id(1, 0).0, true)];
    assert_eq!(shown(&database, PredictedBy::Chosen), chosen);
    assert_eq!(shown(&database, PredictedBy::ChosenOf("a")), chosen);
    assert_eq!(shown(&database, PredictedBy::ChosenOf("b")), []);
    let of_job = shown(&database, PredictedBy::Job(&id(0, 0)));
    assert_eq!(of_job, [(id(0, 0).0, false)], "it was not chosen");
    assert_eq!(shown(&database, PredictedBy::Job(&id(1, 1))), []);
    let jobs = database.predicted_jobs(PredictedBy::Chosen).expect("reads");
    assert_eq!(jobs[0].classes, ["cat", "dog"]);
    assert_eq!(jobs[0].blake3.as_deref(), Some("b"));
}

#[test]
fn queries_can_read_predictions_and_change_nothing() {
    let folder = Folder::live();
    let database = folder.reader();
    let job = JobId("0123456789abcdef".into());
    let mut table = database.begin_predictions().expect("begins");
    for (image, file) in [(3, Some("cat/1.png")), (4, None)] {
        let row = PredictionRow {
            experiment: "a",
            job: &job,
            part: "validation",
            image,
            file,
            class: "cat",
            predicted: "dog",
            probability: 0.75,
        };
        table.add(&row).expect("adds");
    }
    table.finish().expect("finishes");
    let answer = database.query("select image, file, probability from predictions order by 1");
    let answer = answer.expect("answers");
    let texts = |row: &Vec<convsweep_store::QueryCell>| {
        row.iter().map(|cell| cell.to_string()).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = answer.rows.iter().map(texts).collect();
    assert_eq!(rows, [["3", "cat/1.png", "0.75"], ["4", "", "0.75"]]);
    for change in ["delete from predictions", "create temp table x (y)"] {
        assert!(database.query(change).is_err(), "{change}");
    }
    assert!(folder.reader().query("select * from predictions").is_err());
}
