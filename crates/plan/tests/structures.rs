//! Structures of layers: what they are written out to, and the places of mistakes in them.

mod common;

use common::{SMALL, planned, problems, small};
use std::time::Instant;

/// [`SMALL`] with other layers instead of the convolution and the pooling, and further sections.
fn with(layers: &str, sections: &str) -> String {
    let from = SMALL.find("  { conv").expect("a convolution");
    let to = SMALL.find("  { flatten").expect("a flattening");
    let text = format!("{}  {layers}\n{}{sections}\n", &SMALL[..from], &SMALL[to..]);
    text.replace("parameters = { width = 16 }\n", "")
}

#[test]
fn structures_equal_their_layers_written_out() {
    let id = |file: &str| planned(file).configurations[0].member.configuration.clone();
    let check = |short: String, long: String| assert_eq!(id(&short), id(&long), "{short}\n{long}");
    let conv = "{ conv = 8, kernel = 3 },";
    check(
        with(&format!("{{ repeat = 3, layers = [ {conv} ] }},"), ""),
        with(&conv.repeat(3), ""),
    );
    check(
        with(
            &format!("{{ repeat = 0, layers = [ {conv} ] }}, {conv}"),
            "",
        ),
        with(conv, ""),
    );
    let nested = format!(
        "{{ repeat = 2, layers = [ {{ repeat = 2, layers = [ {conv} ] }}, {{ pool = \"max\" }} ] }},"
    );
    let pool = "{ pool = \"max\" },";
    check(
        with(&nested, ""),
        with(&format!("{conv}{conv}{pool}{conv}{conv}{pool}"), ""),
    );
    let blocks = "[blocks.two]\nparameters = { width = 8, kernel = 3 }\nlayers = [ { block = \"one\", width = \"$width\", kernel = \"$kernel\" }, { block = \"one\", width = 4 } ]\n\
        [blocks.one]\nparameters = { width = 1, kernel = 5 }\nlayers = [ { conv = \"$width\", kernel = \"$kernel\" } ]";
    let written =
        |w: u32, k: u32| format!("{{ conv = {w}, kernel = {k} }}, {{ conv = 4, kernel = 5 }},");
    check(
        with("{ block = \"two\" },", blocks),
        with(&written(8, 3), ""),
    );
    check(
        with("{ block = \"two\", width = 6, kernel = 1 },", blocks),
        with(&written(6, 1), ""),
    );
    let grown = "{ parallel = [ [], [ { norm = \"batch\" }, { activation = \"relu\" }, { conv = 4, kernel = 3, padding = \"same\", bias = false } ] ] },";
    check(
        with("{ dense-block = 2, growth = 4 },", ""),
        with(&grown.repeat(2), ""),
    );
    check(
        with(
            "{ dense-block = 1, growth = 4, layers = [ { conv = \"$growth\", kernel = 1 } ] },",
            "",
        ),
        with("{ parallel = [ [], [ { conv = 4, kernel = 1 } ] ] },", ""),
    );
}

#[test]
fn blocks_and_their_parameters_are_axes() {
    let blocks = "[blocks.b]\nparameters = { width = 8 }\nlayers = [ { conv = \"$width\", kernel = 3 } ]\n[[sweep]]\n";
    let counts = |axis: &str| {
        let plan = planned(&with("{ block = \"b\" },", &format!("{blocks}{axis}")));
        plan.configurations
            .iter()
            .map(|c| c.summary.layers[0].parameters)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counts("grid.\"blocks.b.parameters.width\" = [1, 2]"),
        [28, 56]
    );
    assert_eq!(counts("grid.\"model.layers.0.width\" = [1, 2]"), [28, 56]);
}

#[test]
fn mistakes_in_structures_are_shown_at_their_places() {
    let block = "[blocks.wide]\nparameters = { width = 8 }\nlayers = [\n  { conv = \"$width\", kernel = 3 },\n]";
    let files = [
        with(
            "{ residual = [ { conv = 8, kernel = 3, padding = \"same\" } ], shortcut = \"identity\" },",
            "",
        ),
        with("{ residual = [ { conv = 3, kernel = 3 } ] },", ""),
        with(
            "{ residual = [ { conv = 2, kernel = 1 } ], shortcut = \"pad\" },",
            "",
        ),
        with("{ residual = [] },", ""),
        with(
            "{ residual = [ { conv = 4, kernel = 1 } ], shortcut = [ { pool = \"max\" } ] },",
            "",
        ),
        with(
            "{ residual = [ { conv = 4, kernel = 1 } ], shortcut = \"direct\" },",
            "",
        ),
        with("{ parallel = [ [ { conv = 4, kernel = 3 } ], [] ] },", ""),
        with(
            "{ parallel = [ [ { conv = 4, kernel = 1 } ], [] ], join = \"add\" },",
            "",
        ),
        with("{ parallel = [ [], [ { conv = 4, kernal = 1 } ] ] },", ""),
        with("{ parallel = [ { conv = 4, kernel = 1 } ] },", ""),
        with(
            "{ repeat = 2, layers = [ { conv = 4, kernel = 20 } ] },",
            "",
        ),
        with(
            "{ repeat = \"$depth\", layers = [ { pool = \"max\" } ] },",
            "",
        ),
        with("{ repeat = 2 },", ""),
        with("{ block = \"wider\" },", block),
        with("{ block = \"wide\", with = 4 },", block),
        with("{ block = \"wide\", width = \"four\" },", block),
        with(
            "{ pool = \"max\" }, { block = \"wide\", width = 4 },",
            &block.replace("kernel = 3", "kernel = 33"),
        ),
        with("{ block = \"wide\" },", &block.replace("$width", "$widht")),
        with(
            "{ block = \"a\" },",
            "[blocks.a]\nlayers = [ { block = \"b\" } ]\n[blocks.b]\nlayers = [ { block = \"a\" } ]",
        ),
        with("{ block = \"a\" },", "[blocks.a]\nparameters = { n = 1 }"),
        with(
            "{ dense-block = 2, growth = 4, layers = [ { conv = 4, kernel = 1 } ] },",
            "",
        ),
        with("{ dense-block = 2 },", ""),
        with("{ conv = 6, kernel = 1, norm = \"group\" },", ""),
        with(
            "{ conv = 6, kernel = 1, norm = { name = \"group\", groups = 4 } },",
            "",
        ),
        with("{ pool = \"adaptive-average\" },", ""),
        with("{ pool = \"adaptive-max\", size = 64 },", ""),
        with(
            "{ transposed = 4, kernel = 3, stride = 2, padding = \"same\", output_padding = 1 },",
            "",
        ),
        with(
            "{ transposed = 4, kernel = 3, padding = 2, output_padding = 1 },",
            "",
        ),
        with("{ pad = 40, fill = \"reflect\" },", ""),
        with("{ pad = [1, 2, 3] },", ""),
        with("{ squeeze-excite = 4, activation = \"none\" },", ""),
        with(
            "{ pool = \"global-average\" }, { norm = \"instance\" },",
            "",
        ),
        with("{ upsample = 8192 }, { upsample = 8192 },", ""),
        small("layers = [", "layer = ["),
    ];
    let text: Vec<_> = files.iter().map(|file| problems(file)).collect();
    insta::assert_snapshot!("structures", text.join("\n\n"));
}

#[test]
fn endless_repetitions_are_refused_quickly() {
    let started = Instant::now();
    let check = |layers: &str, blocks: &str, words: &str| {
        let text = problems(&with(layers, blocks));
        assert!(text.contains(words), "{text}");
    };
    let mut bomb = String::new();
    for i in 0..12 {
        let twenty = format!("{{ block = \"b{}\" }}, ", i + 1).repeat(20);
        bomb += &format!("[blocks.b{i}]\nlayers = [ {twenty} ]\n");
    }
    bomb += "[blocks.b12]\nlayers = [ { activation = \"none\" } ]\n";
    check("{ block = \"b0\" },", &bomb, "more than 20000 entries");
    let mut deep = "{ activation = \"relu\" }".to_string();
    for _ in 0..9 {
        deep = format!("{{ repeat = 1000, layers = [ {deep} ] }}");
    }
    check(&format!("{deep},"), "", "more than 10000 layers");
    let mut nested = "{ activation = \"relu\" }".to_string();
    for _ in 0..17 {
        nested = format!("{{ residual = [ {nested} ] }}");
    }
    check(&format!("{nested},"), "", "nested more than 16 levels deep");
    assert!(
        started.elapsed().as_secs_f64() < 2.0,
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_block_may_use_parameters_of_the_model() {
    let model = |width: &str, rest: &str| {
        let layers = "{ conv = \"$width\", kernel = 3, activation = \"relu\" }";
        assert!(SMALL.contains(layers));
        SMALL.replace(layers, "{ block = \"wide\" }")
            + &format!("[blocks.wide]\n{rest}\nlayers = [ {{ conv = \"{width}\", kernel = 3 }} ]\n")
    };
    let counts = |text: &str| {
        planned(text)
            .configurations
            .iter()
            .map(|c| c.member.parameters)
            .collect::<Vec<_>>()
    };
    let own = counts(&model("$width", "parameters = { width = 8 }"));
    let axis = "[[sweep]]\ngrid.\"model.parameters.width\" = [8, 16]\n";
    assert_eq!(
        counts(&(model("$width", "") + axis))[0],
        own[0],
        "the model's where the block has none"
    );
    let wrong = problems(&model("$widht", ""));
    assert!(
        wrong.contains("nor of the model") && wrong.contains("did you mean \"$width\"?"),
        "{wrong}"
    );
    let hidden = problems(&(model("$width", "parameters = { width = 8 }") + axis));
    assert!(hidden.contains("no layer uses \"$width\""), "{hidden}");
}
