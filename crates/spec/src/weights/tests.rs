use super::*;

fn held(name: &str, shape: &[u32]) -> Held {
    Held {
        name: name.into(),
        dtype: "F32".into(),
        shape: shape.into(),
        bytes: 0..0,
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

/// The same as torchvision names it, with so many classes; sorted by name, as its writer leaves
/// them.
fn torch(classes: u32) -> Vec<Held> {
    let mut all = vec![
        held("conv1.weight", &[8, 3, 3, 3]),
        held("layer1.0.conv1.weight", &[8, 8, 3, 3]),
    ];
    for norm in ["bn1", "layer1.0.bn1"] {
        for role in ["weight", "bias", "running_mean", "running_var"] {
            all.push(held(&format!("{norm}.{role}"), &[8]));
        }
        all.push(Held {
            dtype: "I64".into(),
            ..held(&format!("{norm}.num_batches_tracked"), &[])
        });
    }
    all.extend([
        held("fc.1.weight", &[classes, 16]),
        held("fc.1.bias", &[classes]),
    ]);
    all.extend([held("fc.0.weight", &[16, 32]), held("fc.0.bias", &[16])]);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn transfer(anew: Option<&[&str]>) -> Transfer {
    let anew = anew.map(|patterns| patterns.iter().map(|p| p.to_string()).collect());
    Transfer {
        hash: String::new(),
        map: BTreeMap::new(),
        anew,
    }
}

fn named(held: &[Held], network: &[TensorShape], found: &Assignment) -> Vec<String> {
    found
        .pairs
        .iter()
        .map(|&(a, b)| format!("{} → {}", held[a].name, network[b].name))
        .collect()
}

#[test]
fn by_name_where_the_names_are_ours() {
    let network = network();
    let own: Vec<Held> = network
        .iter()
        .rev()
        .map(|t| held(&t.name, &t.shape))
        .collect();
    let found = assign(&own, &network, &transfer(None)).expect("fits");
    assert!(!found.by_order && found.anew.is_empty() && found.pairs.len() == 14);
    assert!(
        found
            .pairs
            .iter()
            .all(|&(a, b)| own[a].name == network[b].name)
    );
}

#[test]
fn by_order_where_they_are_pytorchs() {
    let (network, file) = (network(), torch(10));
    let found = assign(&file, &network, &transfer(None)).expect("fits");
    assert!(found.by_order && found.anew.is_empty());
    let pairs = named(&file, &network, &found);
    for pair in [
        "conv1.weight → conv1.weight",
        "bn1.running_var → conv1.norm.running_var",
        "layer1.0.conv1.weight → residual1.conv1.weight",
        "layer1.0.bn1.bias → residual1.conv1.norm.bias",
        "fc.0.weight → dense1.weight",
        "fc.1.bias → dense2.bias",
    ] {
        assert!(
            pairs.contains(&pair.to_string()),
            "{pair} is not in {pairs:#?}"
        );
    }
}

#[test]
fn the_head_starts_anew_for_other_classes_or_if_asked() {
    let network = network();
    let check = |file: &[Held], anew: Option<&[&str]>, expect: &[&str]| {
        let found = assign(file, &network, &transfer(anew)).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(found.anew, expect);
        assert_eq!(found.pairs.len(), 14 - 2 * expect.len());
    };
    check(&torch(1000), None, &["dense2"]);
    check(&torch(10), Some(&["head"]), &["dense2"]);
    check(&torch(1000), Some(&["dense*"]), &["dense1", "dense2"]);
    // A file without the dense layers, and one without the head.
    let base: Vec<Held> = torch(10)
        .into_iter()
        .filter(|h| !h.name.starts_with("fc"))
        .collect();
    check(&base, Some(&["dense*"]), &["dense1", "dense2"]);
    let headless: Vec<Held> = torch(10)
        .into_iter()
        .filter(|h| !h.name.starts_with("fc.1"))
        .collect();
    check(&headless, None, &["dense2"]);
    let kept = assign(&torch(1000), &network, &transfer(Some(&[]))).expect_err("is to be kept");
    assert_eq!(
        kept[0],
        "has \"fc.1.weight\" in the shape [1000, 16], the network has \"dense2.weight\" [10, 16]"
    );
}

#[test]
fn what_does_not_fit_is_named_with_both_shapes() {
    let network = network();
    let mut file = torch(10);
    file.iter_mut()
        .find(|h| h.name == "conv1.weight")
        .expect("there")
        .shape = vec![8, 1, 3, 3];
    let wrong = assign(&file, &network, &transfer(None)).expect_err("other channels");
    assert_eq!(
        wrong,
        [
            "has \"conv1.weight\" in the shape [8, 1, 3, 3], the network has \"conv1.weight\" [8, 3, 3, 3]"
        ]
    );
    let mut fewer = torch(10);
    fewer.retain(|h| !h.name.contains("layer1.0.conv"));
    let wrong = assign(&fewer, &network, &transfer(None)).expect_err("one is missing");
    assert_eq!(
        wrong,
        ["has 1 convolutions where the network has 2: name layers by `map`"]
    );
    let mut more = torch(10);
    more.push(held("conv1.bias", &[8]));
    let wrong = assign(&more, &network, &transfer(None)).expect_err("has a bias");
    assert_eq!(
        wrong,
        ["has \"conv1.bias\" [8], for which the network's \"conv1\" has no place"]
    );
    // A head for other features is no head for other classes.
    let mut other = torch(10);
    other
        .iter_mut()
        .find(|h| h.name == "fc.1.weight")
        .expect("there")
        .shape = vec![10, 99];
    assert!(assign(&other, &network, &transfer(None)).is_err());
    let strange = vec![held("stem.weight", &[8, 3, 3, 3])];
    let wrong = assign(&strange, &network, &transfer(None)).expect_err("who knows");
    assert!(
        wrong[0].contains("no tensor \"conv1.weight\" [8, 3, 3, 3]")
            && wrong[0].contains("\"stem\""),
        "{wrong:?}"
    );
}

#[test]
fn a_map_names_layers() {
    let network = network();
    let file: Vec<Held> = network
        .iter()
        .map(|t| {
            let name = t
                .name
                .replace("conv1.norm", "tail")
                .replace("residual1.tail", "trunk.last.tail");
            held(&format!("module.{name}"), &t.shape)
        })
        .collect();
    let pairs = [
        ("module.*", "*"),
        ("module.tail", "conv1.norm"),
        ("module.trunk.last.*", "residual1.conv1.norm"),
    ];
    let map = pairs
        .iter()
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .collect();
    let found = assign(
        &file,
        &network,
        &Transfer {
            map,
            ..transfer(None)
        },
    )
    .expect("fits");
    assert_eq!(found.pairs, (0..14).map(|i| (i, i)).collect::<Vec<_>>());
}

#[test]
fn numbers_of_every_width() {
    let check = |dtype: &str, bytes: &[u8], expect: f32| {
        let held = Held {
            dtype: dtype.into(),
            bytes: 0..bytes.len(),
            ..held("x", &[1])
        };
        assert_eq!(held.values(bytes), Ok(vec![expect]), "{dtype}");
    };
    check("F32", &1.5f32.to_le_bytes(), 1.5);
    check("F64", &0.1f64.to_le_bytes(), 0.1);
    check("BF16", &[0xc0, 0x3f], 1.5);
    check("F16", &[0x00, 0x3c], 1.0);
    check("F16", &[0x00, 0xc1], -2.5);
    check("F16", &[0x01, 0x00], 2f32.powi(-24));
    check("F16", &[0x00, 0x7c], f32::INFINITY);
    assert!(
        Held {
            dtype: "I64".into(),
            bytes: 0..8,
            ..held("x", &[1])
        }
        .values(&[0; 8])
        .is_err()
    );
    assert!(
        Held {
            bytes: 0..8,
            ..held("x", &[1])
        }
        .values(&[0; 8])
        .is_err(),
        "two values"
    );
    assert!(
        Held {
            bytes: 0..99,
            ..held("x", &[1])
        }
        .values(&[0; 8])
        .is_err()
    );
}

#[test]
fn files_that_are_none_are_refused() {
    let check = |file: &[u8], words: &str| {
        let wrong = read(file).expect_err("is none");
        assert!(wrong.contains(words), "{wrong}");
    };
    check(b"", "no safetensors");
    check(b"PK\x03\x04 torch", "torch.save_file");
    check(&[0x80, 2, 0, 0], "torch.save_file");
    check(&[255; 64], "no safetensors");
    check(b"\x02\0\0\0\0\0\0\0[]", "no safetensors");
    let file = |header: &str| {
        [
            &(header.len() as u64).to_le_bytes()[..],
            header.as_bytes(),
            &[0; 8],
        ]
        .concat()
    };
    check(
        &file(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#),
        "cut off",
    );
    check(
        &file(r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#),
        "wrongly",
    );
    let good = file(
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    );
    let held = read(&good).expect("reads");
    assert_eq!((held.len(), held[0].values(&good)), (1, Ok(vec![0.0, 0.0])));
}
