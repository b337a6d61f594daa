//! Circles in a graph of dependencies: groups in which each member depends on every other one.

use std::collections::{BTreeMap, BTreeSet};

/// The groups of two or more nodes that reach each other (the strongly connected components), each
/// in the nodes' order.
pub fn circles<N: Copy + Ord>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<Vec<N>> {
    let reached: BTreeMap<N, BTreeSet<N>> = edges
        .keys()
        .map(|&node| (node, reachable(edges, node)))
        .collect();
    let mut found: Vec<Vec<N>> = Vec::new();
    for (&node, beyond) in &reached {
        if !beyond.contains(&node) || found.iter().any(|group| group.contains(&node)) {
            continue;
        }
        let mutual = beyond.iter().copied();
        let group: Vec<N> = mutual
            .filter(|other| reached[other].contains(&node))
            .collect();
        if group.len() > 1 {
            found.push(group);
        }
    }
    found
}

/// All nodes that a path of at least one edge leads to.
fn reachable<N: Copy + Ord>(edges: &BTreeMap<N, BTreeSet<N>>, start: N) -> BTreeSet<N> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for &next in edges.get(&node).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::circles;
    use std::collections::{BTreeMap, BTreeSet};

    fn check(edges: &[(u8, u8)], expected: &[&[u8]]) {
        let mut graph: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
        for &(from, to) in edges {
            graph.entry(from).or_default().insert(to);
            graph.entry(to).or_default();
        }
        assert_eq!(circles(&graph), expected);
    }

    #[test]
    fn finds_groups_that_depend_on_each_other() {
        check(&[(1, 2), (2, 3), (1, 3)], &[]);
        check(&[(1, 2), (2, 1)], &[&[1, 2]]);
        check(
            &[(1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 4)],
            &[&[1, 2, 3], &[4, 5]],
        );
    }
}
