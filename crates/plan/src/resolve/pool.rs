//! Pooling layers.

use super::padding::padding;
use crate::language::reader::TableReader;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use convsweep_spec::model::{Padding, Pool, PoolKind};

pub(super) fn pool(reader: &TableReader, sink: &mut ProblemSink) -> Option<Pool> {
    let kind: PoolKind = reader.choice("pool")?;
    if kind.is_global() {
        let why = "a global pool covers the whole feature map";
        return without_windows(kind, reader, why, &["size", "stride", "padding"], sink);
    }
    if kind.is_adaptive() {
        let why = "an adaptive pool chooses its windows itself";
        return without_windows(kind, reader, why, &["stride", "padding"], sink);
    }
    let size = reader.pair("size")?;
    let padding = padding(reader, sink)?;
    if let Padding::Pixels(pixels) = padding
        && (0..2).any(|d| pixels[d] > size[d] / 2)
    {
        let [rows, columns] = size;
        let title =
            format!("a pool of size {rows}×{columns} can be padded by half of that at most");
        let node = reader.given("padding")?;
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        let help = "with more, windows would be outside the image";
        sink.report(problem.label("too much").help(help));
        return None;
    }
    Some(Pool {
        kind,
        size,
        stride: reader.pair("stride").unwrap_or(size),
        padding,
    })
}

/// A pool whose windows follow from the feature map, so that `unused` keys have no effect.
fn without_windows(
    kind: PoolKind,
    reader: &TableReader,
    why: &str,
    unused: &[&str],
    sink: &mut ProblemSink,
) -> Option<Pool> {
    let mut right = true;
    for key in unused {
        if let Some(node) = reader.given(key) {
            right = false;
            let title = format!("{why} and has no `{key}`");
            let problem = Problem::of(ProblemCode::NoEffect, node, title);
            let help = format!("remove `{key}`, or use \"max\" or \"average\"");
            sink.report(problem.label("has no effect").help(help));
        }
    }
    let size = if !kind.is_adaptive() {
        [0, 0]
    } else if reader.given("size").is_some() {
        reader.pair("size")?
    } else {
        let node = reader.given("pool")?;
        let problem = Problem::of(
            ProblemCode::Missing,
            node,
            "an adaptive pool needs a `size`",
        );
        let help = "size = [rows, columns] of its output";
        sink.report(problem.label("to which size?").help(help));
        return None;
    };
    right.then_some(Pool {
        kind,
        size,
        stride: [0, 0],
        padding: Padding::Valid,
    })
}
