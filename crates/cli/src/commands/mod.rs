//! The commands, one file or folder for each.
//!
//! To add a command: a file here with its arguments (`clap::Args`) and a function, and its line in
//! [`CliCommand`] and in [`run_command`]. Nothing else needs to change: `--help`, completions and
//! exit codes follow.

mod check;
mod compare;
mod control;
mod data;
mod database;
mod devices;
mod example;
mod explain;
mod export;
mod help;
mod language;
mod node;
mod plan;
mod predict;
mod predictions;
mod preset;
mod prune;
mod query;
mod report;
mod retry;
mod run;
mod serve;
mod show;
mod status;
mod verdict;
mod watch;
mod weights;
mod why;

use crate::context::Context;
use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use convsweep_runner::ControlRequest;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Show what a file asks for without training: new, reused and resumed jobs, layers, costs.
    Plan(plan::PlanArgs),
    /// Train the jobs of a file that are not trained yet, and render the report.
    Run(run::RunArgs),
    /// Show the progress of every experiment.
    Status(status::StatusArgs),
    /// Render the reports of experiments again: charts, page and tables. Of several, also one over
    /// all of them.
    Report(report::ReportArgs),
    /// Say which configurations are better, by how much and how surely, and what each axis does.
    Verdict(verdict::VerdictArgs),
    /// Compare experiments, configurations or jobs: what differs, and whether it matters.
    Compare(compare::CompareArgs),
    /// Print what networks predicted for every image, with the names of the files, as CSV.
    Predictions(predictions::PredictionsArgs),
    /// Classify any images with trained networks: files, folders, tables, standard input.
    Predict(predict::PredictArgs),
    /// Show which pixels decide what a trained network predicts, and whether the picture can be
    /// believed.
    Explain(explain::ExplainArgs),
    /// Write a trained network as a file for other programs: ONNX, or safetensors.
    Export(export::ExportArgs),
    /// Query the results database (read-only SQL).
    Query(query::QueryArgs),
    /// Show a job: its configuration, outcome, figures and files, and how to repeat it.
    Show(show::ShowArgs),
    /// List the built-in published architectures, or print one as a file.
    Preset(preset::PresetArgs),
    /// Say why a job is waiting, was pruned or failed, and what to do about it.
    Why(why::WhyArgs),
    /// Follow the running sweep in the terminal: jobs, curves, best so far, failures, time left.
    Watch(watch::WatchArgs),
    /// Show experiments in the browser while they run and afterwards: answer, curves, leaderboard,
    /// charts, failures. The page is on this machine alone, and only reads.
    Serve(serve::ServeArgs),
    /// Cancel jobs of the running sweep: running ones write a checkpoint and end, pending ones do
    /// not start.
    Cancel(control::CancelArgs),
    /// Pause the running sweep: all running jobs write a checkpoint, nothing starts until `resume`.
    Pause(control::ControlArgs),
    /// Let a paused sweep continue.
    Resume(control::ControlArgs),
    /// Train jobs again that failed, crashed, diverged, were pruned, or whose files or logs are
    /// damaged.
    Retry(retry::RetryArgs),
    /// Free disk space: remove checkpoints of finished jobs, never results.
    Prune(prune::PruneArgs),
    /// Fetch, inspect and preview image sets, and remove unused decoded copies.
    #[command(subcommand, disable_help_subcommand = true)]
    Data(data::DataCommand),
    /// Inspect files of trained weights.
    #[command(subcommand, disable_help_subcommand = true)]
    Weights(weights::WeightsCommand),
    /// Say what this node of an allocation has, to the run that trains on it.
    #[command(hide = true)]
    Node,
    /// List the devices of this machine and whether they can be used.
    Devices(devices::DevicesArgs),
    /// Print a commented experiment file to start from: convsweep new > first.toml.
    New(language::NewArgs),
    /// List the experiments inside the program, or print one: convsweep example quickstart > quickstart.toml.
    Example(example::ExampleArgs),
    /// Print every key of the experiment file, as Markdown or JSON.
    Reference(language::ReferenceArgs),
    /// Print the JSON Schema of the experiment file, for editors.
    Schema,
    /// Print completions: convsweep completions bash > /etc/bash_completion.d/convsweep.
    Completions(language::CompletionsArgs),
    /// Write the man pages of all commands into a folder: convsweep man ~/.local/share/man/man1.
    Man(language::ManArgs),
    /// Check everything that is kept: the logs, the database, and the files of all jobs.
    #[command(alias = "check-db")]
    Check(check::CheckArgs),
    /// Explain a topic or a command: convsweep help scripting.
    Help(help::HelpArgs),
    /// Rebuild the database from the logs.
    Rebuild(database::RebuildArgs),
    /// Back up the database to a file; this is safe while a sweep runs.
    Backup(database::BackupArgs),
}

/// Carries out a command. `interface` describes the command line, for completions.
///
/// # Errors
/// What prevented the command, with its exit code.
pub fn run_command(
    context: &Context,
    command: CliCommand,
    interface: clap::Command,
) -> Result<Exit> {
    match command {
        CliCommand::Plan(args) => plan::plan(context, &args),
        CliCommand::Run(args) => run::run(context, &args),
        CliCommand::Status(args) => status::status(context, &args),
        CliCommand::Report(args) => report::report(context, &args),
        CliCommand::Verdict(args) => verdict::verdict(context, &args),
        CliCommand::Compare(args) => compare::compare(context, &args),
        CliCommand::Predictions(args) => predictions::predictions(context, &args),
        CliCommand::Predict(args) => predict::predict(context, &args),
        CliCommand::Export(args) => export::export(context, &args),
        CliCommand::Query(args) => query::query(context, &args),
        CliCommand::Show(args) => show::show(context, &args),
        CliCommand::Preset(args) => preset::preset(&args),
        CliCommand::Explain(args) => explain::explain(context, &args),
        CliCommand::Why(args) => why::why(context, &args),
        CliCommand::Watch(args) => watch::watch(context, &args),
        CliCommand::Serve(args) => serve::serve(context, &args),
        CliCommand::Cancel(args) => control::cancel(context, &args),
        CliCommand::Pause(args) => control::send(context, &ControlRequest::Pause, args.json),
        CliCommand::Resume(args) => control::send(context, &ControlRequest::Resume, args.json),
        CliCommand::Retry(args) => retry::retry(context, &args),
        CliCommand::Prune(args) => prune::prune(context, &args),
        CliCommand::Data(command) => data::data(context, command),
        CliCommand::Weights(command) => weights::weights(&command),
        CliCommand::Node => node::node(context),
        CliCommand::Devices(args) => devices::devices(&args),
        CliCommand::Example(args) => example::example(context, &args),
        CliCommand::New(args) => language::new(&args),
        CliCommand::Reference(args) => language::reference(&args),
        CliCommand::Schema => language::schema(),
        CliCommand::Completions(args) => language::completions(&args, interface),
        CliCommand::Man(args) => language::man(&args, interface),
        CliCommand::Check(args) => check::check(context, &args),
        CliCommand::Help(args) => help::help(&args, &interface),
        CliCommand::Rebuild(args) => database::rebuild(context, &args),
        CliCommand::Backup(args) => database::backup(context, &args),
    }
}
