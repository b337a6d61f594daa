//! The real programs, as a user runs them: small sweeps, crashes, mistakes.
//!
//! `convsweep-worker` is found next to `convsweep`; `just test` builds both first.

mod commands;
mod compare;
mod control;
mod cut_logs;
mod damage;
mod damaged_database;
mod damaged_logs;
mod damaged_searches;
mod data_prune;
mod decisions;
mod durability;
mod environment;
mod errors;
mod fake_worker;
mod faults;
mod full_disk;
mod hostile_input;
mod interrupted_searches;
mod jobs;
mod kills;
mod language;
mod lost_files;
mod memory;
mod mistakes;
mod needs;
mod order;
mod outcomes;
mod own_images;
mod paper;
mod processes;
mod range;
mod readers;
mod report_across;
mod shipped_experiments;
mod stopping_rules;
mod support;
mod sweep;
mod torture;
mod transfer;
mod unreadable;
mod verdict;
mod watch;
mod winners;
mod worker_pipes;
