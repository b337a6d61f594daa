//! What `squeue` prints of allocations, and its states and reasons in words.

/// The format of [`parse_queue`], for `squeue --format`. The fields with the user's own texts come
/// last.
pub const QUEUE_FORMAT: &str = "%i|%A|%T|%L|%S|%N|%r|%j|%k";

/// An allocation as `squeue` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedAllocation {
    /// Its id, as `scancel` takes it.
    pub id: String,
    /// Its state, such as `PENDING`.
    pub state: String,
    /// Why it waits, such as `Resources`.
    pub reason: String,
    /// Time until its limit, as Slurm writes it.
    pub left: String,
    /// When it is expected to start, as Slurm writes it; `None` if Slurm does not say.
    pub start: Option<String>,
    /// Its nodes; empty while it waits.
    pub nodes: String,
    /// Its name.
    pub name: String,
    /// Its comment.
    pub comment: String,
}

/// The allocations in lines of `squeue`, in the format that [`crate::cluster::queue`] asks for.
/// Other lines are left out: sites let their programs say things of their own.
pub fn parse_queue(text: &str) -> Vec<QueuedAllocation> {
    let mut allocations = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.splitn(9, '|').map(str::trim).collect();
        let [id, raw, state, left, start, nodes, reason, name, comment] = fields[..] else {
            continue;
        };
        if raw.parse::<u64>().is_err() {
            continue;
        }
        let is_known = |text: &str| !matches!(text, "N/A" | "" | "(null)");
        allocations.push(QueuedAllocation {
            id: id.to_string(),
            state: state.to_string(),
            reason: reason.to_string(),
            left: left.to_string(),
            start: is_known(start).then(|| start.to_string()),
            nodes: nodes.to_string(),
            name: name.to_string(),
            comment: if is_known(comment) {
                comment.to_string()
            } else {
                String::new()
            },
        });
    }
    allocations
}

impl QueuedAllocation {
    /// Whether it has not started, or is to start again.
    pub fn is_waiting(&self) -> bool {
        self.state == "PENDING"
    }

    /// Whether Slurm will never start it unless somebody does something about it.
    pub fn is_stuck(&self) -> bool {
        self.is_waiting() && (self.is_held() || self.asks_too_much())
    }

    fn is_held(&self) -> bool {
        self.reason.contains("held") || self.reason.starts_with("JobHeld")
    }

    fn asks_too_much(&self) -> bool {
        const NEVER: [&str; 8] = [
            "PartitionConfig",
            "PartitionTimeLimit",
            "PartitionNodeLimit",
            "BadConstraints",
            "InvalidAccount",
            "InvalidQOS",
            "DependencyNeverSatisfied",
            "QOSMaxWallDurationPerJobLimit",
        ];
        NEVER.contains(&self.reason.as_str())
    }

    /// How it stands, in words.
    pub fn words(&self) -> String {
        match self.state.as_str() {
            "PENDING" => {
                let start = match &self.start {
                    Some(start) => format!(", expected to start at {}", start.replace('T', " ")),
                    None => String::new(),
                };
                format!("waits{start}: {}", self.reason_words())
            }
            "RUNNING" => format!("runs on {}, {} left", self.nodes, self.left),
            "COMPLETING" => format!("ends on {}", self.nodes),
            "CONFIGURING" => format!("its nodes ({}) are being started", self.nodes),
            "SUSPENDED" => "is suspended by the cluster".to_string(),
            other => format!("Slurm calls it {other}"),
        }
    }

    /// Why it waits, in words, with the remedy where there is one.
    fn reason_words(&self) -> String {
        let reason = self.reason.as_str();
        let id = &self.id;
        let words = match reason {
            "Resources" => "no nodes are free",
            "Priority" => "others come first",
            "BeginTime" => "it was put back into the queue, and starts after a pause",
            "None" | "" => return "Slurm has not looked at it yet".to_string(),
            "Dependency" => "another allocation has to end first",
            "PartitionDown" | "PartitionInactive" => "the partition is closed at present",
            _ if self.is_held() => {
                return format!(
                    "Slurm holds it ({reason}); `scontrol release {id}` lets it go on, \
                    `scancel {id}` drops it"
                );
            }
            "PartitionConfig" | "PartitionNodeLimit" | "BadConstraints" => {
                return self.never("it asks for more than the partition has");
            }
            "PartitionTimeLimit" => {
                return self.never("its time limit is longer than the partition allows");
            }
            "InvalidAccount" | "InvalidQOS" => {
                return self.never("its account or quality of service is not allowed");
            }
            "DependencyNeverSatisfied" => return self.never("what it depends on has failed"),
            _ if reason.starts_with("Assoc") || reason.starts_with("QOS") => {
                "a limit of your account or quality of service is reached"
            }
            _ if reason.starts_with("ReqNodeNotAvail") || reason.starts_with("Nodes required") => {
                "the nodes that it needs are down or reserved"
            }
            _ => return reason.to_string(),
        };
        format!("{words} ({reason})")
    }

    fn never(&self, why: &str) -> String {
        let (id, reason) = (&self.id, &self.reason);
        format!(
            "{why} ({reason}), so it will wait for ever: `scancel {id}`, change [run.slurm], and \
            give the command again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> QueuedAllocation {
        let mut found = parse_queue(line);
        assert_eq!(found.len(), 1, "{line}");
        found.remove(0)
    }

    #[test]
    fn lines_of_squeue_are_read() {
        let line = "21|21|PENDING|1:00:00|2026-11-29T11:25:07||Resources|cs-a|x 1|tok two";
        let waits = one(line);
        assert_eq!((waits.id.as_str(), waits.name.as_str()), ("21", "cs-a"));
        assert_eq!(waits.comment, "x 1|tok two");
        let words =
            "waits, expected to start at 2026-11-29 11:25:07: no nodes are free (Resources)";
        assert_eq!(waits.words(), words);
        let runs = one("2_3|5|RUNNING|59:12|2026-11-29T11:25:07|n[1-2]|None|cs-a|(null)");
        assert_eq!(runs.words(), "runs on n[1-2], 59:12 left");
        assert_eq!(runs.comment, "");
        assert_eq!(
            parse_queue("slurm_load_jobs error: x\n\nA|B|C|D|E|F|G|H|I"),
            []
        );
    }

    #[test]
    fn reasons_are_in_words_and_those_without_end_are_told() {
        let pending = |reason: &str| one(&format!("7|7|PENDING|1:00|N/A||{reason}|cs-a|t"));
        for (reason, word, is_stuck) in [
            ("Priority", "others come first", false),
            ("BeginTime", "put back into the queue", false),
            ("AssocGrpCPUMinutesLimit", "a limit of your account", false),
            ("PartitionConfig", "more than the partition has", true),
            (
                "PartitionTimeLimit",
                "longer than the partition allows",
                true,
            ),
            ("launch failed requeued held", "scontrol release 7", true),
            ("JobHeldUser", "scontrol release 7", true),
            (
                "Nodes required for job are DOWN, DRAINED or reserved",
                "down or reserved",
                false,
            ),
            ("SomethingNew", "SomethingNew", false),
        ] {
            let allocation = pending(reason);
            assert!(allocation.words().contains(word), "{}", allocation.words());
            assert_eq!(allocation.is_stuck(), is_stuck, "{reason}");
        }
        assert!(
            one("7|7|SIGNALING|1:00|N/A|n1|None|cs-a|t")
                .words()
                .contains("SIGNALING")
        );
    }
}
