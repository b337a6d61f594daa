//! The store on tiny results folders.

mod answers;
mod attempts;
mod check;
mod damage;
mod folder;
mod images;
mod integrity;
mod kept;
mod logs;
mod lost;
mod queries;
mod readers;
mod results;
mod tables;
mod unusable;
