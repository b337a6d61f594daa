//! Tables of texts as HTML.

use maud::{Markup, html};

/// A row of a table, with the class that highlights it.
pub struct TableRow<'a> {
    /// CSS class.
    pub class: Option<&'static str>,
    /// A text for each column.
    pub cells: &'a [String],
    /// Columns whose cells are highlighted.
    pub bold: Vec<usize>,
}

impl<'a> TableRow<'a> {
    /// A row that is not highlighted.
    pub fn plain(cells: &'a [String]) -> TableRow<'a> {
        TableRow::classed(None, cells)
    }

    /// A row that is highlighted as this class is.
    pub fn classed(class: Option<&'static str>, cells: &'a [String]) -> TableRow<'a> {
        TableRow {
            class,
            cells,
            bold: Vec::new(),
        }
    }
}

/// A table that scrolls on its own if it is wider than the page.
pub fn wide_table(columns: &[impl AsRef<str>], rows: &[TableRow]) -> Markup {
    html! {
        div class="wide" tabindex="0" role="group" aria-label="table" {
            table {
                thead {
                    tr {
                        @for column in columns {
                            th scope="col" { (column.as_ref()) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr class=[row.class] {
                            @for (i, cell) in row.cells.iter().enumerate() {
                                td {
                                    @if row.bold.contains(&i) { b { (cell) } } @else { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
