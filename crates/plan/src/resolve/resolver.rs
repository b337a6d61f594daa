//! Resolves points. A section is resolved once for all points that agree in the axes that touch it,
//! so that a large grid costs what differs in it; problems remember the points at which they
//! happen.

use crate::document::files::{ReadFile, Sources};
use crate::document::merge::{self, Alternatives};
use crate::grid::axes::{Axes, SECTIONS};
use crate::grid::labels;
use crate::grid::points::Point;
use crate::language::check::Sink;
use crate::resolve::lookup::Known;
use crate::resolve::{augment, data, model, patterns, range, train, transfer};
use crate::source::problem::Problem;
use crate::source::tree::{Entry, Node, Origin};
use convsweep_spec::augment::AugmentSpec;
use convsweep_spec::canonical::{Digest, digest};
use convsweep_spec::configuration::{Configuration, ConfigurationDigest};
use convsweep_spec::data::DataFacts;
use convsweep_spec::model::ModelSpec;
use convsweep_spec::shape::{ModelSummary, Shape, tensors};
use convsweep_spec::task::Task;
use convsweep_spec::train::TrainSpec;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// What lies outside of the file's tree: its texts, other files, image sets.
pub(crate) struct Around<'a> {
    pub sources: &'a Sources,
    pub read: &'a ReadFile<'a>,
    pub known: &'a dyn Known,
}

/// What a point resolves to.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub data: Rc<data::Data>,
    pub facts: Arc<DataFacts>,
    pub augment: Rc<AugmentSpec>,
    pub model: Rc<ModelSpec>,
    pub summary: Arc<ModelSummary>,
    pub train: Rc<TrainSpec>,
    /// The file that the weights come from, and how they fit, in words.
    pub weights: Option<(PathBuf, String)>,
    pub task: Task,
    pub digest: ConfigurationDigest,
}

impl Resolved {
    pub(crate) fn configuration(&self) -> Configuration {
        Configuration {
            data: self.data.spec.clone(),
            augment: (*self.augment).clone(),
            model: (*self.model).clone(),
            train: (*self.train).clone(),
            task: self.task,
        }
    }
}

/// A section's outcome, shared by points: what it is if it is right, and what is wrong with it.
type Shared<T> = Rc<(Option<T>, Vec<Problem>)>;
/// How a training and a network fit, in words, and what is wrong.
type Between = (Option<String>, Rc<Vec<Problem>>);
type Cache<T> = HashMap<Point, Shared<T>>;

/// Resolves points of one file.
pub(crate) struct Points<'a> {
    root: &'a Node,
    around: &'a Around<'a>,
    axes: &'a Axes,
    others: &'a Alternatives,
    range: Option<range::RangeTest>,
    data: Cache<(Rc<data::Data>, Arc<DataFacts>)>,
    augment: Cache<Rc<AugmentSpec>>,
    model: Cache<(Rc<ModelSpec>, Option<Arc<ModelSummary>>)>,
    train: Cache<train::Train>,
    /// What is found between a training and a network, by where they lie.
    between: HashMap<[*const (); 2], Between>,
    files: transfer::Files,
    digests: HashMap<*const (), Digest>,
}

impl<'a> Points<'a> {
    pub(crate) fn new(
        root: &'a Node,
        around: &'a Around<'a>,
        axes: &'a Axes,
        others: &'a Alternatives,
    ) -> Points<'a> {
        let (data, augment, model, train, between, files, digests) = Default::default();
        let range = root.get("experiment").and_then(range::range_test);
        Points {
            root,
            around,
            axes,
            others,
            range,
            data,
            augment,
            model,
            train,
            between,
            files,
            digests,
        }
    }

    /// What `point`, the `index`th, resolves to; its problems are added to `hits`.
    pub(crate) fn resolve(
        &mut self,
        point: &Point,
        index: usize,
        hits: &mut Hits,
    ) -> Option<Resolved> {
        let data = self.data(point);
        let facts = data.0.as_ref().map(|d| d.1.clone());
        let augment = self.augment(point, facts.as_deref());
        let model = self.model(point, facts.as_deref());
        let train = self.train(point, data.0.as_ref());
        for problems in [&data.1, &augment.1, &model.1, &train.1] {
            problems.iter().for_each(|p| hits.add(p, index));
        }
        let (data, facts) = data.0.clone()?;
        let (model, summary) = model.0.clone()?;
        let (augment, train) = (augment.0.clone()?, train.0.clone()?);
        let summary = summary?;
        let (note, wrong) = self.between(&train, &model, &summary);
        wrong.iter().for_each(|p| hits.add(p, index));
        if !wrong.is_empty() {
            return None;
        }
        let weights = train.from.map(|from| (from.path, note.unwrap_or_default()));
        let train = train.spec;
        let sections = [
            self.digest(Rc::as_ptr(&data).cast(), &data.spec),
            self.digest(Rc::as_ptr(&augment).cast(), &*augment),
            self.digest(Rc::as_ptr(&model).cast(), &*model),
            self.training_digest(&train),
        ];
        let digest = ConfigurationDigest::of_sections(sections, &facts.hash);
        Some(Resolved {
            data,
            facts,
            augment,
            model,
            summary,
            train,
            weights,
            task: self.task(),
            digest,
        })
    }

    /// How a training and a network fit, found once for both.
    fn between(
        &mut self,
        train: &train::Train,
        model: &Rc<ModelSpec>,
        summary: &ModelSummary,
    ) -> Between {
        if train.patterns.is_empty() && train.from.is_none() {
            return (None, Rc::default());
        }
        let key = [Rc::as_ptr(&train.spec).cast(), Rc::as_ptr(model).cast()];
        let found = self.between.entry(key).or_insert_with(|| {
            let mut sink = Sink::new(false);
            let network = tensors(model, summary);
            patterns::fit(&train.patterns, &train.spec, &network, &mut sink);
            let note = train
                .from
                .as_ref()
                .and_then(|from| from.fit(&network, &mut sink));
            (note, Rc::new(sink.problems))
        });
        found.clone()
    }

    /// The digest of a section, made once for the place where it lies; the caches keep it there.
    fn digest(&mut self, place: *const (), section: &impl Serialize) -> Digest {
        *self.digests.entry(place).or_insert_with(|| digest(section))
    }

    fn training_digest(&mut self, train: &Rc<TrainSpec>) -> Digest {
        let task = self.task();
        let place = Rc::as_ptr(train).cast();
        *self
            .digests
            .entry(place)
            .or_insert_with(|| Configuration::training_digest(train, task))
    }

    fn task(&self) -> Task {
        self.range.map_or(Task::Train, |test| test.task())
    }

    fn data(&mut self, point: &Point) -> Shared<(Rc<data::Data>, Arc<DataFacts>)> {
        let key = self.part(point, &["data"]);
        if let Some(found) = self.data.get(&key) {
            return found.clone();
        }
        let mut sink = Sink::new(false);
        let data = self
            .section("data", &key, &mut sink)
            .and_then(|n| data::data(&n, self.around, &mut sink));
        let outcome =
            data.and_then(
                |data| match self.around.known.facts(&data.spec, data.path.as_deref()) {
                    Ok(facts) => {
                        data::agrees_with_facts(&data, &facts, &mut sink);
                        Some((Rc::new(data), Arc::new(facts)))
                    }
                    Err(why) => {
                        let source = data.spec.source.name();
                        let problem = Problem::new(
                            data.source_at,
                            format!("the images of \"{source}\" cannot be used"),
                            "",
                        )
                        .note(why);
                        sink.push(Problem {
                            data: true,
                            ..problem
                        });
                        None
                    }
                },
            );
        self.data
            .entry(key)
            .or_insert(Rc::new((outcome, sink.problems)))
            .clone()
    }

    fn augment(&mut self, point: &Point, facts: Option<&DataFacts>) -> Shared<Rc<AugmentSpec>> {
        let key = self.part(point, &["augment", "data"]);
        if let Some(found) = self.augment.get(&key) {
            return found.clone();
        }
        let mut sink = Sink::new(false);
        let augment = self
            .section("augment", &key, &mut sink)
            .and_then(|n| augment::augment(&n, &mut sink));
        if let (Some(augment), Some(facts)) = (&augment, facts) {
            augment::agrees_with_channels(augment, facts.channels, &mut sink);
        }
        let outcome = augment.map(|a| Rc::new(a.spec));
        self.augment
            .entry(key)
            .or_insert(Rc::new((outcome, sink.problems)))
            .clone()
    }

    /// Without facts the layers are checked one by one, but not how they fit.
    fn model(
        &mut self,
        point: &Point,
        facts: Option<&DataFacts>,
    ) -> Shared<(Rc<ModelSpec>, Option<Arc<ModelSummary>>)> {
        let key = self.part(point, &["model", "blocks", "data"]);
        if let Some(found) = self.model.get(&key) {
            return found.clone();
        }
        let mut sink = Sink::new(false);
        let classes = facts.map_or(1, |f| u32::try_from(f.classes.len()).unwrap_or(u32::MAX));
        let blocks = self
            .section("blocks", &key, &mut sink)
            .unwrap_or_else(|| Node::table(Origin::DEFAULT));
        let model = self
            .section("model", &key, &mut sink)
            .and_then(|n| model::model(&n, &blocks, classes, &mut sink));
        let outcome = model.map(|model| {
            let summary = facts.and_then(|f| {
                let image = Shape::Image {
                    channels: f.channels,
                    height: f.height,
                    width: f.width,
                };
                model::fits(&model, image, classes, &mut sink)
            });
            (Rc::new(model.spec), summary.map(Arc::new))
        });
        self.model
            .entry(key)
            .or_insert(Rc::new((outcome, sink.problems)))
            .clone()
    }

    fn train(
        &mut self,
        point: &Point,
        data: Option<&(Rc<data::Data>, Arc<DataFacts>)>,
    ) -> Shared<train::Train> {
        let key = self.part(point, &["train", "data"]);
        if let Some(found) = self.train.get(&key) {
            return found.clone();
        }
        let mut sink = Sink::new(false);
        let section = self.section("train", &key, &mut sink);
        let own = self
            .root
            .get("experiment")
            .and_then(|e| e.get("name"))
            .and_then(Node::text);
        let (around, files) = (self.around, &mut self.files);
        let mut weights = |node: &Node, patterns: &mut patterns::Patterns, sink: &mut Sink| {
            transfer::from(node, own, around, files, patterns, sink)
        };
        let classes = data.map(|(_, facts)| facts.classes.len());
        let mut train =
            section.and_then(|n| train::train(&n, self.others, classes, &mut weights, &mut sink));
        if let (Some(train), Some((data, facts)), Some(test)) = (&mut train, data, self.range) {
            train.spec = Rc::new(test.of(
                (*train.spec).clone(),
                range::training_images(&data.spec, facts),
            ));
        }
        self.train
            .entry(key)
            .or_insert(Rc::new((train, sink.problems)))
            .clone()
    }

    /// The point's values on axes of these sections.
    pub(crate) fn part(&self, point: &Point, sections: &[&str]) -> Point {
        let of = |axis: u32| sections.contains(&&*self.axes.all[axis as usize].segments[0]);
        point
            .iter()
            .copied()
            .filter(|(axis, _)| of(*axis))
            .collect()
    }

    /// The section with the values of `part` over it, shorter paths first. A missing section has
    /// been told of.
    pub(crate) fn section(&self, name: &str, part: &Point, sink: &mut Sink) -> Option<Node> {
        debug_assert!(SECTIONS.contains(&name));
        let mut root = Node::table(Origin::DEFAULT);
        if let Some(entry) = self.root.entry(name) {
            root.put(entry.clone());
        }
        let mut values: Vec<_> = part
            .iter()
            .filter(|(a, _)| &*self.axes.all[*a as usize].segments[0] == name)
            .collect();
        values.sort_by_key(|(axis, _)| self.axes.all[*axis as usize].segments.len());
        let before = sink.problems.len();
        for (axis, value) in &values {
            let axis = &self.axes.all[*axis as usize];
            let node = &axis.values[*value as usize].node;
            if let Err(problem) = merge::set(&mut root, &axis.segments, node, axis.at, self.others)
            {
                sink.push(*problem);
            }
        }
        for (axis, _) in &values {
            merge::drop_without_effect(&mut root, &self.axes.all[*axis as usize].segments);
        }
        if sink.problems.len() > before {
            return None;
        }
        match root.entry(name) {
            Some(Entry { node, .. }) => Some(node.clone()),
            None if name == "augment" => Some(Node::table(Origin::DEFAULT)),
            None => None,
        }
    }
}

/// Problems with the points at which they happen; those with one cause are one.
#[derive(Default)]
pub(crate) struct Hits {
    found: Vec<(Problem, Vec<usize>)>,
    index: HashMap<(Option<Origin>, String), usize>,
}

impl Hits {
    pub(crate) fn add(&mut self, problem: &Problem, point: usize) {
        let key = (problem.at, without_numbers(&problem.title));
        let at = *self.index.entry(key).or_insert_with(|| {
            self.found.push((problem.clone(), vec![]));
            self.found.len() - 1
        });
        if self.found[at].1.last() != Some(&point) {
            self.found[at].1.push(point);
        }
    }

    /// The problems, each saying under which axis values it happens where it does not happen
    /// everywhere.
    pub(crate) fn into_problems(self, axes: &Axes, points: &[Point]) -> Vec<Problem> {
        let told = |(mut problem, hit): (Problem, Vec<usize>)| {
            if hit.len() < points.len() {
                problem.notes.push(condition(axes, points, &hit));
            }
            problem
        };
        self.found.into_iter().map(told).collect()
    }
}

/// When it happens: the axes whose values tell it apart, or an example.
fn condition(axes: &Axes, points: &[Point], hit: &[usize]) -> String {
    let count = format!("{} of {} configurations", hit.len(), points.len());
    let mut telling: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for axis in 0..u32::try_from(axes.all.len()).unwrap_or(0) {
        let value = |p: &Point| p.iter().find(|(a, _)| *a == axis).map(|(_, v)| *v);
        let values: BTreeSet<Option<u32>> = hit.iter().map(|i| value(&points[*i])).collect();
        let all: BTreeSet<Option<u32>> = points.iter().map(value).collect();
        if !values.contains(&None) && values.len() < all.len() {
            telling.push((axis, values.into_iter().flatten().collect()));
        }
    }
    let holds = |p: &&Point| {
        telling
            .iter()
            .all(|(axis, values)| p.iter().any(|(a, v)| a == axis && values.contains(v)))
    };
    if !telling.is_empty() && points.iter().filter(holds).count() == hit.len() {
        let words: Vec<_> = telling
            .iter()
            .map(|(axis, values)| one_condition(axes, *axis, values))
            .collect();
        return format!("this happens where {} ({count})", words.join(" and "));
    }
    let example = hit.first().map_or(String::new(), |i| {
        labels::configuration(&axes.all, &points[*i], true)
    });
    format!("this happens in {count}, for example where {example}")
}

fn one_condition(axes: &Axes, axis: u32, values: &BTreeSet<u32>) -> String {
    let axis = &axes.all[axis as usize];
    let labels: Vec<_> = values
        .iter()
        .take(6)
        .map(|v| axis.values[*v as usize].label.as_str())
        .collect();
    let more = if values.len() > 6 { ", …" } else { "" };
    format!("{} = {}{more}", axis.path, labels.join(" or "))
}

fn without_numbers(title: &str) -> String {
    title.chars().filter(|c| !c.is_ascii_digit()).collect()
}
