//! What of an experiment is shown, and how: the state that is in the page's address.

use form_urlencoded::{Serializer, parse};
use std::collections::{BTreeMap, BTreeSet};

/// Configurations that can be ticked at most.
pub const MOST_TICKED: usize = 12;
/// Rows of the leaderboard on one page.
pub const ROWS: usize = 50;
/// Characters of a value that are read at most.
const LONGEST_VALUE: usize = 300;
/// Beginning of the names of filters; the path of the axis follows.
const FILTER: &str = "where.";

/// What is shown, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The metric of the curves; the experiment's own if it is not given.
    pub metric: Option<String>,
    /// What the curves are drawn over.
    pub x: CurveAxis,
    /// Whether each seed has a curve of its own.
    pub each_seed: bool,
    /// Configurations that are compared, in the order in which they were ticked.
    pub ticked: Vec<String>,
    /// The column that the leaderboard is sorted by.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub is_reversed: bool,
    /// Values of axes that configurations must have, by path.
    pub filters: BTreeMap<String, String>,
    /// Text that labels must contain.
    pub text: String,
    /// Page of the leaderboard, from 0.
    pub page: usize,
    /// What only the script needs: smoothing, scales and the part that is looked at.
    pub drawing: BTreeMap<String, String>,
}

/// What curves are drawn over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurveAxis {
    /// Completed epochs.
    #[default]
    Epoch,
    /// Completed steps.
    Step,
    /// Seconds of training.
    Seconds,
}

/// Columns by which the leaderboard can be sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The order of the answers.
    #[default]
    Rank,
    /// The name.
    Label,
    /// Finished runs.
    Runs,
    /// Trainable parameters.
    Parameters,
    /// Multiply-accumulate operations for one image.
    Macs,
    /// Training time.
    Time,
}

impl CurveAxis {
    /// All of them with their words.
    pub const ALL: [(CurveAxis, &str); 3] = [
        (CurveAxis::Epoch, "epoch"),
        (CurveAxis::Step, "step"),
        (CurveAxis::Seconds, "seconds"),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        let found = CurveAxis::ALL.iter().find(|(axis, _)| *axis == self);
        found.map_or("epoch", |(_, name)| name)
    }
}

impl Sort {
    const ALL: [(Sort, &str); 6] = [
        (Sort::Rank, "rank"),
        (Sort::Label, "configuration"),
        (Sort::Runs, "runs"),
        (Sort::Parameters, "parameters"),
        (Sort::Macs, "macs"),
        (Sort::Time, "time"),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        let found = Sort::ALL.iter().find(|(sort, _)| *sort == self);
        found.map_or("rank", |(_, name)| name)
    }
}

impl View {
    /// The view of an address; what cannot be understood is left out.
    pub fn of_query(query: &str) -> View {
        let mut view = View::default();
        for (name, value) in parse(query.as_bytes()) {
            let value: String = value.chars().take(LONGEST_VALUE).collect();
            view.set(&name, value);
        }
        view
    }

    fn set(&mut self, name: &str, value: String) {
        match name {
            "metric" if !value.is_empty() => self.metric = Some(value),
            "x" => {
                let found = CurveAxis::ALL.iter().find(|(_, word)| *word == value);
                self.x = found.map_or(CurveAxis::default(), |(axis, _)| *axis);
            }
            "seeds" => self.each_seed = value == "each",
            "tick" if self.ticked.len() < MOST_TICKED && !self.ticked.contains(&value) => {
                self.ticked.push(value);
            }
            "sort" => {
                let found = Sort::ALL.iter().find(|(_, word)| *word == value);
                self.sort = found.map_or(Sort::default(), |(sort, _)| *sort);
            }
            "order" => self.is_reversed = value == "reversed",
            "text" => self.text = value,
            "page" => self.page = value.parse::<usize>().unwrap_or(1).saturating_sub(1),
            "smooth" | "log" | "zoom" if !value.is_empty() && value != "0" => {
                self.drawing.insert(name.into(), value);
            }
            _ => {
                if let Some(axis) = name.strip_prefix(FILTER)
                    && !value.is_empty()
                {
                    self.filters.insert(axis.into(), value);
                }
            }
        }
    }

    /// The name of a filter's field.
    pub fn filter_field(axis: &str) -> String {
        format!("{FILTER}{axis}")
    }

    /// The address's part behind the question mark; empty for the view that is shown at first.
    pub fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(metric) = &self.metric {
            query.append_pair("metric", metric);
        }
        if self.x != CurveAxis::default() {
            query.append_pair("x", self.x.name());
        }
        if self.each_seed {
            query.append_pair("seeds", "each");
        }
        for (name, value) in &self.drawing {
            query.append_pair(name, value);
        }
        if !self.text.is_empty() {
            query.append_pair("text", &self.text);
        }
        for (axis, value) in &self.filters {
            query.append_pair(&View::filter_field(axis), value);
        }
        if self.sort != Sort::default() {
            query.append_pair("sort", self.sort.name());
        }
        if self.is_reversed {
            query.append_pair("order", "reversed");
        }
        for ticked in &self.ticked {
            query.append_pair("tick", ticked);
        }
        if self.page > 0 {
            query.append_pair("page", &(self.page + 1).to_string());
        }
        query.finish()
    }

    /// The view sorted by another column, or turned round if it is sorted by this one.
    pub fn sorted_by(&self, sort: Sort) -> View {
        View {
            is_reversed: self.sort == sort && !self.is_reversed,
            sort,
            page: 0,
            ..self.clone()
        }
    }

    /// The view on another page of the leaderboard.
    pub fn on_page(&self, page: usize) -> View {
        View {
            page,
            ..self.clone()
        }
    }

    /// Whether a configuration with this label and these values (path and label) is shown.
    pub fn shows(&self, label: &str, values: &[(String, String)]) -> bool {
        let text = self.text.trim().to_lowercase();
        if !label.to_lowercase().contains(&text) {
            return false;
        }
        let values: BTreeSet<(&str, &str)> = values
            .iter()
            .map(|(path, value)| (path.as_str(), value.as_str()))
            .collect();
        self.filters
            .iter()
            .all(|(path, value)| values.contains(&(path.as_str(), value.as_str())))
    }

    /// Whether anything is filtered out.
    pub fn is_filtered(&self) -> bool {
        !self.filters.is_empty() || !self.text.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_shown() {
        let query = "metric=val_loss&x=seconds&seeds=each&log=y&smooth=30&zoom=2_7.5&text=lr+0.1%26\
            &where.model.parameters.width=16&sort=time&order=reversed&tick=ab&tick=cd&page=3";
        let view = View::of_query(query);
        assert_eq!(view.query(), query);
        assert_eq!(view.x, CurveAxis::Seconds);
        assert_eq!(view.page, 2);
        assert_eq!(view.text, "lr 0.1&");
        assert_eq!(View::of_query("").query(), "");
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let view =
            View::of_query("x=<b>&sort=1&page=-4&page=x&order=&tick=a&tick=a&%ff=%ff&smooth=0");
        assert_eq!(view.query(), "tick=a");
        let many: String = (0..100).map(|i| format!("tick={i}&")).collect();
        assert_eq!(View::of_query(&many).ticked.len(), MOST_TICKED);
        let long = View::of_query(&format!("text={}", "x".repeat(100_000)));
        assert_eq!(long.text.len(), LONGEST_VALUE);
    }

    #[test]
    fn a_column_is_sorted_by_and_turned_round() {
        let view = View::of_query("page=4").sorted_by(Sort::Time);
        assert_eq!(view.query(), "sort=time");
        assert_eq!(
            view.sorted_by(Sort::Time).query(),
            "sort=time&order=reversed"
        );
        assert_eq!(view.sorted_by(Sort::Rank).query(), "");
    }

    #[test]
    fn configurations_are_filtered_by_values_and_text() {
        let values = [("a.width".to_string(), "16".to_string())];
        let shows = |query: &str| View::of_query(query).shows("width 16, LR 0.1", &values);
        assert!(shows("") && shows("where.a.width=16&text=lr"));
        assert!(!shows("where.a.width=32") && !shows("where.depth=16") && !shows("text=sgd"));
    }
}
