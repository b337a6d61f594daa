//! The rooms of a crate: the folders and files directly below `src`, and their order.
//!
//! ARCHITECTURE.md lists the rooms of a crate from the lowest to the highest, as
//! `` `a` → `b`, `c` → `d` ``. A room may use the rooms to the left of its arrow; rooms separated
//! by a comma may not use each other. The root file of the crate may use all of them.

use crate::imports::{Graph, Use};
use crate::source::{FileId, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The name of the room that a crate's root file is.
pub const ROOT: &str = "lib";

/// One use of a room by another, at a place in the sources.
#[derive(Clone, Debug)]
pub struct RoomUse {
    pub file: FileId,
    pub used: Use,
}

/// For each room, the rooms that it uses, each with the first use.
pub type RoomGraph = BTreeMap<String, BTreeMap<String, RoomUse>>;

/// The dependencies between the rooms of a crate.
pub fn graph(sources: &Sources, files: &Graph) -> RoomGraph {
    let mut rooms = RoomGraph::new();
    for (&file, targets) in files {
        let room = room_of(&sources.files[file].path);
        rooms.entry(room.clone()).or_default();
        for (&target, used) in targets {
            let other = room_of(&sources.files[target].path);
            if other != room {
                let uses = rooms.entry(room.clone()).or_default();
                uses.entry(other).or_insert(RoomUse {
                    file,
                    used: used.clone(),
                });
            }
        }
    }
    rooms
}

/// The order of the rooms of each crate that ARCHITECTURE.md lists.
pub struct Orders(BTreeMap<String, Vec<BTreeSet<String>>>);

impl Orders {
    /// Reads the table below the heading that begins with "Rooms".
    pub fn parse(architecture: &str) -> Orders {
        let mut orders = BTreeMap::new();
        let mut inside = false;
        for line in architecture.lines() {
            if let Some(heading) = line.strip_prefix('#') {
                inside = heading.trim_start_matches(['#', ' ']).starts_with("Rooms");
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let row = inside && cells.len() >= 4 && cells[1].starts_with('`');
            if row {
                let levels = cells[2].split('→').map(names_in_backticks).collect();
                orders.insert(cells[1].trim_matches('`').to_string(), levels);
            }
        }
        Orders(orders)
    }

    /// Every use that violates the order for `crate_name`, and every room that is missing in it or
    /// does not exist.
    pub fn violations(
        &self,
        crate_name: &str,
        rooms: &RoomGraph,
    ) -> Vec<(String, Option<RoomUse>)> {
        let Some(levels) = self.0.get(crate_name) else {
            return vec![];
        };
        let level = |room: &str| levels.iter().position(|names| names.contains(room));
        let mut found = Vec::new();
        for (room, targets) in rooms.iter().filter(|(room, _)| *room != ROOT) {
            let Some(own) = level(room) else {
                found.push((
                    format!("ARCHITECTURE.md does not list the room `{room}`"),
                    None,
                ));
                continue;
            };
            for (other, used) in targets {
                if level(other).is_some_and(|its| its >= own) {
                    let text = format!("`{room}` may not use `{other}`");
                    found.push((text, Some(used.clone())));
                }
            }
        }
        for name in levels
            .iter()
            .flatten()
            .filter(|name| !rooms.contains_key(*name))
        {
            found.push((
                format!("ARCHITECTURE.md lists a room `{name}` that there is not"),
                None,
            ));
        }
        found
    }
}

/// The rooms in an order that their uses allow, in the form of the table. Rooms of a circle come as
/// one group.
pub fn in_order(rooms: &RoomGraph) -> String {
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    let mut open: BTreeSet<&str> = rooms.keys().map(String::as_str).collect();
    open.remove(ROOT);
    while !open.is_empty() {
        let is_free = |room: &&str| {
            rooms[*room]
                .keys()
                .all(|used| !open.contains(used.as_str()))
        };
        let mut group: BTreeSet<&str> = open.iter().copied().filter(is_free).collect();
        if group.is_empty() {
            group.clone_from(&open);
        }
        open.retain(|room| !group.contains(room));
        groups.push(group);
    }
    let names = |group: &BTreeSet<&str>| {
        let names: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    groups.iter().map(names).collect::<Vec<_>>().join(" → ")
}

fn names_in_backticks(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_string)
        .collect()
}

/// `plan` for `crates/x/src/plan/types.rs` and for `crates/x/src/plan.rs`.
fn room_of(path: &Path) -> String {
    let inside = path
        .components()
        .skip_while(|part| part.as_os_str() != "src")
        .nth(1);
    let name = inside.map_or("", |part| part.as_os_str().to_str().unwrap_or(""));
    match name.strip_suffix(".rs").unwrap_or(name) {
        "main" | "bin" => ROOT.to_string(),
        name => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
## Rooms
| crate | rooms |
| --- | --- |
| `x` | `low` → `left`, `right` → `high` |
## Other
| `y` | `a` → `b` |
";

    fn graph_of(edges: &[(&str, &str)]) -> RoomGraph {
        let mut rooms = RoomGraph::new();
        for room in ["low", "left", "right", "high"] {
            rooms.insert(room.to_string(), BTreeMap::new());
        }
        for &(from, to) in edges {
            let used = Use {
                line: 1,
                name: "Name".to_string(),
            };
            let uses = rooms.entry(from.to_string()).or_default();
            uses.insert(to.to_string(), RoomUse { file: 0, used });
        }
        rooms
    }

    fn check(edges: &[(&str, &str)], expected: &[&str]) {
        let rooms = graph_of(edges);
        let found = Orders::parse(TABLE).violations("x", &rooms);
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, expected);
        assert!(Orders::parse(TABLE).violations("y", &rooms).is_empty());
    }

    #[test]
    fn rooms_are_listed_after_those_that_they_use() {
        let rooms = graph_of(&[("left", "low"), ("right", "low"), ("high", "left")]);
        assert_eq!(in_order(&rooms), "`low` → `left`, `right` → `high`");
    }

    #[test]
    fn a_room_uses_those_before_it_alone() {
        check(
            &[
                ("left", "low"),
                ("high", "low"),
                ("high", "right"),
                ("lib", "high"),
            ],
            &[],
        );
        check(&[("low", "high")], &["`low` may not use `high`"]);
        check(&[("left", "right")], &["`left` may not use `right`"]);
        check(
            &[("attic", "low")],
            &["ARCHITECTURE.md does not list the room `attic`"],
        );
    }
}
