//! Whatever a file contains, planning it ends quickly and without a panic.

mod common;

use common::{SMALL, experiment_file, facts, plan_text, problems, small, sweep};
use convsweep_plan::{Overrides, plan};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn refused_quickly(text: &str) -> usize {
    let start = Instant::now();
    let problems = plan_text(text)
        .err()
        .unwrap_or_else(|| panic!("plans\n{}", &text[..text.len().min(300)]));
    let _ = problems.to_string();
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
    problems.len()
}

#[test]
fn a_huge_grid_is_refused_before_it_is_expanded() {
    let axis = |path: &str| {
        format!("grid.\"train.optimizer.{path}\" = {{ from = 0.1, to = 0.2, steps = 1000 }}\n")
    };
    let text = sweep(&["lr", "beta1", "beta2", "epsilon"].map(axis).concat());
    assert!(
        problems(&text).contains("the sweep has 2000000000000 jobs, more than the limit of 10000")
    );
    let axes: String = (0..150)
        .map(|i| format!("grid.\"train.a{i}\" = {{ from = 1, to = 2, steps = 9999 }}\n"))
        .collect();
    refused_quickly(&sweep(&axes));
    let seeds = small("seeds = 2", "seeds = 1000000");
    assert!(problems(&seeds).contains("more than the limit"));
}

#[test]
fn deep_long_and_strange_files_are_refused() {
    let deep =
        |open: &str, close: &str, n: usize| format!("a = {}{}", open.repeat(n), close.repeat(n));
    for n in [10, 79, 81, 100_000] {
        refused_quickly(&deep("[", "]", n));
        refused_quickly(&deep("{ a = ", "}", n));
    }
    refused_quickly(&format!("[{}]", ["a"; 10_000].join(".")));
    refused_quickly(&sweep(&format!(
        "grid.\"train{}\" = [1]",
        ".a".repeat(50_000)
    )));
    refused_quickly(
        &(0..40_000)
            .map(|i| format!("k{i} = 1\n"))
            .collect::<String>(),
    );
    refused_quickly(&sweep(
        &(0..20_000)
            .map(|i| format!("grid.\"train.k{i}\" = [1]\n"))
            .collect::<String>(),
    ));
    refused_quickly(&sweep(&format!(
        "grid.\"train.epochs\" = [{}]",
        "1,".repeat(100_000)
    )));
    refused_quickly(&small("16", &format!("\"{}\"", "é".repeat(100_000))));
    refused_quickly(&"a".repeat(600_000));
    let axes: String = (0..190)
        .map(|i| format!("grid.\"train.k{i}\" = [1, 2]\n"))
        .collect();
    refused_quickly(&sweep(&format!(
        "{axes}sample = {{ method = \"latin-hypercube\", count = 65536 }}"
    )));
    let stages: String = (0..300)
        .map(|i| {
            format!(
                "[[stage]]\nname = \"{i}\"\ngrid.\"train.epochs\" = [{}]\n",
                "1,".repeat(40)
            )
        })
        .collect();
    refused_quickly(&format!("{SMALL}\n{stages}"));
    refused_quickly("");
    refused_quickly("\u{feff}\r\n\u{0}");
}

#[test]
fn what_is_not_a_text_file_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.toml");
    let check = |expect: &str| {
        let problems = plan(&file, &Overrides::default(), &facts)
            .expect_err("refuses")
            .to_string();
        assert!(problems.contains(expect), "{problems}");
    };
    check("cannot be read");
    std::fs::write(&file, b"a = 1\nb = \"\xff\"").expect("writes");
    check("line 2 contains a byte that is not UTF-8");
    std::fs::remove_file(&file).expect("removes");
    std::fs::create_dir(&file).expect("a folder");
    check("cannot be read");
}

/// A device provides bytes without end and does not say how many: it is not even opened.
#[test]
#[cfg(target_os = "linux")]
fn endless_files_are_not_read_to_the_end() {
    let start = Instant::now();
    let problems = plan(
        std::path::Path::new("/dev/zero"),
        &Overrides::default(),
        &facts,
    )
    .expect_err("refuses")
    .to_string();
    assert!(
        problems.contains("cannot be read") && problems.contains("it is a device, not a file"),
        "{problems}"
    );
    let included = plan_text(&format!("include = \"/dev/zero\"\n{SMALL}"))
        .expect_err("refuses")
        .to_string();
    assert!(
        included.contains("the included file cannot be read") && included.contains("is a device"),
        "{included}"
    );
    assert!(convsweep_plan::from_disk(std::path::Path::new("/dev/zero"), u64::MAX - 1).is_err());
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_missing_image_set_is_not_the_files_fault() {
    let problems =
        plan_text(&small("\"cifar10\"", "\"folder\"\npath = \"nowhere\"")).expect_err("refuses");
    assert!(problems.only_data() && problems.len() == 1);
    let both =
        small("\"cifar10\"", "\"folder\"\npath = \"nowhere\"").replace("epochs = 3", "epochs = 0");
    let problems = plan_text(&both).expect_err("refuses");
    assert!(!problems.only_data() && problems.len() == 2);
    let line = &problems.lines()[0];
    assert_eq!((line.line, line.column), (7, 10));
}

#[test]
fn names_must_be_safe_as_names_of_folders() {
    let check = |name: &str, safe: bool| {
        let outcome = plan_text(&small("\"small\"", &format!("{:?}", name)));
        assert_eq!(outcome.is_ok(), safe, "{name}");
    };
    for name in ["a", "größe-3_b.2", "名前", "a..b", "α"] {
        check(name, true);
    }
    for name in [
        "",
        ".",
        "..",
        ".a",
        "-a",
        "a/b",
        "a\\b",
        "jobs",
        "JOBS",
        "a b",
        "a+b",
        "a\n",
        "\u{202e}a",
    ] {
        check(name, false);
    }
    check(&"x".repeat(101), false);
}

#[test]
fn ten_thousand_jobs_are_planned_quickly() {
    let grid = "grid.\"train.optimizer.lr\" = { from = 1e-4, to = 1, steps = 100, scale = \"log\" }\n\
                grid.\"model.parameters.width\" = { from = 1, to = 50, steps = 50 }";
    let start = Instant::now();
    let plan = plan_text(&sweep(grid)).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(plan.jobs(), 10_000);
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

/// A shipped file in which passages are replaced by words of the language.
fn mutated() -> impl Strategy<Value = String> {
    let files = [
        "quickstart",
        "tutorial",
        "pooling",
        "learning-rate",
        "augmentation",
    ];
    let texts: Vec<String> = files
        .iter()
        .map(|f| std::fs::read_to_string(experiment_file(&format!("{f}.toml"))).expect("reads"))
        .chain([SMALL.to_string()])
        .collect();
    let words = [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "=",
        ".",
        ",",
        "\n",
        "$",
        "$width",
        "nan",
        "-1",
        "1e999",
        "0x7fffffffffffffff",
        "name",
        "[[sweep]]",
        "[models.x]",
        "[optimizers.adam]",
        "layers",
        "\"train.phases.0.epochs\"",
        "from = 1",
        "steps = 9999",
        "é",
        "\u{0}",
        "true",
        "1979-05-27",
        "'''",
        "exclude",
        "baseline = { model = 1 }",
    ];
    let edit = (
        any::<prop::sample::Index>(),
        0usize..30,
        prop::sample::select(words.to_vec()),
    );
    (
        prop::sample::select(texts),
        prop::collection::vec(edit, 1..6),
    )
        .prop_map(|(mut text, edits)| {
            for (at, length, word) in edits {
                let chars: Vec<char> = text.chars().collect();
                let start = at.index(chars.len() + 1);
                let end = (start + length).min(chars.len());
                text = chars[..start]
                    .iter()
                    .chain(&word.chars().collect::<Vec<_>>())
                    .chain(&chars[end..])
                    .collect();
            }
            text
        })
}

/// Inputs that the fuzzer kept (`just fuzz`).
#[test]
fn the_corpus_of_the_fuzzer_is_planned_or_refused() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/plan");
    let files: Vec<_> = std::fs::read_dir(folder)
        .expect("a corpus")
        .filter_map(Result::ok)
        .collect();
    assert!(files.len() >= 10, "{}", files.len());
    for file in files {
        let start = Instant::now();
        if let Err(problems) = plan(&file.path(), &Overrides::default(), &facts) {
            assert!(
                problems.to_string().contains("error") && problems.lines().len() == problems.len()
            );
        }
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?} took {:?}",
            file.path(),
            start.elapsed()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_are_planned_or_refused(text in mutated()) {
        if let Err(problems) = plan_text(&text) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.to_string().contains("error"));
            prop_assert_eq!(problems.lines().len(), problems.len());
        }
    }

    #[test]
    fn overrides_are_planned_or_refused(word in "[a-z.0-9]{0,12}=?[\\PC]{0,8}", path in prop::sample::select(vec!["", "train.", "model.layers.", "data.source.", "augment.", "train.optimizer."])) {
        if let Err(problems) = common::plan_with(SMALL, &common::set(&[&format!("{path}{word}")])) {
            prop_assert!(problems.to_string().contains("error"));
        }
    }

    #[test]
    fn expansion_is_complete_unique_and_stable(a in 1u32..6, b in 1u32..6, skip in 0u32..6) {
        let list = |n: u32| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
        let exclude = if skip == 0 || skip > a { String::new() } else { format!("exclude = [{{ \"train.epochs\" = {skip} }}]") };
        let text = sweep(&format!("grid.\"train.epochs\" = [{}]\ngrid.\"train.batch_size\" = [{}]\n{exclude}", list(a), list(b)));
        let left = if exclude.is_empty() { a } else { a - 1 };
        match plan_text(&text) {
            Ok(plan) => {
                prop_assert_eq!(plan.configurations.len() as u32, left * b);
                let ids: std::collections::BTreeSet<_> = plan.questions().map(|q| q.1).collect();
                prop_assert_eq!(ids.len(), plan.jobs());
                let labels: std::collections::BTreeSet<_> = plan.configurations.iter().map(|c| c.member.label.clone()).collect();
                prop_assert_eq!(labels.len(), plan.configurations.len());
                let again = plan_text(&text).unwrap_or_else(|p| panic!("{p}"));
                prop_assert!(plan.questions().map(|q| q.1).eq(again.questions().map(|q| q.1)));
            }
            Err(_) => prop_assert_eq!(left, 0),
        }
    }

    #[test]
    fn another_value_changes_no_other_job(
        rates in prop::collection::btree_set(1u32..40, 2..6),
        more in 40u32..60,
        at in any::<prop::sample::Index>(),
        widths in prop::collection::btree_set(1u32..9, 1..4),
    ) {
        let list = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let widths: Vec<u32> = widths.into_iter().collect();
        let before: Vec<u32> = rates.into_iter().collect();
        let mut after = before.clone();
        after.insert(at.index(before.len() + 1), more);
        let ids = |rates: &[u32]| {
            let text = sweep(&format!("grid.\"train.optimizer.lr\" = [{}]\ngrid.\"model.parameters.width\" = [{}]", list(rates), list(&widths)));
            let plan = plan_text(&text).unwrap_or_else(|p| panic!("{p}"));
            plan.questions().map(|q| q.1).collect::<Vec<_>>()
        };
        let (old, new) = (ids(&before), ids(&after));
        // Old jobs keep their ids and their order; the jobs of the new value come in between.
        let kept: Vec<_> = new.iter().filter(|id| old.contains(id)).cloned().collect();
        prop_assert_eq!(&kept, &old);
        prop_assert_eq!(new.len(), old.len() + 2 * widths.len());
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("experiment.toml");
        std::fs::write(&file, &bytes).expect("writes");
        let problems = plan(&file, &Overrides::default(), &facts).expect_err("is no experiment");
        prop_assert!(!problems.is_empty() && problems.to_string().contains("error"));
    }
}
