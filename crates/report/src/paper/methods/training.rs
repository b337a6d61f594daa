//! How the networks were trained: optimizer, schedule, epochs, batches, and the weights that count.

use super::prose::{count, number, percent};
use super::setting::setting;
use crate::ranking::{MetricFormat, RankedConfiguration, Ranking};
use crate::tables::escaped;
use convsweep_spec::task::RangeTest;
use convsweep_spec::train::{
    Anneal, ClassWeights, Course, Length, Optimizer, Phase, Precision, Rule, Schedule, TrainSpec,
};

pub(super) fn sentences(ranking: &Ranking) -> Vec<String> {
    let train = |c: &RankedConfiguration| c.row.member.resolved.train.clone();
    let start = setting(
        ranking,
        "file of initial weights",
        |c| train(c).from.map(|from| start(&from.hash)),
        str::to_string,
    );
    let course = setting(
        ranking,
        "course of training",
        |c| Some(course(c, &train(c))),
        |course| format!("Training was {course}."),
    );
    let batch = setting(
        ranking,
        "batch size",
        |c| Some(batch(&train(c))),
        |batch| format!("Each step took {batch}."),
    );
    let loss = setting(
        ranking,
        "loss",
        |c| Some(loss(&train(c))),
        |loss| format!("The loss was {loss}."),
    );
    let weights = setting(
        ranking,
        "choice of the weights that were evaluated",
        |c| weights(c, &train(c)),
        |weights| format!("The weights that were evaluated are those of {weights}."),
    );
    let all = [start, course, batch, precision(ranking), loss, weights];
    all.into_iter().flatten().collect()
}

/// Nothing is said where all is computed in f32, as readers expect.
fn precision(ranking: &Ranking) -> Option<String> {
    let of = |c: &RankedConfiguration| c.row.member.resolved.train.precision;
    if ranking.configurations.iter().all(|c| of(c).is_f32()) {
        return None;
    }
    setting(
        ranking,
        "precision of convolutions and dense layers",
        |c| Some(precision_words(of(c)).into()),
        |precision| format!("Convolutions and dense layers were computed in {precision}."),
    )
}

fn precision_words(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => "32-bit floating point",
        Precision::Tf32 => "TensorFloat-32",
        Precision::Bf16 => "bfloat16, with weights, losses and the optimizer in 32 bits",
    }
}

fn start(hash: &str) -> String {
    let short: String = hash.chars().take(12).collect();
    format!(
        "Training started from given weights (BLAKE3 hash \\texttt{{{}}}).",
        escaped(&short)
    )
}

/// The phases; words that follow "was".
fn course(configuration: &RankedConfiguration, train: &TrainSpec) -> String {
    if let Some(test) = configuration.row.member.resolved.task.range_test() {
        return range_test(&test, train);
    }
    let phases: Vec<String> = train.phases.iter().map(phase).collect();
    let mut text = format!("for {}", phases.join(", then for "));
    if let Some(stopping) = &train.early_stopping {
        let metric = MetricFormat::from(&stopping.metric);
        text += &format!(
            "; it ended early when the {} had not improved for {}",
            metric.words(),
            count(stopping.patience.into(), "epoch")
        );
        if stopping.min_delta > 0.0 {
            text += &format!(" by more than {}", number(stopping.min_delta));
        }
    }
    text
}

fn range_test(test: &RangeTest, train: &TrainSpec) -> String {
    let to = train.phases.first().map_or(0.0, |phase| phase.optimizer.lr);
    format!(
        "a learning-rate range test~\\cite{{smith2017}}: the rate rose by the same factor at each \
         of {} from {} to {}",
        count(test.steps.into(), "step"),
        number(test.from),
        number(to)
    )
}

fn phase(phase: &Phase) -> String {
    let mut text = format!(
        "{} with {}, {}",
        count(phase.epochs.into(), "epoch"),
        optimizer(&phase.optimizer),
        schedule(&phase.schedule)
    );
    if !phase.freeze.is_empty() {
        let frozen = escaped(&phase.freeze.join(", "));
        text += &format!(" (layers not trained: {frozen})");
    }
    text
}

fn optimizer(optimizer: &Optimizer) -> String {
    let mut options = vec![format!("learning rate {}", number(optimizer.lr))];
    let name = rule(&optimizer.rule, &mut options);
    if optimizer.weight_decay > 0.0 {
        let kind = match (optimizer.decouples(), optimizer.decay_norm_and_bias) {
            (true, true) => "decoupled weight decay",
            (true, false) => "decoupled weight decay of all but biases and norms,",
            (false, true) => "weight decay",
            (false, false) => "weight decay of all but biases and norms,",
        };
        options.push(format!("{kind} {}", number(optimizer.weight_decay)));
    }
    if let Some(norm) = optimizer.clip_norm {
        let norm = number(norm);
        options.push(format!(
            "gradients clipped~\\cite{{pascanu2013}} to a norm of {norm}"
        ));
    }
    if !optimizer.groups.is_empty() {
        let groups = count(optimizer.groups.len() as u64, "group");
        options.push(format!(
            "{groups} of layers with rates or decays of their own"
        ));
    }
    format!("{name} ({})", options.join(", "))
}

/// The name of an update rule; adds its options.
fn rule(rule: &Rule, options: &mut Vec<String>) -> &'static str {
    let mut add = |name: &str, value: f64| options.push(format!("{name} {}", number(value)));
    match *rule {
        Rule::Sgd { momentum, nesterov } => {
            match nesterov {
                true => add("Nesterov momentum", momentum),
                false => add("momentum", momentum),
            }
            "stochastic gradient descent"
        }
        Rule::Adam(moments) => {
            add("$\\beta_1$", moments.beta1);
            add("$\\beta_2$", moments.beta2);
            add("$\\epsilon$", moments.epsilon);
            "Adam~\\cite{kingma2015}"
        }
        Rule::Adamw(moments) => {
            add("$\\beta_1$", moments.beta1);
            add("$\\beta_2$", moments.beta2);
            add("$\\epsilon$", moments.epsilon);
            "AdamW~\\cite{loshchilov2019}"
        }
        Rule::Rmsprop {
            decay,
            epsilon,
            momentum,
            ..
        } => {
            add("decay of the mean square", decay);
            add("$\\epsilon$", epsilon);
            add("momentum", momentum);
            "RMSprop~\\cite{tieleman2012}"
        }
        Rule::Adagrad { epsilon, .. } => {
            add("$\\epsilon$", epsilon);
            "Adagrad~\\cite{duchi2011}"
        }
        Rule::Lion { beta1, beta2 } => {
            add("$\\beta_1$", beta1);
            add("$\\beta_2$", beta2);
            "Lion~\\cite{chen2023}"
        }
        Rule::Muon {
            momentum, adam_lr, ..
        } => {
            add("momentum", momentum);
            add(
                "learning rate of norms, biases and the last layer, trained by AdamW,",
                adam_lr,
            );
            "Muon~\\cite{jordan2024}"
        }
    }
}

fn schedule(schedule: &Schedule) -> String {
    let mut text = match &schedule.course {
        Course::Constant => "at a constant rate".into(),
        Course::Step {
            every_epochs,
            factor,
        } => format!(
            "the rate multiplied by {} after every {}",
            number(*factor),
            count((*every_epochs).into(), "epoch")
        ),
        Course::MultiStep {
            after_epochs,
            factor,
        } => {
            let epochs: Vec<String> = after_epochs.iter().map(u32::to_string).collect();
            format!(
                "the rate multiplied by {} after epochs {}",
                number(*factor),
                epochs.join(", ")
            )
        }
        Course::Exponential { factor } => {
            format!(
                "the rate multiplied by {} over every epoch",
                number(*factor)
            )
        }
        Course::Polynomial {
            epochs,
            power,
            min_lr,
        } => fall(
            &format!("as a polynomial of power {}", number(*power)),
            *epochs,
            *min_lr,
        ),
        Course::Cosine { epochs, min_lr } => fall(
            "along half a cosine~\\cite{loshchilov2017}",
            *epochs,
            *min_lr,
        ),
        Course::CosineRestarts {
            every_epochs,
            growth,
            min_lr,
        } => format!(
            "the rate falling along half cosines to {} with warm restarts~\\cite{{loshchilov2017}} \
             (first cycle {}, each next one {growth} times as long)",
            number(*min_lr),
            count((*every_epochs).into(), "epoch")
        ),
        Course::OneCycle {
            epochs,
            pct_start,
            anneal,
            ..
        } => format!(
            "the rate going through one cycle~\\cite{{smith2019}} of {}, rising over {} of it ({})",
            count((*epochs).into(), "epoch"),
            percent(*pct_start),
            match anneal {
                Anneal::Cosine => "half cosines",
                Anneal::Linear => "straight lines",
            }
        ),
        Course::Triangular {
            cycle_epochs,
            min_lr,
            ..
        } => format!(
            "the rate going through triangular cycles~\\cite{{smith2017}} of {} epochs from {}",
            number(*cycle_epochs),
            number(*min_lr)
        ),
        Course::Plateau {
            metric,
            factor,
            patience,
            ..
        } => format!(
            "the rate multiplied by {} when the {} had not improved for more than {}",
            number(*factor),
            MetricFormat::from(metric).words(),
            count((*patience).into(), "epoch")
        ),
    };
    if let Some(warmup) = &schedule.warmup {
        let length = match warmup.length {
            Length::Epochs(epochs) => format!("{} epochs", number(epochs)),
            Length::Steps(steps) => count(steps.into(), "step"),
        };
        let from = number(warmup.from);
        text += &format!(" after a linear warm-up over {length} from {from} of the rate");
    }
    text
}

fn fall(how: &str, epochs: u32, min_lr: f64) -> String {
    let epochs = count(epochs.into(), "epoch");
    format!("the rate falling {how} over {epochs} to {}", number(min_lr))
}

fn batch(train: &TrainSpec) -> String {
    let images = count(train.batch_size.into(), "image");
    match train.accumulate {
        0 | 1 => format!("a batch of {images}"),
        batches => format!("{batches} batches of {images}, whose gradients were accumulated"),
    }
}

fn loss(train: &TrainSpec) -> String {
    let mut text = "the cross-entropy".to_string();
    if train.loss.label_smoothing > 0.0 {
        let share = number(train.loss.label_smoothing);
        text += &format!(" with label smoothing~\\cite{{szegedy2016}} of {share}");
    }
    if train.loss.focal > 0.0 {
        let exponent = number(train.loss.focal);
        text += &format!(" with the focal factor~\\cite{{lin2017}} of exponent {exponent}");
    }
    match &train.loss.class_weights {
        Some(ClassWeights::Balanced) => {
            text += " with classes weighted inversely to their numbers of images";
        }
        Some(ClassWeights::Given(_)) => text += " with given weights of the classes",
        None => {}
    }
    text
}

/// The weights that count; words that follow "those of". A range test keeps none.
fn weights(configuration: &RankedConfiguration, train: &TrainSpec) -> Option<String> {
    if configuration.is_range_test() {
        return None;
    }
    let mut text = match &train.best {
        Some(metric) => {
            let metric = MetricFormat::from(metric);
            format!("the epoch with the best {}", metric.words())
        }
        None => "the last epoch".into(),
    };
    if let Some(decay) = train.ema {
        let decay = number(decay);
        text += &format!(", as an exponential moving average over the steps (decay {decay})");
    }
    if train.tta_flip {
        text += ", with the probabilities of each image and its mirror image averaged";
    }
    Some(text)
}
