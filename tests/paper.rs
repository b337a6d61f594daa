//! `convsweep report NAME --paper`: the files for a thesis.

use crate::support::{assert_contains, entries};
use crate::verdict::Told;
use serde_json::json;

/// Three rates whose accuracies of four seeds do not overlap.
fn told() -> Told {
    let told = Told::new(3, 4, "");
    told.run(|place, seed| json!(0.4 + 0.2 * place as f64 + 0.01 * seed as f64))
        .exits(0);
    told
}

#[test]
fn a_paper_is_written_when_asked_for_and_stays() {
    let told = told();
    let workdir = &told.sweep.workdir;
    let paper = workdir.path("results/small/paper");
    assert!(!paper.exists(), "nobody asked for a paper");
    let plain = workdir.stdout(&["report", "small"]);
    assert!(!plain.contains("paper") && !paper.exists(), "{plain}");
    let report = workdir.stdout(&["report", "small", "--paper"]);
    assert_contains(&report, &["paper     results/small/paper\n"]);
    let main = workdir.read("results/small/paper/main.tex");
    for chart in entries(&paper.join("charts")) {
        let bytes = std::fs::read(&chart).expect("readable");
        assert!(bytes.starts_with(b"%PDF-"), "{}", chart.display());
        let name = chart.file_name().expect("a name").to_string_lossy();
        assert_contains(&main, &[&format!("{{charts/{name}}}")]);
    }
    assert!(entries(&paper.join("charts")).len() > 3, "{main}");
    workdir.stdout(&["report", "small"]);
    assert!(paper.join("main.tex").exists(), "it stays");
}

#[test]
fn the_tables_of_a_paper_say_what_the_verdict_says() {
    let told = told();
    let workdir = &told.sweep.workdir;
    workdir.stdout(&["report", "small", "--paper"]);
    let table = workdir.read("results/small/paper/verdicts.tex");
    let verdict = told.verdict();
    let mut compared = 0;
    for pair in verdict["pairs"].as_array().expect("pairs") {
        if pair["first"] != 0 {
            continue;
        }
        let second = pair["second"].as_u64().expect("a rank") as usize;
        let label = verdict["standings"][second]["label"]
            .as_str()
            .expect("a label");
        let points = 100.0 * pair["result"]["difference"].as_f64().expect("a difference");
        let row = table
            .lines()
            .find(|line| line.contains(&format!(" & {label} &")));
        let row = row.unwrap_or_else(|| panic!("{label} is in {table}"));
        assert_contains(row, &[&format!("{points:.1}"), "better"]);
        compared += 1;
    }
    assert_eq!(compared, 2, "{table}");
}

#[test]
fn the_methods_of_a_paper_have_the_numbers_of_the_database() {
    let told = told();
    let workdir = &told.sweep.workdir;
    workdir.stdout(&["report", "small", "--paper"]);
    let methods = workdir
        .read("results/small/paper/methods.tex")
        .replace(',', "");
    let number = |sql: &str| workdir.number(sql).to_string();
    let parameters = number("select max(parameters) from configurations");
    let macs = number("select max(macs) from configurations");
    let validation = number("select max(images) from evaluations where part = 'validation'");
    let expected = [
        format!("trainable parameters is {parameters}"),
        format!("takes {macs} "),
        format!("{validation} for validation"),
        "compares 3 configurations that differ in lr (".into(),
        "(seeds 0 1 2 and 3)".into(),
    ];
    assert_contains(&methods, &expected.each_ref().map(String::as_str));
    let references = workdir.read("results/small/paper/references.bib");
    assert_contains(&references, &["@article{smyth2004,", "@article{holm1979,"]);
}
