//! The comparison as data.

use super::choices::{NamedChoice, metric_key};
use convsweep_answers::{
    Answers, ComparedPair, ImageAgreement, ImageRelation, KeyDifference,
    MOST_CONFIGURATIONS_OF_ALL_PAIRS, McNemar, Standing, SweepResults, compare_networks,
    differing_keys, image_agreement,
};
use convsweep_spec::metric::Metric;
use convsweep_store::{Database, StoreError};

/// What was compared with what, and how it came out.
pub struct ChoiceComparison {
    /// The metric.
    pub metric: Metric,
    /// What is compared, in the order given.
    pub choices: Vec<NamedChoice>,
    /// The keys of the resolved files that differ, with a value for each choice.
    pub keys: Vec<KeyDifference>,
    /// Choices that validate on the same images, in the order given.
    pub groups: Vec<ImageGroup>,
    /// Pairs of choices of one group image by image.
    pub agreements: Vec<((usize, usize), ImageAgreement)>,
    /// McNemar's test of each pair of single jobs on the same images.
    pub networks: Vec<((usize, usize), McNemar)>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// Choices that validate on the same images.
pub struct ImageGroup {
    /// The choices, as places among all.
    pub choices: Vec<usize>,
    /// What their results say. The configurations are those of the choices, or all of the
    /// experiment.
    pub answers: Answers,
    /// The position of each choice among these configurations.
    positions: Vec<usize>,
}

impl ChoiceComparison {
    /// Compares `choices` by `metric`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn of(
        database: &Database,
        metric: Metric,
        choices: Vec<NamedChoice>,
    ) -> Result<ChoiceComparison, StoreError> {
        let resolved: Vec<_> = choices.iter().map(|c| &c.results.resolved).collect();
        let keys = differing_keys(&resolved);
        let mut groups = Vec::new();
        for members in by_images(&choices) {
            groups.push(ImageGroup::of(database, &metric, &choices, members)?);
        }
        let (mut agreements, mut networks) = (Vec::new(), Vec::new());
        for (a, b) in groups.iter().flat_map(ImageGroup::pairs_of_choices) {
            let (first, second) = (&choices[a], &choices[b]);
            let agreement = image_agreement(&first.results, &second.results);
            agreements.extend(agreement.map(|agreement| ((a, b), agreement)));
            if first.job.is_some()
                && second.job.is_some()
                && let [x] = first.results.runs.as_slice()
                && let [y] = second.results.runs.as_slice()
            {
                networks.extend(compare_networks(x, y).map(|test| ((a, b), test)));
            }
        }
        Ok(ChoiceComparison {
            metric,
            keys,
            groups,
            agreements,
            networks,
            notes: Vec::new(),
            choices,
        })
    }

    /// The result of a choice; `None` if it has none.
    pub fn standing(&self, choice: usize) -> Option<&Standing> {
        let mut groups = self.groups.iter();
        groups.find_map(|group| group.standing(choice))
    }

    /// How the images of two choices relate.
    pub fn relation(&self, a: usize, b: usize) -> ImageRelation {
        relation(&self.choices[a], &self.choices[b])
    }
}

impl ImageGroup {
    fn of(
        database: &Database,
        metric: &Metric,
        choices: &[NamedChoice],
        members: Vec<usize>,
    ) -> Result<ImageGroup, StoreError> {
        if let Some(experiment) = common_experiment(metric, choices, &members)
            && let Some(sweep) = database.sweep_results(experiment)?
            && sweep.configurations.len() <= MOST_CONFIGURATIONS_OF_ALL_PAIRS
            && let Some(positions) = positions(&sweep, choices, &members)
        {
            return Ok(ImageGroup {
                answers: Answers::of(&sweep),
                choices: members,
                positions,
            });
        }
        let sweep = of_choices(metric, choices, &members);
        Ok(ImageGroup {
            answers: Answers::of(&sweep),
            positions: (0..members.len()).collect(),
            choices: members,
        })
    }

    /// Whether the answers are those of the whole experiment.
    pub fn is_whole_experiment(&self) -> bool {
        !self.answers.experiment.is_empty()
    }

    /// The result of a choice; `None` if it has none, or belongs to another group.
    pub fn standing(&self, choice: usize) -> Option<&Standing> {
        self.rank(choice).map(|rank| &self.answers.standings[rank])
    }

    fn rank(&self, choice: usize) -> Option<usize> {
        let place = self.choices.iter().position(|member| *member == choice)?;
        let mut standings = self.answers.standings.iter();
        standings.position(|standing| standing.position == self.positions[place])
    }

    /// The choices with a result, the best first.
    pub fn ranked(&self) -> Vec<usize> {
        let mut ranked: Vec<usize> = self.choices.clone();
        ranked.retain(|choice| self.rank(*choice).is_some());
        ranked.sort_by_key(|choice| self.rank(*choice));
        ranked
    }

    /// The comparison of two choices; `a` ranks before `b`.
    pub fn pair(&self, a: usize, b: usize) -> Option<&ComparedPair> {
        self.answers.pair(self.rank(a)?, self.rank(b)?)
    }

    /// All pairs of choices with a result, the best first.
    pub fn ranked_pairs(&self) -> Vec<(usize, usize)> {
        all_pairs(&self.ranked())
    }

    fn pairs_of_choices(&self) -> Vec<(usize, usize)> {
        all_pairs(&self.choices)
    }
}

fn all_pairs(choices: &[usize]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (i, &a) in choices.iter().enumerate() {
        pairs.extend(choices[i + 1..].iter().map(|&b| (a, b)));
    }
    pairs
}

/// The choices in groups that validate on the same images.
fn by_images(choices: &[NamedChoice]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, choice) in choices.iter().enumerate() {
        let is_same =
            |group: &&mut Vec<usize>| relation(choice, &choices[group[0]]) == ImageRelation::Same;
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

fn relation(a: &NamedChoice, b: &NamedChoice) -> ImageRelation {
    a.results.image_relation(&b.results)
}

/// The experiment of all of them, if they are configurations of one and compared by its metric: its
/// own answers then hold, so that nothing else is said here than there.
fn common_experiment<'a>(
    metric: &Metric,
    choices: &'a [NamedChoice],
    members: &[usize],
) -> Option<&'a str> {
    let first = &choices[*members.first()?];
    let is_alike =
        |choice: &NamedChoice| choice.job.is_none() && choice.experiment == first.experiment;
    let is_own = metric_key(&first.own_metric.0) == metric_key(metric);
    let all = members.iter().all(|&member| is_alike(&choices[member]));
    (is_own && all).then_some(&first.experiment)
}

fn positions(
    sweep: &SweepResults,
    choices: &[NamedChoice],
    members: &[usize],
) -> Option<Vec<usize>> {
    let position = |&member: &usize| {
        let id = &choices[member].results.configuration;
        sweep
            .configurations
            .iter()
            .position(|c| c.configuration == *id)
    };
    members.iter().map(position).collect()
}

/// The choices alone, as one sweep without axes.
fn of_choices(metric: &Metric, choices: &[NamedChoice], members: &[usize]) -> SweepResults {
    let mut configurations = Vec::with_capacity(members.len());
    for &member in members {
        let mut results = choices[member].results.clone();
        results.label = choices[member].name.clone();
        configurations.push(results);
    }
    let margin = members
        .first()
        .and_then(|&first| choices[first].own_metric.1);
    let is_same = |member: &usize| choices[*member].own_metric == (metric.clone(), margin);
    let rounds = members.iter().map(|&member| choices[member].race_rounds);
    SweepResults {
        experiment: String::new(),
        metric: metric.clone(),
        margin: margin.filter(|_| members.iter().all(is_same)),
        baseline: None,
        axes: vec![],
        race_rounds: rounds.max().unwrap_or(0),
        configurations,
    }
}
