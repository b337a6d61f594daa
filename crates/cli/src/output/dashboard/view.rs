//! What a person has asked to see: the pane, its order, the filter and the place in it.

use super::pane::{ORDERS, WatchPane};

/// What a person has asked to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchView {
    /// The pane that is shown.
    pub pane: WatchPane,
    /// Rows are shown whose text has all of these words.
    pub filter: String,
    /// Whether the filter is being typed.
    pub is_typing: bool,
    /// The first row that is shown, of each pane.
    offsets: [usize; WatchPane::COUNT],
    /// The order of each pane, as a place in its orders.
    orders: [usize; WatchPane::COUNT],
    /// Whether the order of each pane is reversed.
    reversed: [bool; WatchPane::COUNT],
    /// Rows that the pane has, and that fit, when it was drawn last.
    pub rows: usize,
    pub page: usize,
}

impl WatchView {
    /// A pane as it is at the beginning.
    #[cfg(test)]
    pub fn of(pane: WatchPane) -> WatchView {
        WatchView {
            pane,
            ..WatchView::default()
        }
    }

    /// The first row that is shown, as far as there are so many.
    pub fn offset(&self) -> usize {
        self.offset_among(self.rows, self.page)
    }

    /// The first that is shown of so many rows, of which so many fit.
    pub fn offset_among(&self, rows: usize, page: usize) -> usize {
        self.offsets[self.pane as usize].min(rows.saturating_sub(page))
    }

    /// The name of the order of the rows.
    pub fn order(&self) -> &'static str {
        let orders = ORDERS[self.pane as usize];
        orders[self.orders[self.pane as usize] % orders.len()]
    }

    /// Whether the rows are in the order that they have at the beginning.
    pub fn has_first_order(&self) -> bool {
        self.order() == ORDERS[self.pane as usize][0] && !self.is_reversed()
    }

    /// Whether the order is reversed.
    pub fn is_reversed(&self) -> bool {
        self.reversed[self.pane as usize]
    }

    /// Whether a row with this text is shown.
    pub fn shows(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let filter = self.filter.to_lowercase();
        filter.split_whitespace().all(|word| text.contains(word))
    }

    /// Shows the pane that follows this one by so many places.
    pub fn turn(&mut self, places: usize) {
        let next = (self.pane as usize + places) % WatchPane::COUNT;
        self.pane = WatchPane::ALL[next];
    }

    /// Takes the next order of the pane.
    pub fn next_order(&mut self) {
        self.orders[self.pane as usize] += 1;
        self.scroll_to(0);
    }

    /// Turns the order of the pane round.
    pub fn reverse(&mut self) {
        let reversed = &mut self.reversed[self.pane as usize];
        *reversed = !*reversed;
        self.scroll_to(0);
    }

    /// Moves by rows, down if positive.
    pub fn scroll_by(&mut self, rows: isize) {
        self.scroll_to(self.offset().saturating_add_signed(rows));
    }

    /// Moves to a row, or to the last ones.
    pub fn scroll_to(&mut self, row: usize) {
        let last = self.rows.saturating_sub(self.page);
        self.offsets[self.pane as usize] = row.min(last);
    }
}
