//! What the report warns of.

use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::answer::warnings;
use convsweep_report::ranking::Ranking;

#[test]
fn a_complete_experiment_has_no_warnings() {
    let rows = six().rows();
    assert_eq!(warnings(&Ranking::new(&rows)), Vec::<String>::new());
}

#[test]
fn failed_and_missing_jobs_are_counted() {
    let mut rows = six().rows();
    rows.configurations[2].jobs[0].outcome = Some("diverged".into());
    rows.configurations[3].jobs[1].outcome = None;
    let [jobs, runs] = &warnings(&Ranking::new(&rows))[..] else {
        panic!("two warnings");
    };
    assert_eq!(
        jobs,
        "2 of 18 jobs have no result: 1 diverged (pool=average optimizer=sgd); 1 not finished yet \
         (pool=average optimizer=adam). They are left out of every mean."
    );
    assert!(
        runs.starts_with("Configurations have 2 to 3 runs"),
        "{runs}"
    );
}

#[test]
fn refused_states_are_told_with_their_jobs() {
    let mut rows = six().rows();
    let job = &mut rows.configurations[2].jobs[0];
    job.warnings = vec!["not used: /r/checkpoint: is damaged".into()];
    let id = job.job.clone();
    rows.configurations[1].jobs[0].warnings = vec!["stopped early".into()];
    let [text] = &warnings(&Ranking::new(&rows))[..] else {
        panic!("one warning");
    };
    let expected = format!("was not used by 1 job ({id})");
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn jobs_that_were_stopped_and_have_finished_are_told() {
    let mut rows = six().rows();
    rows.configurations[1].jobs[0].was_stopped = true;
    let expected = rows.configurations[1].member.label.clone();
    let [text] = &warnings(&Ranking::new(&rows))[..] else {
        panic!("one warning");
    };
    let expected = format!("stopped jobs of 1 configuration ({expected})");
    assert!(text.contains(&expected), "{text}");
    // One that has no result is missing, and that is told.
    rows.configurations[1].jobs[0].outcome = Some("stopped".into());
    let text = warnings(&Ranking::new(&rows)).join("\n");
    assert!(!text.contains("A rule of this experiment"), "{text}");
}

#[test]
fn many_labels_are_cut() {
    let mut rows = Synthetic {
        baseline: None,
        ..six()
    }
    .rows();
    for configuration in &mut rows.configurations[1..] {
        configuration.jobs[0].outcome = Some("crashed".into());
    }
    let text = warnings(&Ranking::new(&rows)).join("\n");
    assert!(text.contains(" and 1 more)"), "{text}");
}

#[test]
fn a_configuration_on_another_machine_is_confounded() {
    let mut rows = six().rows();
    cases::on_two_machines(&mut rows);
    let text = warnings(&Ranking::new(&rows)).join("\n");
    assert!(text.contains("2 different combinations"), "{text}");
    let confounded = "Each configuration ran with one of them only";
    assert!(text.contains(confounded), "{text}");
    let job = &mut rows.configurations[0].jobs[0];
    job.fingerprint.as_mut().expect("set").backend = "cuda".into();
    let text = warnings(&Ranking::new(&rows)).join("\n");
    assert!(text.contains("part of the spread"), "{text}");
}

#[test]
fn a_baseline_without_result_is_mentioned() {
    let mut rows = six().rows();
    for job in &mut rows.configurations[3].jobs {
        job.outcome = Some("crashed".into());
    }
    let text = warnings(&Ranking::new(&rows)).join("\n");
    let expected = "The baseline, pool=average optimizer=adam, has no result";
    assert!(text.contains(expected), "{text}");
}
