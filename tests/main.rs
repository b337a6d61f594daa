//! The real programs, as a user runs them: small sweeps, crashes, mistakes.
//!
//! `convsweep-worker` is found beside `convsweep`; `just test` builds both first.

mod commands;
mod control;
mod kills;
mod language;
mod mistakes;
mod needs;
mod order;
mod outcomes;
mod range;
mod recipes;
mod support;
mod sweep;
mod torture;
mod transfer;
