//! `[[stage]]`: only counted until the stage before has chosen, but checked for everything that it
//! may choose.

mod common;

use common::{SMALL, facts, plan_text, planned, problems};
use convsweep_plan::{Overrides, Plan, PlanRequest, StageCandidate, from_disk, plan_request};
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::log::{Choice, Evidence};
use convsweep_spec::metric::Number;

const STAGES: &str = "
[[stage]]
name = \"width\"
[stage.grid]
\"model.parameters.width\" = [8, 16]

[[stage]]
name = \"rate\"
[stage.grid]
\"train.optimizer.lr\" = [1e-3, 1e-2, 1e-1]

[[stage]]
[stage.grid]
\"train.optimizer.weight_decay\" = [0, 1e-4]
\"train.optimizer.lr\" = [1e-2, 2e-2]
";

fn staged() -> String {
    format!("{SMALL}{STAGES}")
}

fn decided(text: &str, decisions: &[Choice]) -> Plan {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.toml");
    std::fs::write(&file, text).expect("writes");
    let request = PlanRequest {
        file: &file,
        read: &from_disk,
        overrides: &Overrides::default(),
        decisions,
        lookup: &facts,
    };
    plan_request(&request).unwrap_or_else(|p| panic!("{p}"))
}

/// The first stage that has not chosen yet chooses its candidate of this number.
fn choice(plan: &Plan, number: usize) -> Choice {
    let stage = plan
        .stages
        .iter()
        .find(|s| s.decision.is_none())
        .expect("a stage");
    let candidate = &stage.candidates[number];
    let configuration = plan.configurations[candidate.configuration]
        .member
        .configuration
        .clone();
    let evidence = |c: &StageCandidate| Evidence {
        configuration: plan.configurations[c.configuration]
            .member
            .configuration
            .clone(),
        label: c.label.clone(),
        n: 2,
        mean: Number(0.5),
        deviation: None,
    };
    let (label, values) = (candidate.label.clone(), candidate.values.clone());
    let evidence = stage.candidates.iter().map(evidence).collect();
    Choice {
        stage: stage.name.clone(),
        configuration,
        label,
        values,
        evidence,
    }
}

fn numbers(plan: &Plan) -> Vec<(usize, usize)> {
    plan.stages
        .iter()
        .map(|s| (s.count, s.candidates.len()))
        .collect()
}

#[test]
fn a_stage_waits_for_the_one_before_it_and_starts_from_its_choice() {
    let plan = planned(&staged());
    assert_eq!(
        (plan.configurations.len(), plan.jobs(), numbers(&plan)),
        (2, 4, vec![(2, 2), (3, 0), (4, 0)])
    );
    assert_eq!(
        plan.stages
            .iter()
            .map(|s| s.name.as_str())
            .collect::<Vec<_>>(),
        ["width", "rate", "stage 3"]
    );
    assert_eq!(plan.stages[1].jobs, 6);

    let first = choice(&plan, 0);
    let plan = decided(&staged(), std::slice::from_ref(&first));
    // One of the rates is that of the file: its configuration exists already.
    assert_eq!(
        (plan.configurations.len(), numbers(&plan)),
        (4, vec![(2, 2), (3, 3), (4, 0)])
    );
    assert_eq!(plan.stages[1].candidates[2].label, "width=8, lr=0.1");
    assert_eq!(plan.notes, Vec::<String>::new());

    let plan = decided(&staged(), &[first, choice(&plan, 1)]);
    // The third stage changes the rate again, so that its own value applies.
    assert_eq!(
        (plan.configurations.len(), numbers(&plan)),
        (7, vec![(2, 2), (3, 3), (4, 4)])
    );
    let last = &plan.configurations[6].member;
    assert_eq!(last.label, "width=8, weight_decay=1e-4, lr=0.02");
    assert_eq!(plan.decisions.len(), 2);
}

#[test]
fn a_choice_is_kept_with_new_seeds_but_not_without_its_configuration() {
    let plan = planned(&staged());
    let first = choice(&plan, 1);
    let more_seeds = decided(
        &staged().replace("seeds = 2", "seeds = 5"),
        std::slice::from_ref(&first),
    );
    assert_eq!(more_seeds.decisions, std::slice::from_ref(&first));
    let more_widths = decided(
        &staged().replace("[8, 16]", "[4, 8, 16]"),
        std::slice::from_ref(&first),
    );
    assert_eq!(more_widths.decisions.len(), 1);
    assert!(
        more_widths.notes[0].contains("before 1 configuration was added: use --redecide"),
        "{:?}",
        more_widths.notes
    );
    for other in [
        staged().replace("[8, 16]", "[8, 32]"),
        staged().replace("epochs = 3", "epochs = 4"),
    ] {
        let plan = decided(&other, std::slice::from_ref(&first));
        assert_eq!((plan.decisions.len(), numbers(&plan)[1]), (0, (3, 0)));
        assert!(
            plan.notes[0].contains("no longer contains its earlier choice, width=16"),
            "{:?}",
            plan.notes
        );
    }
    let forged = Choice {
        configuration: ConfigurationId("0".repeat(16)),
        ..first
    };
    assert!(decided(&staged(), &[forged]).decisions.is_empty());
}

#[test]
fn every_possible_choice_is_checked_before_anything_is_trained() {
    let second = "\"model.layers.0.kernel\" = [3, 30]";
    let text = staged().replace(
        "\"model.parameters.width\" = [8, 16]",
        "\"model.layers.0.stride\" = [1, 2]",
    );
    let text = text.replace("\"train.optimizer.lr\" = [1e-3, 1e-2, 1e-1]", second);
    let text = text.replace("{ pool = \"max\" }", "{ pool = \"max\", size = 3 }");
    let problems = problems(&text);
    assert!(
        problems.contains("layer 2 (pool) has a 3×3 window that is larger than its"),
        "{problems}"
    );
}

#[test]
fn the_jobs_of_a_decided_stage_are_those_of_a_sweep() {
    let plan = planned(&staged());
    let staged = decided(&staged(), &[choice(&plan, 0)]);
    let sweep = planned(
        &format!("{SMALL}\n[[sweep]]\ngrid.\"train.optimizer.lr\" = [1e-2, 1e-1]\n")
            .replace("width = 16", "width = 8"),
    );
    for (_, id, _) in sweep.questions() {
        assert!(staged.questions().any(|q| q.1 == id));
    }
}

#[test]
fn mistakes_in_stages_are_reported() {
    let check = |text: &str, words: &str| {
        let problems = problems(&format!("{SMALL}\n{text}"));
        assert!(problems.contains(words), "{words} is not in\n{problems}");
    };
    let stage = "[[stage]]\ngrid.\"train.epochs\" = [1, 2]\n";
    check(
        &format!("{stage}[[sweep]]\ngrid.\"train.batch_size\" = [8]"),
        "either [[sweep]] or [[stage]]",
    );
    check(
        &format!("{stage}name = \"a\"\n{stage}name = \"a\""),
        "two stages are named \"a\"",
    );
    check(
        &format!("{stage}gird.\"train.epochs\" = [1]"),
        "did you mean `grid`",
    );
    assert!(problems(&format!("stage = []\n{SMALL}")).contains("has no stages"));
    check(
        &format!("{stage}[[stage.sweep]]\ngrid.\"train.batch_size\" = [8]"),
        "cannot have its own `grid`",
    );
    check(
        &format!("{stage}exclude = [{{ \"train.epochs\" = [1, 2] }}]"),
        "no points",
    );
    let two = "[[stage]]\n[[stage.sweep]]\ngrid.\"train.epochs\" = [1, 2]\n[[stage.sweep]]\ngrid.\"train.batch_size\" = [8]\n";
    assert_eq!(
        plan_text(&format!("{SMALL}\n{two}"))
            .map(|p| p.configurations.len())
            .ok(),
        Some(3)
    );
}
