//! The limits of the sources.
//!
//! The spreads of files and functions were measured at commit 3fee6b9, before the sources were
//! rearranged but with the present format (README.md), so that like is compared with like.

use crate::statistics::Spread;

/// Percentage of the lines that may be over 100 columns.
pub const LONG_LINES_PERCENT: f64 = 1.0;

/// Closures among 1,000 lines of code.
pub const CLOSURES_PER_THOUSAND: f64 = 40.0;

/// Number of names that may stand for more than one type.
pub const REPEATED_TYPE_NAMES: usize = 5;

/// Lines of a file.
pub const FILE_LINES: usize = 500;

/// Lines of a function.
pub const FUNCTION_LINES: usize = 100;

/// Files' lines, median and 95th percentile.
pub const FILES: Spread = Spread {
    median: 174,
    percentile_95: 523,
    maximum: FILE_LINES,
};

/// Functions' lines, median and 95th percentile.
pub const FUNCTIONS: Spread = Spread {
    median: 11,
    percentile_95: 50,
    maximum: FUNCTION_LINES,
};
