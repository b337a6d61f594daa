use super::*;
use convsweep_spec::shape::TensorShape;
use std::collections::BTreeMap;

fn stored(name: &str, shape: &[u32]) -> FileTensor {
    FileTensor {
        name: name.into(),
        dtype: "F32".into(),
        shape: shape.into(),
        not_finite: None,
    }
}

fn tensor(name: &str, shape: &[u32]) -> TensorShape {
    TensorShape {
        name: name.into(),
        shape: shape.into(),
        statistic: name.contains("running"),
    }
}

/// Two convolutions with norms, a dense layer and the head.
fn network() -> Vec<TensorShape> {
    let all: [(&str, &[u32]); 14] = [
        ("conv1.weight", &[8, 3, 3, 3]),
        ("conv1.norm.weight", &[8]),
        ("conv1.norm.bias", &[8]),
        ("conv1.norm.running_mean", &[8]),
        ("conv1.norm.running_var", &[8]),
        ("residual1.conv1.weight", &[8, 8, 3, 3]),
        ("residual1.conv1.norm.weight", &[8]),
        ("residual1.conv1.norm.bias", &[8]),
        ("residual1.conv1.norm.running_mean", &[8]),
        ("residual1.conv1.norm.running_var", &[8]),
        ("dense1.weight", &[16, 32]),
        ("dense1.bias", &[16]),
        ("dense2.weight", &[10, 16]),
        ("dense2.bias", &[10]),
    ];
    all.iter()
        .map(|(name, shape)| tensor(name, shape))
        .collect()
}

/// The same network with the names of torchvision and `classes` classes, sorted by name as its
/// writer sorts them.
fn torch(classes: u32) -> Vec<FileTensor> {
    let mut all = vec![
        stored("conv1.weight", &[8, 3, 3, 3]),
        stored("layer1.0.conv1.weight", &[8, 8, 3, 3]),
    ];
    for norm in ["bn1", "layer1.0.bn1"] {
        for role in ["weight", "bias", "running_mean", "running_var"] {
            all.push(stored(&format!("{norm}.{role}"), &[8]));
        }
        all.push(FileTensor {
            dtype: "I64".into(),
            ..stored(&format!("{norm}.num_batches_tracked"), &[])
        });
    }
    all.extend([
        stored("fc.1.weight", &[classes, 16]),
        stored("fc.1.bias", &[classes]),
    ]);
    all.extend([stored("fc.0.weight", &[16, 32]), stored("fc.0.bias", &[16])]);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn transfer(reinitialised: Option<&[&str]>) -> Transfer {
    let to_strings = |patterns: &[&str]| patterns.iter().map(|p| p.to_string()).collect();
    Transfer {
        hash: String::new(),
        map: BTreeMap::new(),
        reinitialised: reinitialised.map(to_strings),
    }
}

/// The pairs of a match as `name in the file → name in the network`.
fn pairs_by_name(file: &[FileTensor], network: &[TensorShape], found: &TensorMatch) -> Vec<String> {
    let pairs = found.pairs.iter();
    pairs
        .map(|&(source, target)| format!("{} → {}", file[source].name, network[target].name))
        .collect()
}

/// What is wrong with a file that does not fit the network.
#[track_caller]
fn problems(file: &[FileTensor], transfer: &Transfer) -> Vec<String> {
    assign(file, &network(), transfer).expect_err("does not fit")
}

/// Gives the file's tensor `name` another shape.
fn reshape(file: &mut [FileTensor], name: &str, shape: &[u32]) {
    let mut tensors = file.iter_mut();
    let tensor = tensors.find(|tensor| tensor.name == name).expect("exists");
    tensor.shape = shape.to_vec();
}

fn without(prefix: &str, mut file: Vec<FileTensor>) -> Vec<FileTensor> {
    file.retain(|tensor| !tensor.name.starts_with(prefix));
    file
}

#[test]
fn tensors_with_our_names_are_matched_by_name() {
    let network = network();
    let reversed = network.iter().rev();
    let file: Vec<FileTensor> = reversed.map(|t| stored(&t.name, &t.shape)).collect();
    let found = assign(&file, &network, &transfer(None)).expect("fits");
    let expected: Vec<_> = (0..14).map(|i| (13 - i, i)).collect();
    assert_eq!(
        found,
        TensorMatch {
            pairs: expected,
            reinitialised: vec![],
            by_order: false
        }
    );
}

#[test]
fn tensors_with_the_names_of_pytorch_are_matched_by_kind_and_order() {
    let (network, file) = (network(), torch(10));
    let found = assign(&file, &network, &transfer(None)).expect("fits");
    assert!(found.by_order && found.reinitialised.is_empty());
    let pairs = pairs_by_name(&file, &network, &found);
    assert_eq!(
        pairs,
        [
            "conv1.weight → conv1.weight",
            "bn1.weight → conv1.norm.weight",
            "bn1.bias → conv1.norm.bias",
            "bn1.running_mean → conv1.norm.running_mean",
            "bn1.running_var → conv1.norm.running_var",
            "layer1.0.conv1.weight → residual1.conv1.weight",
            "layer1.0.bn1.weight → residual1.conv1.norm.weight",
            "layer1.0.bn1.bias → residual1.conv1.norm.bias",
            "layer1.0.bn1.running_mean → residual1.conv1.norm.running_mean",
            "layer1.0.bn1.running_var → residual1.conv1.norm.running_var",
            "fc.0.weight → dense1.weight",
            "fc.0.bias → dense1.bias",
            "fc.1.weight → dense2.weight",
            "fc.1.bias → dense2.bias",
        ]
    );
}

#[test]
fn prefixes_that_say_nothing_of_the_network_do_not_count() {
    let (network, plain) = (network(), torch(10));
    let expected = assign(&plain, &network, &transfer(None)).expect("fits");
    for prefix in [
        "module.",
        "_orig_mod.",
        "model.module.",
        "backbone.",
        "encoder.net.",
    ] {
        let mut file = plain.clone();
        for tensor in &mut file {
            tensor.name.insert_str(0, prefix);
        }
        assert_eq!(
            assign(&file, &network, &transfer(None)),
            Ok(expected.clone())
        );
    }
    // The head may lie beside the wrapped network.
    let mut file = plain.clone();
    let wrapped = |tensor: &&mut FileTensor| !tensor.name.starts_with("fc");
    for tensor in file.iter_mut().filter(wrapped) {
        tensor.name.insert_str(0, "backbone.");
    }
    assert_eq!(assign(&file, &network, &transfer(None)), Ok(expected));
    // Our own names are found behind them, too.
    let mut file: Vec<_> = network.iter().map(|t| stored(&t.name, &t.shape)).collect();
    for tensor in &mut file {
        tensor.name.insert_str(0, "module.");
    }
    let found = assign(&file, &network, &transfer(None)).expect("fits");
    assert!(!found.by_order && found.pairs.len() == 14);
}

#[test]
fn the_head_is_reinitialised_for_other_classes_or_on_request() {
    #[track_caller]
    fn check(file: &[FileTensor], reinitialised: Option<&[&str]>, expected: &[&str]) {
        let found = assign(file, &network(), &transfer(reinitialised)).expect("fits");
        assert_eq!(found.reinitialised, expected);
        assert_eq!(found.pairs.len(), 14 - 2 * expected.len());
    }
    check(&torch(1000), None, &["dense2"]);
    check(&torch(10), Some(&["head"]), &["dense2"]);
    check(&torch(1000), Some(&["dense*"]), &["dense1", "dense2"]);
    let without_dense_layers = without("fc", torch(10));
    check(
        &without_dense_layers,
        Some(&["dense*"]),
        &["dense1", "dense2"],
    );
    let without_head = without("fc.1", torch(10));
    check(&without_head, None, &["dense2"]);
    assert_eq!(
        problems(&torch(1000), &transfer(Some(&[]))),
        [
            "has \"fc.1.weight\" in the shape [1000, 16], \
             the network has \"dense2.weight\" [10, 16]",
            "has \"fc.1.bias\" in the shape [1000], the network has \"dense2.bias\" [10]",
        ]
    );
}

#[test]
fn tensors_that_do_not_fit_are_named_with_both_shapes() {
    let mut other_channels = torch(10);
    reshape(&mut other_channels, "conv1.weight", &[8, 1, 3, 3]);
    assert_eq!(
        problems(&other_channels, &transfer(None)),
        ["has \"conv1.weight\" in the shape [8, 1, 3, 3], \
             the network has \"conv1.weight\" [8, 3, 3, 3]"]
    );
    let one_convolution_less = without("layer1.0.conv", torch(10));
    assert_eq!(
        problems(&one_convolution_less, &transfer(None)),
        ["has 1 convolutions where the network has 2: name layers by `map`"]
    );
    let mut with_bias = torch(10);
    with_bias.push(stored("conv1.bias", &[8]));
    assert_eq!(
        problems(&with_bias, &transfer(None)),
        ["has \"conv1.bias\" [8], which the network's \"conv1\" does not use"]
    );
    // A head for other features is not taken for one for other classes.
    let mut other_features = torch(10);
    reshape(&mut other_features, "fc.1.weight", &[10, 99]);
    assert_eq!(
        problems(&other_features, &transfer(None)),
        ["has \"fc.1.weight\" in the shape [10, 99], the network has \"dense2.weight\" [10, 16]"]
    );
    let unordered_name = [stored("stem.weight", &[8, 3, 3, 3])];
    assert_eq!(
        problems(&unordered_name, &transfer(None)),
        [
            "has no tensor \"conv1.weight\" [8, 3, 3, 3], and calls a layer \"stem\", \
             which does not tell the layers' order: name them by map = { \"stem\" = \"conv1\", … }"
        ]
    );
}

#[test]
fn a_map_names_layers() {
    let network = network();
    let mut file = Vec::new();
    for tensor in &network {
        let name = tensor
            .name
            .replace("conv1.norm", "tail")
            .replace("residual1.tail", "trunk.last.tail");
        file.push(stored(&format!("module.{name}"), &tensor.shape));
    }
    let map = [
        ("module.*", "*"),
        ("module.tail", "conv1.norm"),
        ("module.trunk.last.*", "residual1.conv1.norm"),
    ];
    let map = map.map(|(theirs, ours)| (theirs.to_string(), ours.to_string()));
    let transfer = Transfer {
        map: BTreeMap::from(map),
        ..transfer(None)
    };
    let found = assign(&file, &network, &transfer).expect("fits");
    assert_eq!(found.pairs, (0..14).map(|i| (i, i)).collect::<Vec<_>>());
}

#[test]
fn values_of_every_floating_point_type_are_converted() {
    #[track_caller]
    fn check(dtype: &str, bytes: &[u8], expected: f32) {
        let tensor = FileTensor {
            dtype: dtype.into(),
            ..stored("x", &[1])
        };
        assert_eq!(tensor.convert(bytes), Ok(vec![expected]), "{dtype}");
    }
    check("F32", &1.5f32.to_le_bytes(), 1.5);
    check("F64", &0.1f64.to_le_bytes(), 0.1);
    check("BF16", &[0xc0, 0x3f], 1.5);
    check("F16", &[0x00, 0x3c], 1.0);
    check("F16", &[0x00, 0xc1], -2.5);
    check("F16", &[0x01, 0x00], 2f32.powi(-24));
    check("F16", &[0x00, 0x7c], f32::INFINITY);
}

#[test]
fn values_of_another_type_or_number_are_refused() {
    #[track_caller]
    fn check(dtype: &str, problem: &str) {
        let tensor = FileTensor {
            dtype: dtype.into(),
            ..stored("x", &[1])
        };
        assert_eq!(tensor.convert(&[0; 8]), Err(problem.to_string()));
    }
    check(
        "I64",
        "has \"x\" in I64, which is not a floating-point type",
    );
    check("F32", "has 2 values in \"x\" of shape [1]");
    let file = safetensors(r#"{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#);
    let file = WeightFile::read(&file).expect("is valid");
    let problem = "has \"x\" in I64, which is not a floating-point type";
    assert_eq!(file.values(0), Err(problem.to_string()));
    assert_eq!(file.values(1), Err("has no tensor 1".to_string()));
}

/// A safetensors file with this header and eight bytes of values.
fn safetensors(header: &str) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &[0; 8]].concat()
}

#[test]
fn a_file_lists_its_tensors() {
    let file = safetensors(
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    );
    let file = WeightFile::read(&file).expect("is valid");
    assert_eq!(file.tensors.len(), 1);
    assert_eq!(file.format, WeightFormat::Safetensors);
    assert_eq!(file.values(0), Ok(vec![0.0, 0.0]));
}

#[test]
fn other_files_are_refused() {
    #[track_caller]
    fn check(file: &[u8], problem: &str) {
        assert_eq!(read(file), Err(problem.to_string()));
    }
    let not_safetensors = "is not a safetensors file, nor one of PyTorch";
    check(b"", "is empty");
    check(b"{}", not_safetensors);
    check(&[255; 64], not_safetensors);
    check(b"\x02\0\0\0\0\0\0\0[]", not_safetensors);
    check(
        b"PK\x03\x04 torch",
        "is cut off, or is no archive of torch.save: it does not end with the directory of a zip \
         archive",
    );
    check(
        &[0x80, 2, 0, 0],
        "has a damaged pickle: it has no operation 0x00",
    );
    check(
        &safetensors(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#),
        "is cut off: its tensor \"a\" ends after the end of the file",
    );
    check(
        &safetensors(r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#),
        "describes its tensor \"a\" wrongly: invalid value: integer `-1`, expected u32",
    );
    let mut cut_header = safetensors("{}");
    cut_header[0] = 20;
    check(&cut_header, "is cut off: it ends within its header");
    cut_header[7] = 16;
    check(&cut_header, not_safetensors);
    let two = |a: &str, b: &str| safetensors(&format!("{{{a},{b}}}"));
    let f32_at = |name: &str, start: usize, end: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":[{start},{end}]}}"#)
    };
    check(
        &two(&f32_at("a", 0, 4), &f32_at("a", 4, 8)),
        "has a wrong header: two tensors are called \"a\" at line 1 column 107",
    );
    check(
        &two(&f32_at("a", 0, 4), &f32_at("b", 0, 8)),
        "gives the same bytes to its tensors \"a\" and \"b\"",
    );
    check(
        &two(&f32_at("a", 4, 8), &f32_at("b", 6, 4)),
        "describes its tensor \"b\" wrongly: it ends before it begins",
    );
    check(
        &safetensors(&format!("{{{}}}", f32_at("a", 0, 4))),
        "has 4 bytes at its end that belong to no tensor",
    );
    check(
        &safetensors(&format!("{{{}}}", f32_at("a", 4, 8))),
        "has 4 bytes before \"a\" that belong to no tensor",
    );
    check(
        &safetensors(&format!("{{{}}}", f32_at("a", 0, 8))),
        "has 8 bytes for \"a\", which does not fit F32 of shape [1]: the file is damaged or was \
         written wrongly",
    );
    check(
        &safetensors(r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,8]}}"#),
        "has \"a\" in F31, which is no type of safetensors files",
    );
    let huge =
        r#"{"a":{"dtype":"I8","shape":[4294967295,4294967295,4294967295],"data_offsets":[0,8]}}"#;
    let problem = read(&safetensors(huge)).expect_err("refused");
    assert!(problem.contains("does not fit I8"), "{problem}");
}

#[test]
fn values_that_are_not_finite_are_refused_where_they_are_used() {
    let network = [tensor("a.weight", &[1, 2])];
    let mut file =
        safetensors(r#"{"a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let at = file.len() - 4;
        file[at..].copy_from_slice(&value.to_le_bytes());
        let tensors = read(&file).expect("is valid");
        let expected = "has \"a.weight\" with a value that is not finite (number 1, counted from \
                        0): the training that wrote it diverged, or the file is damaged";
        assert_eq!(
            assign(&tensors, &network, &transfer(Some(&[]))),
            Err(vec![expected.into()])
        );
        // A head that is reinitialised may be anything.
        let all = transfer(Some(&["*"]));
        assert_eq!(assign(&tensors, &network, &all).expect("fits").pairs, []);
    }
}

/// The inputs that fuzzing starts from; failures that it finds are added to them.
#[test]
fn what_fuzzing_started_from_or_found_is_read_or_refused() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fuzz/corpus/weights"
    );
    let mut tensors = 0;
    for entry in std::fs::read_dir(folder).expect("is there") {
        let file = std::fs::read(entry.expect("lists").path()).expect("reads");
        tensors += read(&file).map_or(0, |tensors| tensors.len());
    }
    assert!(tensors >= 3);
}

/// Whatever a file contains, it is read or refused, and what is listed can be read.
#[test]
fn damaged_files_are_read_or_refused() {
    let original = safetensors(
        r#"{"a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    );
    let rounds = std::env::var("CONVSWEEP_MUTATIONS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(5000);
    for round in 0..rounds {
        let mut draws = convsweep_spec::random::Draws::new(
            convsweep_spec::random::Purpose::Shapes,
            &[round, 15],
        );
        let mut file = original.clone();
        for _ in 0..=draws.below(4) {
            let at = draws.below(file.len() as u64) as usize;
            match draws.below(4) {
                0 => file[at] ^= 1 << draws.below(8),
                1 => file[at] = b'0' + draws.below(10) as u8,
                2 => file.truncate(at.max(1)),
                _ => file.insert(at, draws.below(256) as u8),
            }
        }
        let Ok(file) = WeightFile::read(&file) else {
            continue;
        };
        for (i, tensor) in file.tensors.iter().enumerate() {
            assert_eq!(
                file.values(i).is_ok(),
                tensor.is_floating(),
                "round {round}"
            );
        }
    }
}
