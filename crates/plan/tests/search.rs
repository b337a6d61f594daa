//! `[search]`, and the order in which configurations start.

mod common;

use common::{SMALL, planned, problems};
use convsweep_spec::search::{SearchSettings, StopRule};

#[test]
fn rules_are_resolved() {
    let search = |text: &str| planned(&format!("{SMALL}\n[search]\n{text}")).search;
    assert_eq!(planned(SMALL).search, SearchSettings::default());
    let stop = search("stop = { rule = \"asha\", eta = 4, first = 2 }").stop;
    assert_eq!(stop, Some(StopRule::Asha { eta: 4, first: 2 }));
    assert_eq!(
        search("stop = {}").stop,
        Some(StopRule::SuccessiveHalving { eta: 3, first: 1 })
    );
    let message = problems(&format!(
        "{SMALL}\n[search]\nstop = {{ rule = \"median\", eta = 2 }}"
    ));
    assert!(
        message.contains("has no effect with \"median\""),
        "{message}"
    );
}

#[test]
fn a_race_may_go_beyond_the_seeds_of_the_experiment() {
    let file = |seeds: &str, race: &str| {
        format!(
            "[experiment]\nname = \"race\"\nseeds = {seeds}\n{REST}\n[search]\nrace = {{ {race} }}\n"
        )
    };
    let seeds = |seeds: &str, race: &str| {
        let plan = planned(&file(seeds, race));
        assert!(
            plan.configurations
                .iter()
                .all(|c| c.member.jobs.len() == plan.configurations[0].member.jobs.len())
        );
        let start = plan.search.start_seeds;
        (
            start,
            plan.configurations[0]
                .member
                .jobs
                .iter()
                .map(|j| j.seed)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(seeds("3", "start_seeds = 2"), (Some(2), vec![0, 1, 2]));
    assert_eq!(
        seeds("3", "start_seeds = 2, max_seeds = 5"),
        (Some(2), vec![0, 1, 2, 3, 4])
    );
    assert_eq!(
        seeds("1", "start_seeds = 2, max_seeds = 3"),
        (Some(2), vec![0, 1, 2])
    );
    assert_eq!(
        seeds("[7, 1]", "start_seeds = 2, max_seeds = 5"),
        (Some(2), vec![7, 1, 0, 2, 3])
    );
    let wrong = |seeds: &str, race: &str, words: &str| {
        let message = problems(&file(seeds, race));
        assert!(message.contains(words), "\"{words}\" is not in\n{message}");
    };
    wrong("2", "start_seeds = 2", "leaves no seeds for the race");
    wrong(
        "2",
        "start_seeds = 5, max_seeds = 5",
        "leaves no seeds for the race",
    );
    wrong("5", "start_seeds = 2, max_seeds = 5", "leave it out");
    wrong("5", "start_seeds = 2, max_seed = 7", "max_seeds");
    let many = format!("{}\n", file("1", "start_seeds = 2, max_seeds = 10000"));
    assert!(
        problems(&many).contains("more than the limit"),
        "the seeds of the race count"
    );
}

#[test]
fn priorities_rank_configurations() {
    let plan = |run: &str| {
        planned(&format!(
            "[experiment]\nname = \"order\"\n{REST}\n[run]\n{run}\n"
        ))
    };
    let ranks = |run: &str| {
        plan(run)
            .configurations
            .iter()
            .map(|c| c.rank)
            .collect::<Vec<_>>()
    };
    assert!(plan("").run.short_first && !plan("order = \"file\"").run.short_first);
    assert_eq!(ranks(""), [0, 0, 0, 0]);
    assert_eq!(ranks("priority = [{ lr = 0.01 }]"), [1, 0, 1, 0]);
    let two = "priority = [{ \"train.optimizer.lr\" = 0.01, \"train.batch_size\" = 64 }, { batch_size = 32 }]";
    assert_eq!(ranks(two), [1, 1, 2, 0]);
    let wrong = |run: &str, words: &str| {
        let message = problems(&format!(
            "[experiment]\nname = \"order\"\n{REST}\n[run]\n{run}\n"
        ));
        assert!(message.contains(words), "\"{words}\" is not in\n{message}");
    };
    wrong("order = \"random\"", "\"short-first\" or \"file\"");
    wrong(
        "priority = [{ width = 3 }]",
        "`run.priority` names `width`, which is not an axis",
    );
    wrong("priority = [{ lr = 0.5 }]", "never has the value 0.5");
    wrong("priority = \"lr\"", "priority");
}

const REST: &str = r#"
[data]
source = "cifar10"
[model]
layers = [{ flatten = true }, { dense = "classes" }]
[train]
epochs = 2
[[sweep]]
[sweep.grid]
"train.batch_size" = [32, 64]
"train.optimizer.lr" = [0.001, 0.01]
"#;
