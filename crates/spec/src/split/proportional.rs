//! Groups of rows, and choosing from them in proportion to their sizes.

use std::cmp::Reverse;

/// Rows by class, or all in one group.
pub(super) fn grouped(labels: &[u16], rows: Vec<u32>, by_class: bool) -> Vec<Vec<u32>> {
    if !by_class {
        return vec![rows];
    }
    let classes = labels.iter().max().map_or(0, |&last| usize::from(last) + 1);
    let mut groups = vec![Vec::new(); classes];
    for row in rows {
        groups[usize::from(labels[row as usize])].push(row);
    }
    groups
}

/// Chooses `wanted` rows, from every group in proportion to its size (method of largest
/// remainders) but at most `most` of it, and returns the chosen and the other rows.
///
/// `shuffle` decides which rows of a group are chosen: the first ones of its order.
pub(super) fn choose(
    groups: Vec<Vec<u32>>,
    wanted: usize,
    most: &[usize],
    shuffle: impl Fn(Vec<u32>) -> Vec<u32>,
) -> (Vec<u32>, Vec<u32>) {
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    for (group, quota) in groups.into_iter().zip(quotas(&sizes, wanted, most)) {
        let mut order = shuffle(group);
        others.extend(order.split_off(quota));
        chosen.extend(order);
    }
    (chosen, others)
}

/// How many of `wanted` rows come from each group. What is more than the most of a group goes to
/// those with the largest remainders that have room.
fn quotas(sizes: &[usize], wanted: usize, most: &[usize]) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    if all == 0 {
        return vec![0; sizes.len()];
    }
    let mut quotas: Vec<usize> = sizes.iter().map(|size| size * wanted / all).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&i| Reverse(sizes[i] * wanted - quotas[i] * all));
    let missing = wanted - quotas.iter().sum::<usize>();
    for &i in by_remainder.iter().take(missing) {
        quotas[i] += 1;
    }
    let mut excess = 0;
    for (quota, most) in quotas.iter_mut().zip(most) {
        excess += quota.saturating_sub(*most);
        *quota = (*quota).min(*most);
    }
    while excess > 0 {
        let with_room = by_remainder.iter().filter(|&&i| quotas[i] < most[i]);
        let given: Vec<usize> = with_room.take(excess).copied().collect();
        if given.is_empty() {
            break;
        }
        excess -= given.len();
        for i in given {
            quotas[i] += 1;
        }
    }
    quotas
}
