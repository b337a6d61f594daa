//! What would settle what the results leave open.

use super::made::Made;
use convsweep_answers::AxisEnd;

#[test]
fn more_runs_are_asked_for_as_long_as_several_may_be_the_best() {
    let open = Made::new(&[("width", &["16", "32"])])
        .with(&["16"], &[0.60, 0.62, 0.64])
        .with(&["32"], &[0.62, 0.64, 0.66]);
    let next = open.answers().next;
    let more = next.more_runs.expect("it is not known yet");
    assert_eq!(more.to_tell, ["16"]);
    assert_eq!(Some(more.of_each), open.answers().pairs[0].more_runs);
    assert!(next.edges.is_empty(), "both may be the best");

    let told = Made::new(&[("width", &["16", "32"])])
        .with(&["16"], &[0.40, 0.41, 0.42])
        .with(&["32"], &[0.62, 0.63, 0.64]);
    assert_eq!(told.answers().next.more_runs, None);
}

#[test]
fn what_differs_too_little_is_not_trained_further() {
    let close = Made::new(&[("width", &["16", "32"])])
        .with(&["16"], &[0.600, 0.640, 0.680])
        .with(&["32"], &[0.601, 0.641, 0.681]);
    let next = close.answers().next;
    assert_eq!(next.more_runs, None);
    assert_eq!(next.too_close, ["16"]);
}

#[test]
fn an_axis_goes_on_where_all_that_may_be_the_best_are_at_its_end() {
    let rising = Made::new(&[("width", &["16", "32", "64"])])
        .with(&["16"], &[0.40, 0.41, 0.42])
        .with(&["32"], &[0.50, 0.51, 0.52])
        .with(&["64"], &[0.60, 0.61, 0.62]);
    let edges = rising.answers().next.edges;
    assert_eq!((edges.len(), edges[0].label.as_str()), (1, "64"));
    assert_eq!(edges[0].end, AxisEnd::Largest);

    let inside = Made::new(&[("width", &["16", "32", "64"])])
        .with(&["16"], &[0.40, 0.41, 0.42])
        .with(&["32"], &[0.60, 0.61, 0.62])
        .with(&["64"], &[0.50, 0.51, 0.52]);
    assert!(inside.answers().next.edges.is_empty());

    let open = Made::new(&[("width", &["16", "32", "64"])])
        .with(&["16"], &[0.40, 0.41, 0.42])
        .with(&["32"], &[0.60, 0.61, 0.62])
        .with(&["64"], &[0.605, 0.615, 0.625]);
    assert!(open.answers().next.edges.is_empty(), "32 may be as good");

    let names = Made::new(&[("pool", &["max", "mean"])])
        .with(&["max"], &[0.40, 0.41, 0.42])
        .with(&["mean"], &[0.60, 0.61, 0.62]);
    assert!(names.answers().next.edges.is_empty(), "words have no end");
}
