//! Convolutions, forward and backward, against the definition in f64.

#[path = "../common/mod.rs"]
mod common;
mod definition;
mod large_and_special_inputs;
mod random_shapes;

#[test]
fn tests_pass_with_narrower_instruction_sets() {
    common::on_narrower_instruction_sets();
}
