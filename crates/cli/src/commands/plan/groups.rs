//! Configurations that are shown together.

use convsweep_plan::{Plan, Planned};
use std::collections::HashMap;
use std::hash::Hash;

/// Configurations that share something, such as their architecture.
pub struct ConfigurationGroup<'a> {
    /// Their labels in short.
    pub names: String,
    /// The first of them.
    pub first: &'a Planned,
}

/// The configurations of a plan grouped by `key`, in the plan's order.
pub fn groups<'a, K: Hash + Eq>(
    plan: &'a Plan,
    mut key: impl FnMut(&'a Planned) -> K,
) -> Vec<ConfigurationGroup<'a>> {
    let mut groups: Vec<(Vec<&str>, &Planned)> = Vec::new();
    let mut group_of_key: HashMap<K, usize> = HashMap::new();
    for planned in &plan.configurations {
        let group = *group_of_key.entry(key(planned)).or_insert_with(|| {
            groups.push((vec![], planned));
            groups.len() - 1
        });
        groups[group].0.push(&planned.member.label);
    }
    let all = plan.configurations.len();
    let group = |(labels, first): (Vec<&str>, _)| ConfigurationGroup {
        names: names(&labels, all),
        first,
    };
    groups.into_iter().map(group).collect()
}

fn names(labels: &[&str], all: usize) -> String {
    match labels {
        labels if labels.len() == all => "all configurations".to_string(),
        [first, second, more @ ..] if more.len() > 1 => {
            format!("{first}; {second} and {} more", more.len())
        }
        labels => labels.join("; "),
    }
}
