//! What `scontrol show partition` says of a cluster's partitions.

use std::time::Duration;

/// A partition and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Whether jobs that name none go here.
    pub is_default: bool,
    /// Longest duration of an allocation; `None` if it is not limited.
    pub max_time: Option<Duration>,
    /// Largest number of nodes of an allocation; `None` if it is not limited.
    pub max_nodes: Option<u32>,
}

/// The partitions in lines of `scontrol --oneliner show partition`.
pub fn parse_partitions(text: &str) -> Vec<Partition> {
    let mut partitions = Vec::new();
    for line in text.lines() {
        let field = |key: &str| {
            let mut words = line.split_whitespace();
            words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
        };
        let Some(name) = field("PartitionName") else {
            continue;
        };
        partitions.push(Partition {
            name: name.to_string(),
            is_default: field("Default") == Some("YES"),
            max_time: field("MaxTime").and_then(parse_time),
            max_nodes: field("MaxNodes").and_then(|nodes| nodes.parse().ok()),
        });
    }
    partitions
}

/// A length of time as Slurm writes it: `days-hours:minutes:seconds`, from the left as much of it
/// as is needed; `None` for one without end.
pub fn parse_time(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text),
    };
    let mut seconds = 0;
    for part in rest.split(':') {
        seconds = 60 * seconds + part.parse::<u64>().ok()?;
    }
    Some(Duration::from_secs(86_400 * days + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_partitions_are_read() {
        let text = "PartitionName=main AllowGroups=ALL Default=YES MaxNodes=UNLIMITED MaxTime=1-00:00:00 State=UP\n\
            PartitionName=spare Default=NO MaxNodes=2 MaxTime=UNLIMITED\n";
        let partitions = parse_partitions(text);
        let facts = |i: usize| {
            let Partition {
                is_default,
                max_time,
                max_nodes,
                ..
            } = &partitions[i];
            (*is_default, max_time.map(|time| time.as_secs()), *max_nodes)
        };
        assert_eq!(partitions.len(), 2);
        assert_eq!(facts(0), (true, Some(86_400), None));
        assert_eq!(facts(1), (false, None, Some(2)));
        assert_eq!(parse_time("1:30:00"), Some(Duration::from_secs(5_400)));
        assert_eq!(parse_time("59:12"), Some(Duration::from_secs(3_552)));
        assert_eq!(parse_time("INVALID"), None);
    }
}
