//! `convsweep data prune`: decoded image sets that nothing uses.

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
