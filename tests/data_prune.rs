//! `convsweep data prune` and `data cache`: decoded image sets that nothing uses.

use crate::support::{Workdir, assert_contains, entries};

fn decode(workdir: &Workdir) {
    workdir.run(&["data", "preview", "small.toml"]).exits(0);
}

fn decoded_sets(workdir: &Workdir) -> usize {
    let mut files = entries(&workdir.path("data/decoded"));
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "images")
    });
    files.len()
}

#[test]
fn data_prune_removes_decoded_sets_that_nothing_uses() {
    let workdir = Workdir::small();
    decode(&workdir);
    let recently_used = workdir.stdout(&["data", "prune"]);
    assert_eq!(recently_used, "0 decoded image sets, 0 B removed\n");
    let prune = ["data", "prune", "--unused-days", "0"];
    let announced = workdir.stdout(&[&prune[..], &["--dry-run"]].concat());
    assert_contains(&announced, &[".images  ", "1 decoded image set, "]);
    assert!(announced.ends_with("would be removed\n"), "{announced}");
    assert_eq!(decoded_sets(&workdir), 1);
    let removed = workdir.stdout(&prune);
    assert!(removed.ends_with(" removed\n"), "{removed}");
    assert_eq!(decoded_sets(&workdir), 0);
    decode(&workdir);
    assert_eq!(decoded_sets(&workdir), 1, "it is decoded again");
}

#[test]
fn data_cache_says_who_uses_a_decoded_set_and_removes_what_nobody_uses() {
    let workdir = Workdir::small();
    decode(&workdir);
    let other = ["--set", "data.source.train=200"];
    workdir
        .run(&[&["run", "small.toml"], &other[..]].concat())
        .exits(0);
    assert_eq!(decoded_sets(&workdir), 2);
    let listed = workdir.stdout(&["data", "cache"]);
    assert_contains(&listed, &["small+", "none here", "2 decoded image sets, "]);
    let json = workdir.stdout(&["data", "cache", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
    let users = json["files"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|set| &set["experiments"]);
    assert_eq!(
        users
            .filter(|users| users.as_array().is_some_and(Vec::is_empty))
            .count(),
        1
    );
    let removed = workdir.stdout(&["data", "cache", "--prune"]);
    assert_contains(&removed, &["1 decoded image set, "]);
    assert_eq!(decoded_sets(&workdir), 1);
    let again = workdir.stdout(&["data", "cache", "--prune"]);
    assert_eq!(again, "0 decoded image sets, 0 B removed\n");
}
