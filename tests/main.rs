//! The real programs, as a user runs them: small sweeps, kills, mistakes.
//!
//! `convsweep-worker` is found beside `convsweep`; `just test` builds both first.

mod kills;
mod language;
mod mistakes;
mod recipes;
mod support;
mod sweep;
