//! The lines of an experiment file that start from a file of weights.

use convsweep_weights::KnownNetwork;

/// A part of an experiment file, and what to know about it in comments.
pub(super) fn suggestion(path: &str, network: Option<&KnownNetwork>, is_ours: bool) -> String {
    let mut text = String::from("# To start from these weights:\n");
    match network {
        Some(network) => text += &model(network),
        None if is_ours => {
            text += "# [model] as in the job that trained them (convsweep show JOB)\n\n"
        }
        None => {
            text += "# [model] as the network is built; convsweep plan compares the shapes.\n\
                     # map = { \"their name\" = \"conv1\" } behind the file names layers.\n\n";
        }
    }
    // What JSON escapes, TOML reads.
    let path = serde_json::Value::from(path);
    text + &format!("[train]\nfrom = {{ weights = {path} }}\n")
}

fn model(network: &KnownNetwork) -> String {
    let Some(preset) = network.preset else {
        return format!(
            "# no preset computes {}: print the nearest and change it (convsweep preset)\n\n",
            network.name
        );
    };
    let mut text = format!("[model]\npreset = \"{preset}\"\n");
    if !network.parameters.is_empty() {
        text += &format!("parameters = {{ {} }}\n", network.parameters);
    }
    let pixels = network.normalize;
    text + &format!(
        "\n[augment]\nnormalize = {{ {pixels} }}   # what torchvision's weights expect\n\n"
    )
}
