"""Writes metrics.json: scikit-learn's scores of made-up predictions.

    python tests/vectors/metrics.py     (scikit-learn, numpy)

scikit-learn does not have the calibration error, so it follows its definition (Guo et al. 2017, 15 bins).
"""

import json
import pathlib

import numpy as np
from sklearn import metrics as m


def calibration_error(labels, probabilities, bins=15):
    predicted, confidence = probabilities.argmax(1), probabilities.max(1).astype(float)
    error = 0.0
    for low in range(bins):
        inside = (confidence > low / bins) & (confidence <= (low + 1) / bins)
        if inside.any():
            error += abs((predicted == labels)[inside].mean() - confidence[inside].mean()) * inside.mean()
    return error


def case(classes, images, seed, step):
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, images - classes)])
    logits = random.normal(size=(images, classes)) + 1.5 * np.eye(classes)[labels]
    # Rounded to produce ties.
    probabilities = np.exp(np.round(logits / step) * step)
    probabilities = (probabilities / probabilities.sum(1, keepdims=True)).astype(np.float32)
    predicted = probabilities.argmax(1)
    own = probabilities[np.arange(images), labels]
    every = range(classes)
    scores = {
        "val_top5_accuracy": float(((probabilities > own[:, None]).sum(1) < 5).mean()),
        "val_macro_precision": m.precision_score(labels, predicted, average="macro", zero_division=0),
        "val_macro_f1": m.f1_score(labels, predicted, average="macro", zero_division=0),
        "val_weighted_f1": m.f1_score(labels, predicted, average="weighted", zero_division=0),
        "val_balanced_accuracy": m.balanced_accuracy_score(labels, predicted),
        "val_roc_auc": float(np.mean([m.roc_auc_score(labels == c, probabilities[:, c]) for c in every])),
        "val_calibration_error": calibration_error(labels, probabilities),
    }
    numbers = [float(p) for p in probabilities.flatten()]
    of_class = m.precision_recall_fscore_support(labels, predicted, labels=list(every), zero_division=np.nan)
    listed = lambda values: [None if np.isnan(v) else float(v) for v in values]
    per_class = dict(zip(("precision", "recall", "f1", "images"), map(listed, of_class)))
    confusion = m.confusion_matrix(labels, predicted, labels=list(every)).tolist()
    return dict(
        classes=classes, labels=labels.tolist(), probabilities=numbers, scores=scores, confusion=confusion, per_class=per_class
    )


cases = [case(2, 40, 0, 0.01), case(4, 60, 1, 0.5), case(10, 60, 2, 0.01)]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
