//! Resolves points: their sections, and what must fit between them.

use super::augment::{augment, check_channels};
use super::data::{ResolvedData, check_facts, data};
use super::image_set::{check_division, settle};
use super::kind::ExperimentKind;
use super::layer_patterns::check_patterns;
use super::lookup::{Inputs, SetProblem};
use super::model::{model, summary};
use super::occurrences::ProblemOccurrences;
use super::section_cache::{SectionCache, SectionNumber};
use super::section_values::SectionValues;
use super::train::{ResolvedTrain, train};
use super::transfer::TransferReader;
use crate::grid::point::GridPoint;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::augment::AugmentSpec;
use convsweep_spec::canonical::{Digest, digest};
use convsweep_spec::configuration::{Configuration, ConfigurationDigest};
use convsweep_spec::data::DataFacts;
use convsweep_spec::model::ModelSpec;
use convsweep_spec::shape::{ModelSummary, Shape, TensorShape, tensors};
use convsweep_spec::task::Task;
use convsweep_spec::train::TrainSpec;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// A resolved point.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedPoint {
    pub data: Rc<ResolvedData>,
    pub facts: Arc<DataFacts>,
    pub augment: Rc<AugmentSpec>,
    pub model: Rc<ModelSpec>,
    pub summary: Arc<ModelSummary>,
    pub train: Rc<TrainSpec>,
    pub task: Task,
    /// The trained weights that its jobs start from.
    pub weights: Option<StartingWeights>,
    pub digest: ConfigurationDigest,
}

/// Trained weights that jobs start from.
#[derive(Clone, Debug)]
pub(crate) struct StartingWeights {
    pub path: PathBuf,
    /// How they fit the network, in words.
    pub note: String,
}

impl ResolvedPoint {
    pub(crate) fn configuration(&self) -> Configuration {
        Configuration {
            data: self.data.spec.clone(),
            augment: (*self.augment).clone(),
            model: (*self.model).clone(),
            train: (*self.train).clone(),
            task: self.task,
        }
    }

    /// Number of jobs for one seed.
    pub(crate) fn folds(&self) -> u32 {
        self.data.spec.split.folds().unwrap_or(1)
    }
}

struct DataSection {
    data: Rc<ResolvedData>,
    facts: Arc<DataFacts>,
    digest: Digest,
}

struct AugmentSection {
    spec: Rc<AugmentSpec>,
    digest: Digest,
}

struct ModelSection {
    spec: Rc<ModelSpec>,
    /// `None` if layers do not fit, or without facts of the image set.
    summary: Option<Arc<ModelSummary>>,
    /// Its tensors, once a training has asked for them.
    tensors: OnceCell<Vec<TensorShape>>,
    digest: Digest,
}

impl ModelSection {
    /// The tensors of the network, which has this summary.
    fn tensors(&self, summary: &ModelSummary) -> &[TensorShape] {
        self.tensors.get_or_init(|| tensors(&self.spec, summary))
    }
}

struct TrainSection {
    spec: Rc<TrainSpec>,
    resolved: ResolvedTrain,
    digest: Digest,
}

/// How a training and a network fit: a note for the user, and problems.
type Fit = Rc<(Option<String>, Vec<Problem>)>;

/// Resolves points of one file.
pub(crate) struct Resolver<'a> {
    sections: SectionValues<'a>,
    inputs: Inputs<'a>,
    kind: ExperimentKind,
    data: SectionCache<DataSection>,
    augment: SectionCache<AugmentSection>,
    model: SectionCache<ModelSection>,
    train: SectionCache<TrainSection>,
    fits: HashMap<(SectionNumber, SectionNumber), Fit>,
    transfers: TransferReader<'a>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        sections: SectionValues<'a>,
        inputs: Inputs<'a>,
        kind: ExperimentKind,
    ) -> Resolver<'a> {
        let experiment = sections.root.get("experiment");
        let name = experiment.and_then(|e| e.get("name")?.text());
        Resolver {
            sections,
            inputs,
            kind,
            data: SectionCache::new(),
            augment: SectionCache::new(),
            model: SectionCache::new(),
            train: SectionCache::new(),
            fits: HashMap::new(),
            transfers: TransferReader::new(inputs, name),
        }
    }

    /// Resolves `point`, which has this index.
    pub(crate) fn resolve(
        &mut self,
        point: &GridPoint,
        index: usize,
        occurrences: &mut ProblemOccurrences,
    ) -> Option<ResolvedPoint> {
        let data = self.data(point);
        let data = self.data.get(data);
        let facts = data.value.as_ref().map(|data| &*data.facts);
        let augment = self.augment(point, facts);
        let augment = self.augment.get(augment);
        let model_number = self.model(point, facts);
        let model = self.model.get(model_number);
        let train_number = self.train(point, data.value.as_ref());
        let train = self.train.get(train_number);
        for problems in [
            &data.problems,
            &augment.problems,
            &model.problems,
            &train.problems,
        ] {
            occurrences.add(problems, index);
        }
        let (data, augment) = (data.value.as_ref()?, augment.value.as_ref()?);
        let (model, train) = (model.value.as_ref()?, train.value.as_ref()?);
        let summary = model.summary.as_ref()?;
        let fit = self.fit((train_number, train), (model_number, model), summary);
        let (note, problems) = &*fit;
        occurrences.add(problems, index);
        if !problems.is_empty() {
            return None;
        }
        let digests = [data.digest, augment.digest, model.digest, train.digest];
        let weights = train.resolved.from.as_ref().map(|from| StartingWeights {
            path: from.path.clone(),
            note: note.clone().unwrap_or_default(),
        });
        Some(ResolvedPoint {
            data: data.data.clone(),
            facts: data.facts.clone(),
            augment: augment.spec.clone(),
            model: model.spec.clone(),
            summary: summary.clone(),
            train: train.spec.clone(),
            task: self.kind.task(),
            weights,
            digest: ConfigurationDigest::of_sections(digests, &data.facts.hash),
        })
    }

    /// How a training and a network fit.
    fn fit(
        &mut self,
        (train_number, train): (SectionNumber, &TrainSection),
        (model_number, model): (SectionNumber, &ModelSection),
        summary: &ModelSummary,
    ) -> Fit {
        let key = (train_number, model_number);
        let fits = &mut self.fits;
        let fit = fits.entry(key);
        fit.or_insert_with(|| fit_of(train, model, summary)).clone()
    }

    fn data(&mut self, point: &GridPoint) -> SectionNumber {
        let part = self.sections.part(point, &["data"]);
        if let Some(number) = self.data.find(&part) {
            return number;
        }
        let mut sink = ProblemSink::default();
        let section = self.sections.section("data", &part, &mut sink);
        let resolved = section.and_then(|node| data(&node, &self.inputs, &mut sink));
        let value = resolved.and_then(|data| self.with_facts(data, &mut sink));
        self.data.insert(part, value, sink.problems)
    }

    fn with_facts(&self, mut data: ResolvedData, sink: &mut ProblemSink) -> Option<DataSection> {
        let lookup = self.inputs.lookup;
        match lookup.facts(&data.spec, data.path.as_deref(), data.limits) {
            Ok(facts) => {
                settle(&mut data, &facts, sink);
                check_facts(&data, &facts, sink);
                if sink.is_empty() {
                    check_division(&mut data, &facts, sink);
                }
                Some(DataSection {
                    digest: digest(&data.spec),
                    data: Rc::new(data),
                    facts: Arc::new(facts),
                })
            }
            Err(SetProblem::Images(why)) => {
                let source = data.spec.source.name();
                let title = format!("the images of \"{source}\" cannot be used");
                let problem = Problem::at(ProblemCode::ImageSet, data.source_span, title);
                sink.report(problem.note(why));
                None
            }
            Err(SetProblem::Cache(why)) => {
                let title = "the folder of image sets cannot be used";
                sink.report(Problem::nowhere(ProblemCode::ImageSet, title).note(why));
                None
            }
        }
    }

    fn augment(&mut self, point: &GridPoint, facts: Option<&DataFacts>) -> SectionNumber {
        let part = self.sections.part(point, &["augment", "data"]);
        if let Some(number) = self.augment.find(&part) {
            return number;
        }
        let mut sink = ProblemSink::default();
        let section = self.sections.section("augment", &part, &mut sink);
        let resolved = section.and_then(|node| augment(&node, &mut sink));
        if let (Some(resolved), Some(facts)) = (&resolved, facts) {
            check_channels(resolved, facts.channels, &mut sink);
        }
        let value = resolved.map(|resolved| AugmentSection {
            digest: digest(&resolved.spec),
            spec: Rc::new(resolved.spec),
        });
        self.augment.insert(part, value, sink.problems)
    }

    /// Without facts the layers are checked one by one, but not how they fit together.
    fn model(&mut self, point: &GridPoint, facts: Option<&DataFacts>) -> SectionNumber {
        let part = self.sections.part(point, &["model", "blocks", "data"]);
        if let Some(number) = self.model.find(&part) {
            return number;
        }
        let mut sink = ProblemSink::default();
        let classes = facts.map_or(1, class_count);
        let blocks = self.sections.section("blocks", &part, &mut sink);
        let blocks = blocks.unwrap_or_else(|| Node::empty_table(Span::BUILT_IN));
        let section = self.sections.section("model", &part, &mut sink);
        let resolved = section.and_then(|node| model(&node, &blocks, classes, &mut sink));
        let value = match resolved {
            Some(resolved) => {
                let summary = facts
                    .and_then(|facts| summary(&resolved, image_shape(facts), classes, &mut sink));
                Some(ModelSection {
                    digest: digest(&resolved.spec),
                    spec: Rc::new(resolved.spec),
                    summary: summary.map(Arc::new),
                    tensors: OnceCell::new(),
                })
            }
            None => None,
        };
        self.model.insert(part, value, sink.problems)
    }

    fn train(&mut self, point: &GridPoint, data: Option<&DataSection>) -> SectionNumber {
        let part = self.sections.part(point, &["train", "data"]);
        if let Some(number) = self.train.find(&part) {
            return number;
        }
        let mut sink = ProblemSink::default();
        let section = self.sections.section("train", &part, &mut sink);
        let classes = data.map(|data| data.facts.classes.len());
        let alternatives = self.sections.alternatives;
        let resolved = section
            .and_then(|node| train(&node, alternatives, classes, &mut self.transfers, &mut sink));
        let value = resolved.map(|resolved| self.train_section(resolved, data));
        self.train.insert(part, value, sink.problems)
    }

    fn train_section(&self, resolved: ResolvedTrain, data: Option<&DataSection>) -> TrainSection {
        let mut spec = resolved.spec.clone();
        if let Some(data) = data {
            spec = self.kind.training(spec, &data.data.spec, &data.facts);
        }
        TrainSection {
            digest: Configuration::training_digest(&spec, self.kind.task()),
            spec: Rc::new(spec),
            resolved,
        }
    }
}

/// Checks what `[train]` says about the network.
fn fit_of(train: &TrainSection, model: &ModelSection, summary: &ModelSummary) -> Fit {
    let resolved = &train.resolved;
    if resolved.patterns.is_empty() && resolved.from.is_none() {
        return Rc::default();
    }
    let mut sink = ProblemSink::default();
    let network = model.tensors(summary);
    check_patterns(&resolved.patterns, &train.spec, network, &mut sink);
    let from = resolved.from.as_ref();
    let note = from.and_then(|from| from.check(network, &mut sink));
    Rc::new((note, sink.problems))
}

fn class_count(facts: &DataFacts) -> u32 {
    u32::try_from(facts.classes.len()).unwrap_or(u32::MAX)
}

fn image_shape(facts: &DataFacts) -> Shape {
    Shape::Image {
        channels: facts.channels,
        height: facts.height,
        width: facts.width,
    }
}
