//! What is to be done after a run: only what is true of its results.

use convsweep_answers::{Answers, AxisEdge, MoreRuns, RunUnit};
use convsweep_plan::Plan;
use convsweep_spec::words::{counted, first_few};

/// Labels that a line lists before it counts the rest.
const LISTED: usize = 4;

/// Which configurations may be the best, and what would settle what is open; empty where nothing is
/// compared.
pub fn next_steps(plan: &Plan, answers: &Answers) -> String {
    let Some(best) = answers.best() else {
        return String::new();
    };
    let mut lines = Vec::new();
    let members = answers.standings.iter().filter(|s| s.may_be_best);
    let members: Vec<&str> = members.map(|standing| standing.label.as_str()).collect();
    if answers.standings.len() > 1 {
        let (listed, all) = (first_few(&members, LISTED), answers.standings.len());
        lines.push(match members.as_slice() {
            [one] => format!("the best  {one}"),
            _ => format!("may be the best  {listed} ({} of {all})", members.len()),
        });
    }
    let next = &answers.next;
    let has_single_runs = answers.standings.iter().all(|s| s.runs < 2);
    if let Some(more) = &next.more_runs {
        lines.push(format!("next  {}", more_runs(plan, answers, more)));
    } else if has_single_runs && answers.standings.len() > 1 && answers.unit == RunUnit::Seed {
        lines.push("next  one seed cannot tell two apart: set experiment.seeds = 3".to_string());
    } else if members.len() > 1 && best.trained > 0 && answers.some_do_not_train {
        let what = "next  more seeds may tell; how many cannot be said where some do not train";
        lines.push(what.to_string());
    }
    if !next.too_close.is_empty() {
        let mut labels = vec![best.label.as_str()];
        labels.extend(next.too_close.iter().map(String::as_str));
        let close = first_few(&labels, LISTED);
        lines.push(format!(
            "next  {close} are too close for seeds to tell: choose by cost (the report compares them)"
        ));
    }
    lines.extend(next.edges.iter().map(edge));
    if answers
        .standings
        .iter()
        .all(|standing| standing.trained == 0)
    {
        let what = "next  nothing leaves the chance level: train longer, or try other rates";
        lines.push(what.to_string());
    }
    if best.trained > 0 {
        lines.push(format!(
            "use it  convsweep predict best:{} IMAGES",
            answers.experiment
        ));
    }
    lines.push(format!("look  convsweep serve {}", answers.experiment));
    aligned(&lines)
}

fn more_runs(plan: &Plan, answers: &Answers, more: &MoreRuns) -> String {
    let labels: Vec<&str> = more.to_tell.iter().map(String::as_str).collect();
    let unit = answers.unit.name();
    let runs = counted(more.of_each as u64, &format!("more {unit}"));
    let best = &answers.standings[0];
    let what = format!(
        "about {runs} of each would probably tell {} from {}",
        best.label,
        first_few(&labels, LISTED)
    );
    let target = best.runs + more.of_each;
    if plan.search.start_seeds.is_some() {
        return format!("{what}: raise max_seeds of search.race");
    }
    match answers.unit {
        RunUnit::Seed => format!("{what}: set experiment.seeds = {target}"),
        RunUnit::Fold | RunUnit::SeedAndFold => format!("{what}: add seeds to experiment.seeds"),
    }
}

fn edge(edge: &AxisEdge) -> String {
    format!(
        "next  all that may be the best have the {} {}, {}: try a {} one",
        edge.end.word(),
        edge.name,
        edge.label,
        edge.end.beyond()
    )
}

/// Lines of a heading and a text, with two blanks between them, in two columns; a heading that
/// repeats is told once.
fn aligned(lines: &[String]) -> String {
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        rows.push(line.split_once("  ").unwrap_or(("", line)));
    }
    let width = rows.iter().map(|(heading, _)| heading.len()).max();
    let width = width.unwrap_or(0).max("database".len());
    let mut text = Vec::new();
    let mut last = "";
    for (heading, words) in rows {
        let shown = if heading == last { "" } else { heading };
        text.push(format!("{shown:width$}  {words}"));
        last = heading;
    }
    text.join("\n")
}
