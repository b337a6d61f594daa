//! Whole reports of synthetic experiments: words, files, charts judged by their marks, and sealed
//! test images.

mod across;
mod answer;
mod charts;
mod colors;
mod files;
mod image_sets;
mod marks;
mod methods;
mod paper;
mod ranking;
mod sealing;
#[path = "../synthetic/mod.rs"]
mod synthetic;
mod warnings;
