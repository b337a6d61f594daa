//! Whether a position that was read from a file can be one of this job: a file whose hash is right
//! may still belong elsewhere, and files of older programs have no hash.

use convsweep_spec::checkpoint::{EpochMetrics, Partial, Position};
use convsweep_spec::job::Question;
use convsweep_spec::metric::{Number, is_reproducible};
use std::collections::BTreeMap;

/// What is known about a job apart from its states.
pub(crate) struct JobFacts<'a> {
    pub question: &'a Question,
    /// Number of training images.
    pub images: usize,
    /// The metrics in the job's log, by epoch.
    pub logged: &'a BTreeMap<u32, BTreeMap<String, Number>>,
}

impl JobFacts<'_> {
    /// Checks a position of the job itself.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the file.
    pub(crate) fn check_own(&self, position: &Position) -> Result<(), String> {
        if position.job != self.question.job_id() {
            return Err(format!("is a state of job {}", position.job));
        }
        self.check(position)?;
        for metrics in &position.history {
            self.check_logged(metrics)?;
        }
        Ok(())
    }

    /// Checks a position that this job could have reached, whichever job has written it.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the file.
    pub(crate) fn check(&self, position: &Position) -> Result<(), String> {
        let Position { epoch, step, .. } = position;
        let (epochs, steps) = (self.question.configuration.train.epochs(), self.steps());
        if *epoch > epochs || (*epoch == epochs && *step > 0) {
            return Err(format!(
                "is damaged: it is at step {step} after epoch {epoch}, the job has {epochs} epochs"
            ));
        }
        // After the last step, a job that is stopped while it validates writes a checkpoint.
        if *step > steps {
            return Err(format!(
                "is damaged: it is at step {step}, an epoch has {steps} steps"
            ));
        }
        self.check_key(position)?;
        self.check_sums(*step, &position.partial)?;
        self.check_history(position)
    }

    /// Steps of an epoch.
    fn steps(&self) -> u32 {
        let of_step = self.question.configuration.train.step_images();
        self.images.div_ceil(of_step) as u32
    }

    fn check_key(&self, position: &Position) -> Result<(), String> {
        let expected = (position.step == 0).then(|| self.question.state_key(position.epoch));
        if position.key != expected {
            return Err("is damaged: its key does not belong to its epoch".into());
        }
        Ok(())
    }

    /// The sums over the completed steps of the current epoch.
    fn check_sums(&self, step: u32, sums: &Partial) -> Result<(), String> {
        let of_step = self.question.configuration.train.step_images();
        let images = (step as usize * of_step).min(self.images) as u64;
        let numbers = [sums.loss_sum, sums.gradient_norm_sum, sums.seconds];
        let is_possible = numbers.iter().all(|number| number.is_finite())
            && (step > 0 || *sums == Partial::default());
        if sums.images != images || sums.correct > images || !is_possible {
            return Err(format!(
                "is damaged: its sums are not those of {images} images"
            ));
        }
        Ok(())
    }

    /// The completed epochs, each with its phase and its number of steps.
    fn check_history(&self, position: &Position) -> Result<(), String> {
        let history = &position.history;
        if history.len() != position.epoch as usize {
            return Err(format!(
                "is damaged: it is after epoch {}, but has the metrics of {}",
                position.epoch,
                history.len()
            ));
        }
        let training = &self.question.configuration.train;
        let is_test = self.question.configuration.task.range_test().is_some();
        for (before, metrics) in (0..).zip(history) {
            let phase = training.phase_of(before).map(|(index, _)| index as u32);
            let end = u64::from(before + 1) * u64::from(self.steps());
            // A range test ends as soon as the loss explodes.
            let has_steps = metrics.step == end || (is_test && metrics.step < end);
            if metrics.epoch != before + 1 || phase != Some(metrics.phase) || !has_steps {
                let number = before + 1;
                return Err(format!(
                    "is damaged: the metrics of epoch {number} are missing or out of place"
                ));
            }
        }
        Ok(())
    }

    /// Compares the metrics of an epoch with those in the job's log, if it has them.
    fn check_logged(&self, metrics: &EpochMetrics) -> Result<(), String> {
        let Some(logged) = self.logged.get(&metrics.epoch) else {
            return Ok(());
        };
        let reproducible = logged.iter().filter(|(name, _)| is_reproducible(name));
        for (name, value) in reproducible {
            let found = metrics.values.get(name);
            if found.is_none_or(|found| found.0.total_cmp(&value.0).is_ne()) {
                let epoch = metrics.epoch;
                return Err(format!(
                    "contradicts the job's log: {name} of epoch {epoch} is another one there"
                ));
            }
        }
        Ok(())
    }
}
