//! What a report says of folders and tables of images, and of the images themselves.

use crate::synthetic::cases::two;
use crate::synthetic::predictions::predictions_file;
use convsweep_report::job_files::Lookups;
use convsweep_report::ranking::Ranking;
use convsweep_report::{ReportScope, report, report_with};
use convsweep_spec::data::{ImageNames, LeftOut, ReadPlace, SetPart};
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use convsweep_spec::log::{ClassImages, RecordedSet};
use std::fs;

/// A set of this many classes.
fn set(classes: usize) -> RecordedSet {
    let place = |name: &str, part, images| ReadPlace {
        name: name.into(),
        part,
        images,
    };
    let class = |i: usize| ClassImages {
        class: format!("class {i}"),
        training: 40,
        validation: 10,
        test: i as u32,
    };
    RecordedSet {
        data_hash: "h".into(),
        path: "/photos/birds".into(),
        configurations: vec![],
        places: vec![
            place("train/", SetPart::Training, 400),
            place("test/", SetPart::Test, 45),
        ],
        left_out: vec![LeftOut {
            folders: 0,
            reason: "not in the folder of a class".into(),
            count: 1234,
            examples: vec!["a<b>.png".into(), "c.png".into()],
        }],
        notes: vec!["copies of images: 2 validation images are also trained on".into()],
        classes: (0..classes).map(class).collect(),
    }
}

fn page(sets: Vec<RecordedSet>) -> String {
    let mut rows = two().rows();
    rows.revision.images = sets;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    let made = report(rows, &results).expect("reports");
    fs::read_to_string(made.html).expect("a page")
}

#[test]
fn the_page_says_what_became_of_every_folder_and_file() {
    let page = page(vec![set(10)]);
    for text in [
        "/photos/birds: train/ for training (400 images) and test/ as the sealed test (45 images).",
        "<li>copies of images: 2 validation images are also trained on</li>",
        "<td>not in the folder of a class</td><td>a&lt;b&gt;.png, c.png, …</td><td>1,234</td>",
        "<td>class 9</td><td>40</td><td>10</td><td>9</td>",
        "<td>all</td><td>400</td><td>100</td><td>45</td>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let open = "<details open><summary>How many images does each class have? 10 classes";
    assert!(page.contains(open));
}

#[test]
fn many_classes_are_folded_and_other_sets_are_not_mentioned() {
    let folded = "<details><summary>How many images does each class have? 21 classes";
    assert!(page(vec![set(21)]).contains(folded));
    assert!(!page(vec![]).contains("id=\"image-sets\""));
}

#[test]
fn too_many_predictions_are_left_to_a_command() {
    let rows = two().rows();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    let ranking = Ranking::new(&rows);
    let job = &ranking.best().expect("a best").runs[0].job.job;
    fs::create_dir_all(results.job(job)).expect("makes");
    fs::write(results.job(job).join(PREDICTIONS), predictions_file(10)).expect("writes");
    let page = |name_length: usize| {
        // Images whose pictures are shown have short names.
        let mut test: Vec<String> = (0..200).map(|i| format!("{i}.png")).collect();
        test[48..].fill("x".repeat(name_length));
        let training = vec![];
        let names = ImageNames { training, test };
        let made = report_with(
            rows.clone(),
            &results,
            ReportScope::Page,
            Lookups::of_names(|_: &_, _: &str| Some(names)),
            &|_| (),
        );
        let made = made.expect("reports");
        (made.answer, fs::read_to_string(made.html).expect("reads"))
    };
    let csv = results.experiment("two").join("predictions.csv");
    let (answer, text) = page(20);
    assert!(csv.exists() && !answer.contains("predictions.csv"));
    assert!(text.contains("are in <code>predictions.csv</code>"));
    let (answer, text) = page(400_000);
    assert!(!csv.exists(), "that of the report before is removed");
    let said = "`convsweep predictions two &gt; predictions.csv` writes them";
    for part in [
        "take more than 50 MB",
        said,
        "are printed by <code>convsweep predictions two",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(answer.contains("no predictions.csv"), "{answer}");
}

#[test]
fn predictions_name_files() {
    let rows = two().rows();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    let ranking = Ranking::new(&rows);
    let job = &ranking.best().expect("a best").runs[0].job.job;
    fs::create_dir_all(results.job(job)).expect("makes");
    fs::write(results.job(job).join(PREDICTIONS), predictions_file(10)).expect("writes");
    let names = ImageNames {
        training: vec![],
        test: (0..10_000).map(|i| format!("x/{i}, =1.png")).collect(),
    };
    let made = report_with(
        rows.clone(),
        &results,
        ReportScope::Page,
        Lookups::of_names(|_: &_, _: &str| Some(names)),
        &|_| (),
    );
    made.expect("reports");
    let csv = results.experiment("two").join("predictions.csv");
    let csv = fs::read_to_string(csv).expect("reads");
    let mut lines = csv.lines();
    let heading = "job,part,image,file,class,predicted,probability";
    assert_eq!(lines.next(), Some(heading));
    let first = lines.next().expect("a row");
    assert!(first.starts_with(&format!("{job},test,")), "{first}");
    assert!(first.contains(", =1.png\","), "{first}");
    assert!(csv.lines().count() > 100);
}
