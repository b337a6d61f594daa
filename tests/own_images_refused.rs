//! A person's own folder or table where something prevents its use, or interrupts a look at it.

use crate::own_images::{draw, fill, of_folder, with_data};
use crate::support::{ProgramRun, assert_contains};
use crate::unreadable::{EACCES, EIO, compile_unreadable, run_without};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn images_that_may_not_be_read_are_refused_with_remedies_or_left_out() {
    let workdir = of_folder("");
    fill(&workdir, &["a", "b"], 4);
    compile_unreadable(&workdir);
    let run = |number, more: &[&str]| {
        let arguments = [&["plan", "small.toml"], more].concat();
        run_without(
            &workdir,
            &arguments,
            "set/b/3.png",
            &[("UNREADABLE_OPEN", number)],
        )
    };
    let said = [
        "set/b/3.png: cannot be read: Permission denied",
        "data.damaged = \"skip\"",
    ];
    run(EACCES, &[]).exits(3).says(&said);
    let skip = ["--set", "data.damaged=skip"];
    let skipped = run(EACCES, &skip).exits(0).stdout();
    assert_contains(
        &skipped,
        &[
            "1 file left out (b/3.png): not there, or not readable",
            "(7 images)",
        ],
    );
    // A failing disk says nothing about the file.
    run(EIO, &skip).exits(3).says(&["dmesg"]);
    let table = "path,label\nset/a/0.png,a\nset/b/0.png,b\n";
    workdir.write("t.csv", table);
    let set = ["--set", "data.source=csv", "--set", "data.path=t.csv"];
    let arguments = [&["plan", "small.toml"], &set[..]].concat();
    let refused = run_without(
        &workdir,
        &arguments,
        "t.csv",
        &[("UNREADABLE_OPEN", EACCES)],
    );
    refused
        .exits(3)
        .says(&["t.csv: Permission denied", "give yourself permission"]);
}

#[test]
fn a_folder_of_image_sets_that_cannot_be_used_is_blamed_itself() {
    let workdir = of_folder("");
    fill(&workdir, &["a", "b"], 4);
    workdir.write("data", "a file in its place");
    let refused = workdir.run(&["plan", "small.toml"]).exits(3).stderr();
    let expected = [
        "the folder of image sets cannot be used",
        "--data or CONVSWEEP_DATA",
    ];
    assert_contains(&refused, &expected);
    assert!(!refused.contains("the images of"), "{refused}");
    workdir
        .run(&["data", "inspect", "set"])
        .exits(3)
        .says(&["CONVSWEEP_DATA"]);
}

#[test]
fn a_set_is_inspected_although_its_file_is_refused() {
    let check = |data: &str, problem: &str, shown: &str| {
        let workdir = of_folder(data);
        fill(&workdir, &["a", "b"], 4);
        workdir.write("set/b/bad.png", "no image");
        let inspected = workdir.stdout(&["data", "inspect", "small.toml"]);
        let note = "note: `convsweep plan` refuses this file:";
        assert_contains(&inspected, &[shown, note, problem]);
        let json = workdir.stdout(&["data", "inspect", "small.toml", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
        assert!(
            json["refused"]
                .as_str()
                .is_some_and(|text| text.contains(problem)),
            "{json}"
        );
    };
    let skip = "damaged = \"skip\"\nsplit = { folds = 9 }";
    check(skip, "8 images cannot be split into 9 folds", "(8 images)");
    check(
        "",
        "b/bad.png",
        "1 file left out (b/bad.png): not decodable",
    );
    // Without a word about the set, there is nothing to show.
    let workdir = with_data("source = \"folder\"\n");
    workdir
        .run(&["data", "inspect", "small.toml"])
        .exits(2)
        .says(&["needs a `path`"]);
}

#[test]
fn of_many_classes_the_smallest_and_largest_are_shown() {
    let workdir = of_folder("");
    for class in 0..60u8 {
        for i in 0..3 + 6 * u8::from(class == 7) {
            let path = workdir.path("set").join(format!("c{class:02}/{i}.png"));
            draw(&path, [class, i, 9]);
        }
    }
    let inspected = workdir.stdout(&["data", "inspect", "set"]);
    let plan = workdir.stdout(&["plan", "small.toml"]);
    for text in [&inspected, &plan] {
        assert_contains(
            text,
            &["\nc07 ", "\nc00 ", "of 60 classes, the 20 with the fewest"],
        );
        assert_eq!(
            text.lines().filter(|line| line.starts_with('c')).count() / 10,
            3,
            "{text}"
        );
    }
    let all = workdir.stdout(&["plan", "small.toml", "--all"]);
    assert!(
        (0..60).all(|class| all.contains(&format!("\nc{class:02} "))),
        "{all}"
    );
}

#[test]
fn what_was_left_out_is_recorded_apart_from_the_notes() {
    let workdir = of_folder("split = { validation = 0.5, stratify = false, seed = 3 }");
    fill(&workdir, &["a", "A", "b"], 6);
    fs::copy(workdir.path("set/a/0.png"), workdir.path("set/b/9.png")).expect("copies");
    workdir.write("set/stray.txt", "x");
    let plan = workdir.stdout(&["plan", "small.toml"]);
    let place = |text: &str| plan.find(text).unwrap_or_else(|| panic!("{text}: {plan}"));
    let (case, left_out) = (
        place("differ only in letter case"),
        place("1 file left out"),
    );
    assert!(
        case < left_out && left_out < place("copies of images"),
        "{plan}"
    );
    workdir.run(&["run", "small.toml"]).exits(0);
    let log = workdir.read("results/small/log.jsonl");
    assert!(log.contains("differ only in letter case") && log.contains("copies of images"));
    assert!(
        log.contains("stray.txt") && !log.contains("1 file left out"),
        "{log}"
    );
}

#[test]
fn an_interrupted_look_says_what_is_remembered() {
    for arguments in [&["plan", "small.toml"][..], &["data", "inspect", "set"]] {
        let workdir = of_folder("size = [4, 4]");
        fill(&workdir, &["a", "b"], 1);
        // Large enough to be looked at for seconds.
        let large = workdir.path("large.png");
        let noise = |x, y| image::Rgb([(x * y) as u8, (x ^ y) as u8, (x * 7 + y * 3) as u8]);
        image::RgbImage::from_fn(2500, 2500, noise)
            .save(&large)
            .expect("saves");
        for i in 0..150 {
            let link = workdir.path("set").join(format!("a/large{i}.png"));
            fs::hard_link(&large, link).expect("links");
        }
        let mut command = workdir.command(arguments);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.expect("starts");
        let kept = || {
            let files = fs::read_dir(workdir.path("data/manifests"));
            let mut files = files.into_iter().flatten().flatten();
            files.any(|file| file.path().extension() == Some("json".as_ref()))
        };
        let begun = Instant::now();
        while !kept() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        // One more image has been looked at since, so that the program knows of it.
        std::thread::sleep(Duration::from_millis(700));
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .expect("kill")
                .success()
        );
        let ended = ProgramRun(child.wait_with_output().expect("ends"));
        ended
            .exits(130)
            .says(&["interrupted; the images looked at so far are remembered"]);
    }
}
