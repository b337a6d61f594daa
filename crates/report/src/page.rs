//! One HTML page that opens offline: the answer, the leaderboard, the charts, where it all comes
//! from.

use crate::answer::{LEVEL, p_value, paired};
use crate::charts::Chart;
use crate::draw::axis::duration;
use crate::draw::render::{escape, themed};
use crate::draw::text::{BOLD, FAMILY, REGULAR};
use crate::standing::Standing;
use crate::stats::McNemar;
use crate::tables::TextTable;
use base64::Engine as _;
use convsweep_spec::log::{Choice, Evidence};
use std::collections::BTreeMap;

/// What the page is made of.
pub struct Page<'a> {
    /// The comparison.
    pub standing: &'a Standing<'a>,
    /// The answer's paragraphs.
    pub answer: &'a [String],
    /// Warnings.
    pub warnings: &'a [String],
    /// The leaderboard.
    pub leaderboard: &'a TextTable,
    /// Charts with their SVG documents.
    pub charts: &'a [(Chart, String)],
}

impl Page<'_> {
    /// The page as text.
    pub fn html(&self) -> String {
        let revision = self.standing.revision;
        let title = escape(&revision.experiment);
        let question = revision.question.as_ref().map_or(String::new(), |q| {
            format!("<p class=\"question\">{}</p>", escape(q))
        });
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – report</title>\n<style>\n{fonts}{STYLE}</style>\n</head>\n<body>\n<main>\n<header><p class=\"kind\">Experiment</p><h1>{title}</h1>{question}</header>\n{answer}{stages}{leaderboard}{scores}{comparisons}{charts}{provenance}</main>\n</body>\n</html>\n",
            fonts = fonts(),
            answer = self.answer(),
            stages = self.stages(),
            leaderboard = self.leaderboard(),
            scores = self.scores(),
            comparisons = self.comparisons(),
            charts = self.charts(),
            provenance = self.provenance(),
        )
    }

    fn answer(&self) -> String {
        let mut text = String::from("<section class=\"answer\">\n<h2>Answer</h2>\n");
        for (i, paragraph) in self.answer.iter().enumerate() {
            let class = if i == 0 { " class=\"lead\"" } else { "" };
            text += &format!("<p{class}>{}</p>\n", escape(paragraph));
        }
        for warning in self.warnings {
            text += &format!(
                "<p class=\"warning\"><strong>Note.</strong> {}</p>\n",
                escape(warning)
            );
        }
        text + "</section>\n"
    }

    fn leaderboard(&self) -> String {
        let baseline = self.standing.baseline;
        let class = |i: usize| match i {
            0 if self.standing.ranked > 0 => " class=\"best\"",
            i if Some(i) == baseline => " class=\"baseline\"",
            _ => "",
        };
        let rows: String = self
            .leaderboard
            .rows
            .iter()
            .enumerate()
            .map(|(i, row)| format!("<tr{}>{}</tr>\n", class(i), cells(row)))
            .collect();
        format!(
            "<section>\n<h2>Leaderboard</h2>\n<p class=\"caption\">Ordered by {} alone; mean ± standard deviation over runs, 95 % interval of the mean by Student's t, n: finished of planned runs. MACs: multiply-accumulate operations for one image. Time: training one run, without epochs that were taken over from another job.{}</p>\n<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n",
            escape(&self.standing.measure.words()),
            self.sealed(),
            self.leaderboard
                .columns
                .iter()
                .map(|c| format!("<th scope=\"col\">{}</th>", escape(c)))
                .collect::<String>(),
        )
    }

    /// Scores beside the one that configurations are compared by.
    fn scores(&self) -> String {
        let Some(table) = crate::tables::scores(self.standing) else {
            return String::new();
        };
        let heads: String = table
            .columns
            .iter()
            .map(|c| format!("<th scope=\"col\">{}</th>", escape(c)))
            .collect();
        let rows: String = table
            .rows
            .iter()
            .map(|row| format!("<tr>{}</tr>\n", cells(row)))
            .collect();
        format!(
            "<section>\n<details><summary>Further scores</summary>\n<p class=\"caption\">On the validation images, by the weights that are kept; mean ± standard deviation over runs. Macro: the mean over the classes, each counting the same. ROC-AUC: of each class against the rest. Calibration error: how far the probability of the predicted class is from the share of right ones, over 15 bins. Precision, recall and F1 of each class: <code>convsweep query \"select * from per_class\"</code>.</p>\n<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div></details>\n</section>\n"
        )
    }

    /// What the stages of the file chose, with the evidence of that moment.
    fn stages(&self) -> String {
        let decisions = &self.standing.revision.decisions;
        if decisions.is_empty() {
            return String::new();
        }
        let measure = &self.standing.measure;
        let number =
            |v: f64| format!("{:.*}", measure.places(), v * measure.scale()).replace('-', "−");
        let row = |(i, evidence): (usize, &Evidence)| {
            let row = [
                evidence.label.clone(),
                number(evidence.mean.0),
                evidence.deviation.map_or("–".into(), |d| number(d.0)),
                evidence.n.to_string(),
            ];
            format!(
                "<tr{}>{}</tr>\n",
                if i == 0 { " class=\"best\"" } else { "" },
                cells(&row)
            )
        };
        let heads = [
            "configuration".to_string(),
            measure.words(),
            "standard deviation".into(),
            "n".into(),
        ];
        let heads: String = heads
            .iter()
            .map(|h| format!("<th scope=\"col\">{}</th>", escape(h)))
            .collect();
        let one = |d: &Choice| {
            let rows: String = d.evidence.iter().enumerate().map(row).collect();
            format!(
                "<details open><summary>{}: {}</summary><div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div></details>\n",
                escape(&d.stage),
                escape(&d.label),
            )
        };
        let all: String = decisions.iter().map(one).collect();
        format!(
            "<section class=\"stages\">\n<h2>Stages</h2>\n<p class=\"caption\">Each stage starts from what the one before it chose. The figures are those that were known when it chose; a choice stands until <code>--redecide</code> asks for it anew. A best of many looks better than it is: what is chosen and measured on the same images is no independent estimate.</p>\n{all}</section>\n"
        )
    }

    fn sealed(&self) -> &'static str {
        if self.standing.revision.show_test {
            " The file asks for the test figures of all configurations."
        } else {
            " Test figures are shown for the chosen configuration and the baseline only, so that nobody chooses by them."
        }
    }

    /// The best with the others, or all with the baseline.
    fn comparisons(&self) -> String {
        let s = self.standing;
        let shown: Vec<_> = match s.baseline.filter(|b| *b < s.ranked) {
            Some(_) => s.comparisons.iter().collect(),
            None => s.comparisons.iter().filter(|c| c.better == 0).collect(),
        };
        if shown.is_empty() {
            return String::new();
        }
        let measure = &s.measure;
        let number =
            |v: f64| format!("{:.*}", measure.places(), v * measure.scale()).replace('-', "−");
        let rows: String = shown
            .iter()
            .map(|c| {
                let difference = c.test.map(|t| t.difference);
                let row = [
                    s.entries[c.better].label().to_string(),
                    s.entries[c.worse].label().to_string(),
                    difference.map_or("–".into(), |d| number(d.mean)),
                    difference
                        .and_then(|d| d.interval)
                        .map_or("–".into(), |(a, b)| {
                            format!("{} to {}", number(a), number(b))
                        }),
                    c.test.and_then(|t| t.p).map_or("–".into(), bare),
                    c.corrected.map_or("–".into(), bare),
                    on_images(&c.images),
                ];
                let class = if c.corrected.is_some_and(|p| p < LEVEL) {
                    " class=\"clear\""
                } else {
                    ""
                };
                format!("<tr{class}>{}</tr>\n", cells(&row))
            })
            .collect();
        let unit = if measure.is_share() {
            " (percentage points)"
        } else {
            ""
        };
        let heads = [
            "better".into(),
            "worse".into(),
            format!("difference{unit}"),
            "95 % interval".into(),
            "p".into(),
            "p (Holm)".into(),
            "McNemar".into(),
        ];
        let heads: String = heads
            .iter()
            .map(|h: &String| format!("<th scope=\"col\">{}</th>", escape(h)))
            .collect();
        format!(
            "<section>\n<details{}>\n<summary>Could it be noise? {} comparisons</summary>\n<p class=\"caption\">Differences of {} paired by {}; two-sided t-test, corrected by Holm's method over all {} comparisons made ({}). McNemar's test asks, for two trained networks, whether they differ on the validation images that both classified; it knows nothing of how another seed would have come out. Shown is its p-value, or in how many of the pairs it is below 0.05. All comparisons are in comparisons.csv.</p>\n<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</details>\n</section>\n",
            if shown.len() <= 12 { " open" } else { "" },
            shown.len(),
            escape(&measure.words()),
            paired(s),
            s.comparisons.len(),
            if s.baseline.is_some_and(|b| b < s.ranked) {
                "each configuration with the baseline"
            } else {
                "all pairs"
            },
        )
    }

    fn charts(&self) -> String {
        self.charts
            .iter()
            .map(|(chart, svg)| {
                let name = &chart.name;
                format!(
                    "<section id=\"{name}\">\n<h2>{}</h2>\n<figure>\n{}<figcaption>{} <span class=\"files\"><a href=\"charts/{name}.svg\">SVG</a> <a href=\"charts/{name}.png\">PNG</a></span></figcaption>\n</figure>\n</section>\n",
                    escape(&capitalised(&chart.title)),
                    themed(svg),
                    escape(&chart.caption),
                )
            })
            .collect()
    }

    fn provenance(&self) -> String {
        let s = self.standing;
        let revision = s.revision;
        let jobs: usize = s.entries.iter().map(|e| e.runs.len()).sum();
        let finished = s.entries.iter().flat_map(|e| e.finished()).count();
        let seconds: f64 = s
            .entries
            .iter()
            .flat_map(|e| &e.runs)
            .map(|r| r.job.seconds)
            .sum();
        let mut facts: Vec<(&str, String)> = vec![
            (
                "File",
                format!("{} (revision {})", revision.file, revision.revision),
            ),
            (
                "Jobs",
                format!(
                    "{finished} of {jobs} finished, {} of training in all",
                    duration(seconds)
                ),
            ),
        ];
        if !revision.overrides.is_empty() {
            facts.push(("Overrides", revision.overrides.join(" ")));
        }
        let mut hashes: Vec<&str> = s
            .entries
            .iter()
            .map(|e| e.row.member.data_hash.as_str())
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        let sources: std::collections::BTreeSet<&str> = s
            .entries
            .iter()
            .map(|e| e.row.member.resolved.data.source.name())
            .collect();
        facts.push((
            "Images",
            format!(
                "{}, content {}",
                sources.into_iter().collect::<Vec<_>>().join(", "),
                hashes.join(", ")
            ),
        ));
        let mut prints: BTreeMap<String, usize> = BTreeMap::new();
        for job in s.entries.iter().flat_map(|e| &e.runs).map(|r| r.job) {
            if let Some(f) = &job.fingerprint {
                *prints
                    .entry(format!(
                        "{} on {} ({}, {}), worker {} {}",
                        f.backend, job.device, f.device, f.instructions, f.version, f.revision
                    ))
                    .or_default() += 1;
            }
        }
        facts.extend(
            prints
                .into_iter()
                .map(|(print, n)| ("Trained with", format!("{print}: {n} jobs"))),
        );
        facts.push((
            "Rendered by",
            format!("convsweep {}", env!("CARGO_PKG_VERSION")),
        ));
        let rows: String = facts
            .iter()
            .map(|(name, value)| {
                format!(
                    "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n",
                    escape(value)
                )
            })
            .collect();
        let classes = revision
            .classes
            .iter()
            .enumerate()
            .map(|(i, c)| format!("{i} {c}"))
            .collect::<Vec<_>>()
            .join(", ");
        let configurations: String = s
            .entries
            .iter()
            .map(|e| {
                let jobs: Vec<String> = e
                    .runs
                    .iter()
                    .map(|r| {
                        let fold = r.job.fold.map_or(String::new(), |f| format!(" fold {f}"));
                        format!(
                            "seed {}{fold}: {} ({})",
                            r.job.seed,
                            r.job.job,
                            r.job.outcome.as_deref().unwrap_or("not finished")
                        )
                    })
                    .collect();
                format!(
                    "<tr><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
                    escape(e.label()),
                    e.row.member.configuration,
                    escape(&jobs.join(", "))
                )
            })
            .collect();
        format!(
            "<section class=\"provenance\">\n<h2>Where this comes from</h2>\n<table class=\"facts\">{rows}</table>\n<details><summary>Jobs</summary><div class=\"wide\"><table><thead><tr><th>configuration</th><th>id</th><th>jobs</th></tr></thead><tbody>\n{configurations}</tbody></table></div></details>\n<details><summary>Classes</summary><p>{}</p></details>\n<details><summary>The experiment file</summary><pre>{}</pre></details>\n</section>\n",
            escape(&classes),
            escape(&revision.text)
        )
    }
}

/// McNemar's p for one pair of networks, or how many pairs differ.
fn on_images(tests: &[McNemar]) -> String {
    match tests {
        [] => "–".into(),
        [only] => bare(only.p),
        several => format!(
            "{} of {}",
            several.iter().filter(|m| m.p < LEVEL).count(),
            several.len()
        ),
    }
}

fn bare(p: f64) -> String {
    p_value(p)
        .trim_start_matches("p ")
        .trim_start_matches("= ")
        .to_string()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

fn cells(row: &[String]) -> String {
    row.iter()
        .map(|c| format!("<td>{}</td>", escape(c)))
        .collect()
}

fn fonts() -> String {
    [(REGULAR, 400), (BOLD, 600)]
        .map(|(bytes, weight)| {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            format!("@font-face {{ font-family: \"{FAMILY}\"; font-weight: {weight}; src: url(data:font/otf;base64,{data}) format(\"opentype\"); }}\n")
        })
        .concat()
}

const STYLE: &str = r#":root { --ink: #1b1f24; --muted: #57606a; --grid: #e1e4e8; --faint: #b4bbc3; --paper: #fffffe; --page: #f5f6f8; --accent: #0072b2; --note: #fff4e0; --note-edge: #d98a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --muted: #a3acb5; --grid: #30363d; --faint: #6b747d; --paper: #171b20; --page: #0f1216; --accent: #56b4e9; --note: #2b2415; --note-edge: #e69f00; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 "Convsweep Sans", Inter, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1020px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; line-height: 1.3; margin: 0 0 10px; overflow-wrap: anywhere; }
header { margin-bottom: 24px; }
.kind { margin: 0; color: var(--muted); font-size: 14px; }
.question { margin: 8px 0 0; font-size: 18px; color: var(--muted); }
section { background: var(--paper); border: 1px solid var(--grid); border-radius: 8px; padding: 20px 24px; margin-bottom: 20px; }
.answer { border-left: 4px solid var(--accent); }
.answer p { margin: 0 0 10px; }
.answer p:last-child { margin-bottom: 0; }
.lead { font-size: 19px; font-weight: 600; line-height: 1.4; }
.warning { background: var(--note); border-left: 3px solid var(--note-edge); padding: 8px 12px; border-radius: 4px; font-size: 15px; }
.caption, figcaption { color: var(--muted); font-size: 14px; line-height: 1.45; margin: 0 0 12px; }
figure { margin: 0 auto; max-width: 880px; }
figcaption { margin: 10px 0 0; }
figure svg { display: block; width: 100%; height: auto; }
.files { white-space: nowrap; margin-left: 6px; }
a { color: var(--accent); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: right; padding: 6px 8px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { font-weight: 600; color: var(--muted); }
thead th { white-space: normal; vertical-align: bottom; }
td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
tbody td:nth-child(2) { white-space: normal; min-width: 150px; overflow-wrap: break-word; }
.best td { font-weight: 600; }
.clear td:nth-child(6) { font-weight: 600; color: var(--accent); }
.facts th { text-align: left; white-space: nowrap; vertical-align: top; width: 1%; }
.facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.provenance details td { text-align: left; white-space: normal; vertical-align: top; }
details { margin-top: 12px; }
details:first-child { margin-top: 0; }
summary { cursor: pointer; font-weight: 600; }
details > summary + * { margin-top: 10px; }
pre { overflow-x: auto; font-size: 13px; line-height: 1.4; background: var(--page); padding: 12px; border-radius: 6px; }
@media print {
  :root { --ink: #000; --muted: #444; --grid: #d5d8dc; --faint: #b4bbc3; --paper: #fff; --page: #fff; --accent: #0072b2; --note: #fff; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin-bottom: 18px; break-inside: avoid; }
  .provenance, .answer { break-inside: auto; }
  .answer { padding-left: 12px; border-left: 3px solid var(--accent); }
  .files, summary { display: none; }
  .wide { overflow: visible; }
  th, td { padding: 3px 6px; }
}
"#;
