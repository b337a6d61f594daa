//! Runs on a real Slurm, which `start.sh` starts on this machine with two nodes.

mod cluster;
mod inside;
mod submit;
