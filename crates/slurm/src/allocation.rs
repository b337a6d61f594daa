//! Where this program runs: outside Slurm, in a batch script, beside an allocation, or in a step.

use crate::error::SlurmError;
use crate::hosts::{counts_per_node, expand_hosts};

/// First of the numbers that Slurm gives to steps that are no steps of the user's, such as the
/// batch script and the shell that `salloc` opens on a node.
const FIRST_SPECIAL_STEP: u64 = 0xffff_fff0;

/// Where this program runs, as far as Slurm is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// In no allocation.
    Outside,
    /// In an allocation, of which it uses all nodes.
    Inside(Allocation),
    /// In a step of an allocation that runs it once: it uses what the step has on its node.
    Step(NodeShare),
}

/// The nodes of an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Slurm's number of the job.
    pub job: u64,
    /// Its nodes.
    pub nodes: Vec<NodeShare>,
    /// The index of the node that this program runs on; `None` if it is none of them, such as the
    /// login node, where `salloc` may leave it.
    pub own: Option<usize>,
}

/// What belongs to an allocation on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeShare {
    /// The node's name.
    pub name: String,
    /// CPUs.
    pub cpus: u32,
    /// Memory in bytes, where Slurm counts it.
    pub memory_bytes: Option<u64>,
}

impl Surroundings {
    /// Reads the variables that Slurm sets; `variable` looks one up.
    ///
    /// # Errors
    /// If they cannot be understood, or the program was started several times by one step.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Surroundings, SlurmError> {
        let environment = Environment(&variable);
        let Some(job) = environment.number("SLURM_JOB_ID")? else {
            return Ok(Surroundings::Outside);
        };
        if environment.number("SLURM_HET_SIZE")?.is_some() {
            return Err(SlurmError::Heterogeneous);
        }
        let step = environment.number("SLURM_STEP_ID")?;
        if step.is_some_and(|step| step < FIRST_SPECIAL_STEP) {
            return environment.step().map(Surroundings::Step);
        }
        let names = environment.list("SLURM_JOB_NODELIST", expand_hosts)?;
        let cpus = environment.list("SLURM_JOB_CPUS_PER_NODE", counts_per_node)?;
        if cpus.len() != names.len() {
            return Err(environment.wrong("SLURM_JOB_CPUS_PER_NODE"));
        }
        let own = match environment.text("SLURMD_NODENAME") {
            Some(own) => match names.iter().position(|name| *name == own) {
                Some(place) => Some(place),
                None => return Err(environment.wrong("SLURMD_NODENAME")),
            },
            None => None,
        };
        let mut nodes = Vec::new();
        for (name, cpus) in names.into_iter().zip(cpus) {
            nodes.push(NodeShare {
                name,
                cpus: cpus.max(1),
                memory_bytes: environment.memory(cpus)?,
            });
        }
        Ok(Surroundings::Inside(Allocation { job, nodes, own }))
    }

    /// What this program may use of the machine that it runs on; `None` for all of it.
    pub fn own_share(&self) -> Option<&NodeShare> {
        match self {
            Surroundings::Outside => None,
            Surroundings::Inside(allocation) => allocation.nodes.get(allocation.own?),
            Surroundings::Step(share) => Some(share),
        }
    }
}

impl Allocation {
    /// The nodes that this program does not run on.
    pub fn others(&self) -> Vec<&NodeShare> {
        let mut others: Vec<&NodeShare> = self.nodes.iter().collect();
        if let Some(own) = self.own {
            others.remove(own);
        }
        others
    }
}

/// The variables that Slurm sets.
struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, SlurmError> {
        match self.text(name).map(|text| text.parse()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(self.wrong(name)),
        }
    }

    fn list<T>(
        &self,
        name: &'static str,
        read: fn(&str) -> Option<Vec<T>>,
    ) -> Result<Vec<T>, SlurmError> {
        let list = self.text(name);
        list.and_then(|list| read(&list))
            .ok_or_else(|| self.wrong(name))
    }

    /// Memory in bytes on a node with these CPUs. A job started from within another one inherits
    /// the memory of a CPU beside its own memory of a node.
    fn memory(&self, cpus: u32) -> Result<Option<u64>, SlurmError> {
        let mebibytes = match self.number("SLURM_MEM_PER_NODE")? {
            Some(of_node) => Some(of_node),
            None => {
                let of_cpu = self.number("SLURM_MEM_PER_CPU")?;
                of_cpu.map(|of_cpu| of_cpu.saturating_mul(cpus.into()))
            }
        };
        let counted = mebibytes.filter(|&mebibytes| mebibytes > 0);
        Ok(counted.map(|mebibytes| mebibytes.saturating_mul(1 << 20)))
    }

    /// What a step has on the node of its only task.
    fn step(&self) -> Result<NodeShare, SlurmError> {
        let tasks = self.number("SLURM_STEP_NUM_TASKS")?.unwrap_or(1);
        if tasks > 1 {
            let tasks = u32::try_from(tasks).unwrap_or(u32::MAX);
            return Err(SlurmError::SeveralTasks { tasks });
        }
        let cpus = self.number("SLURM_CPUS_ON_NODE")?;
        let cpus = cpus.and_then(|cpus| u32::try_from(cpus).ok());
        let cpus = cpus.ok_or_else(|| self.wrong("SLURM_CPUS_ON_NODE"))?.max(1);
        Ok(NodeShare {
            name: self.text("SLURMD_NODENAME").unwrap_or_default(),
            cpus,
            memory_bytes: self.memory(cpus)?,
        })
    }

    fn wrong(&self, name: &'static str) -> SlurmError {
        SlurmError::Variable {
            name,
            value: self.text(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads variables written as `NAME=value`, without their `SLURM_`.
    fn read(variables: &str) -> Result<Surroundings, SlurmError> {
        Surroundings::read(|name| {
            let mut pairs = variables
                .split_whitespace()
                .filter_map(|pair| pair.split_once('='));
            let short = name.strip_prefix("SLURM_").unwrap_or(name);
            let value = pairs.find(|(key, _)| *key == short);
            value.map(|(_, value)| value.to_string())
        })
    }

    /// The nodes as `name:cpus:MiB`, that of the program with a star.
    fn nodes(variables: &str) -> String {
        let surroundings = read(variables).expect(variables);
        let Surroundings::Inside(allocation) = &surroundings else {
            panic!("{surroundings:?}");
        };
        let mut words = Vec::new();
        for (place, node) in allocation.nodes.iter().enumerate() {
            let memory = node.memory_bytes.map_or(0, |bytes| bytes >> 20);
            let star = if allocation.own == Some(place) {
                "*"
            } else {
                ""
            };
            words.push(format!("{}:{}:{memory}{star}", node.name, node.cpus));
        }
        words.join(" ")
    }

    const TWO: &str = "JOB_ID=7 JOB_NODELIST=n[1-2] JOB_CPUS_PER_NODE=2(x2)";

    #[test]
    fn a_batch_script_has_its_nodes() {
        let check = |more: &str, expect: &str| assert_eq!(nodes(&format!("{TWO} {more}")), expect);
        check("SLURMD_NODENAME=n1 MEM_PER_CPU=100", "n1:2:200* n2:2:200");
        check(
            "SLURMD_NODENAME=n1 MEM_PER_NODE=3000",
            "n1:2:3000* n2:2:3000",
        );
        let both = "SLURMD_NODENAME=n1 MEM_PER_CPU=100 MEM_PER_NODE=500";
        check(both, "n1:2:500* n2:2:500");
        check("SLURMD_NODENAME=n1 MEM_PER_NODE=0", "n1:2:0* n2:2:0");
        // The shell of salloc: on the login node, or as a special step on the first node.
        check("", "n1:2:0 n2:2:0");
        check("SLURMD_NODENAME=n1 STEP_ID=4294967290", "n1:2:0* n2:2:0");
        let uneven = "JOB_ID=7 JOB_NODELIST=a,b[3-4] JOB_CPUS_PER_NODE=8,4(x2) SLURMD_NODENAME=b3";
        assert_eq!(nodes(uneven), "a:8:0 b3:4:0* b4:4:0");
    }

    #[test]
    fn the_other_nodes_are_those_without_this_program() {
        let Ok(Surroundings::Inside(allocation)) = read(&format!("{TWO} SLURMD_NODENAME=n2"))
        else {
            panic!("not inside");
        };
        let names: Vec<&str> = allocation
            .others()
            .iter()
            .map(|node| &node.name[..])
            .collect();
        assert_eq!(names, ["n1"]);
    }

    #[test]
    fn a_step_has_its_part_of_one_node() {
        let step = format!("{TWO} SLURMD_NODENAME=n2 STEP_ID=0 STEP_NUM_TASKS=1 CPUS_ON_NODE=1");
        let surroundings = read(&format!("{step} MEM_PER_CPU=100")).unwrap();
        let share = surroundings.own_share().expect("a share");
        assert_eq!((&share.name[..], share.cpus), ("n2", 1));
        assert_eq!(share.memory_bytes, Some(100 << 20));
        assert!(matches!(surroundings, Surroundings::Step(_)));

        let error = read(&step.replace("NUM_TASKS=1", "NUM_TASKS=4")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("srun started this program 4 times: start it once")
        );
    }

    #[test]
    fn outside_there_is_nothing() {
        let surroundings = read("JOB_NODELIST=n1").unwrap();
        assert_eq!(surroundings, Surroundings::Outside);
        assert_eq!(surroundings.own_share(), None);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        let check = |variables: &str, expect: &str| {
            let error = read(variables).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("JOB_ID=x", "SLURM_JOB_ID is \"x\"");
        check("JOB_ID=7", "SLURM_JOB_NODELIST is missing");
        check("JOB_ID=7 JOB_NODELIST=n[1", "SLURM_JOB_NODELIST is \"n[1\"");
        let one = "JOB_ID=7 JOB_NODELIST=n[1-2] JOB_CPUS_PER_NODE=2";
        check(one, "SLURM_JOB_CPUS_PER_NODE is \"2\"");
        check(
            &format!("{TWO} SLURMD_NODENAME=n9"),
            "SLURMD_NODENAME is \"n9\"",
        );
        check(&format!("{TWO} HET_SIZE=2"), "heterogeneous");
        check(
            &format!("{TWO} MEM_PER_CPU=many"),
            "SLURM_MEM_PER_CPU is \"many\"",
        );
    }
}
