//! Resolved sections, each shared by all points that agree in the axes that it depends on, so that
//! a large grid costs only what differs in it.

use crate::grid::point::GridPoint;
use crate::source::problem::Problem;
use std::collections::HashMap;
use std::rc::Rc;

/// Number of a resolved section in its cache. It is never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SectionNumber(usize);

/// A section that was resolved, or what is wrong with it.
#[derive(Debug)]
pub(super) struct SectionOutcome<T> {
    pub value: Option<T>,
    pub problems: Vec<Problem>,
}

/// The outcomes of one section by the values of the axes that it depends on.
pub(super) struct SectionCache<T> {
    numbers: HashMap<GridPoint, SectionNumber>,
    outcomes: Vec<Rc<SectionOutcome<T>>>,
}

impl<T> SectionCache<T> {
    pub(super) fn new() -> SectionCache<T> {
        SectionCache {
            numbers: HashMap::new(),
            outcomes: vec![],
        }
    }

    pub(super) fn find(&self, part: &GridPoint) -> Option<SectionNumber> {
        self.numbers.get(part).copied()
    }

    pub(super) fn insert(
        &mut self,
        part: GridPoint,
        value: Option<T>,
        problems: Vec<Problem>,
    ) -> SectionNumber {
        let number = SectionNumber(self.outcomes.len());
        self.outcomes
            .push(Rc::new(SectionOutcome { value, problems }));
        self.numbers.insert(part, number);
        number
    }

    pub(super) fn get(&self, number: SectionNumber) -> Rc<SectionOutcome<T>> {
        self.outcomes[number.0].clone()
    }
}
