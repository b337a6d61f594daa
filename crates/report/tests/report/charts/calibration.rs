//! Calibration of the chosen configuration.

use super::{chart_of, files_of};
use crate::marks::{faint_lines, lines, markers};
use crate::synthetic::cases::six;
use crate::synthetic::predictions::predictions_file;
use convsweep_report::charts::ChartData;
use convsweep_report::charts::calibration::Calibration;
use convsweep_report::draw::color::SERIES;
use convsweep_report::draw::style::DOTTED;
use convsweep_report::job_files::predictions;
use convsweep_report::ranking::Ranking;
use safetensors::SafeTensors;

#[test]
fn the_error_is_that_of_the_probabilities_in_the_file() {
    let bytes = predictions_file(10);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("predictions.safetensors");
    std::fs::write(&path, &bytes).expect("writes");
    let kept = predictions::read(&path, None).expect("reads");
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let files = files_of(&rows, &ranking, kept);
    let data = ChartData::new(&ranking, &files);
    let calibration = Calibration::new(&data).expect("kept");
    assert_eq!(calibration.runs.len(), 3);
    assert_eq!(calibration.all.images(), 600);
    let expected = 100.0 * error_of(&bytes);
    assert!(
        (calibration.error.mean - expected).abs() < 1e-9,
        "{expected}"
    );
    let chart = chart_of(&rows, "calibration");
    let said = format!("{expected:.2}");
    assert!(
        chart.caption.contains(&said),
        "{said} is not in {}",
        chart.caption
    );
    assert!(chart.caption.contains("n = 600 predictions"));
}

/// The expected calibration error, computed bin by bin from the tensors.
fn error_of(bytes: &[u8]) -> f64 {
    let file = SafeTensors::deserialize(bytes).expect("a file");
    let numbers = |name: &str| {
        let tensor = file.tensor(name).expect("a tensor").data();
        let pairs = tensor.chunks_exact(2);
        let numbers = pairs.map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])));
        numbers.collect::<Vec<usize>>()
    };
    let (label, predicted) = (numbers("test.label"), numbers("test.predicted"));
    let probability = file.tensor("test.probability").expect("a tensor");
    let mut error = 0.0;
    for bin in 0..15 {
        let (mut images, mut right, mut sure) = (0.0, 0.0, 0.0);
        for (i, &class) in predicted.iter().enumerate() {
            let at = (i * 10 + class) * 4;
            let four = probability.data()[at..at + 4]
                .try_into()
                .expect("four bytes");
            let confidence = f64::from(f32::from_le_bytes(four));
            if confidence > bin as f64 / 15.0 && confidence <= (bin + 1) as f64 / 15.0 {
                images += 1.0;
                sure += confidence;
                right += f64::from(u8::from(label[i] == class));
            }
        }
        if images > 0.0 {
            error += images / label.len() as f64 * (right / images - sure / images).abs();
        }
    }
    error
}

#[test]
fn each_run_is_pale_and_all_together_are_marked() {
    let scene = chart_of(&six().rows(), "calibration").scene;
    assert_eq!(faint_lines(&scene).count(), 3);
    assert!(markers(&scene, SERIES[0]).len() >= 5);
    let diagonal = lines(&scene)
        .find(|line| line.dash == DOTTED)
        .expect("where all is well");
    let [from, to] = diagonal.points[..] else {
        panic!("two ends");
    };
    assert!(from.0 < to.0 && from.1 > to.1);
}
