//! Workers on the nodes of an allocation of Slurm.
//!
//! On the node where this program runs, workers are ordinary processes ([`crate::local`]); on the
//! others, each is a step that `srun` runs, with the same lines over its pipes. Before anything is
//! trained, this program is started once on each other node to say what that has, and whether it
//! sees the results folder ([`ask_nodes`]).

mod ask;
mod launcher;
mod slots;

pub use ask::{NodeQuestion, OtherNodes, ask_nodes, node_report};
pub use launcher::NodesLauncher;
pub use slots::{AllocationSlots, NodeDevices, StepSlot, allocation_slots};
