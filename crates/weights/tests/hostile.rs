//! Files of PyTorch that were made to harm: with code, with sizes that they do not have, and
//! damaged in any way. Each is refused in words; nothing is executed.

mod common;

use common::*;
use convsweep_spec::random::{Draws, Purpose};
use convsweep_weights::{WeightFile, read};
use std::path::{Path, PathBuf};

/// The tensors of a file by name, with their values.
fn tensors(file: &[u8]) -> Vec<(String, Vec<u32>, Vec<f32>)> {
    let file = WeightFile::read(file).unwrap_or_else(|problem| panic!("{problem}"));
    let mut found = Vec::new();
    for (i, tensor) in file.tensors.iter().enumerate() {
        let values = file.values(i).expect("floating-point");
        found.push((tensor.name.clone(), tensor.shape.clone(), values));
    }
    found
}

#[track_caller]
fn refused(file: &[u8], words: &str) {
    match read(file) {
        Err(problem) => assert!(problem.contains(words), "{problem}\nwanted: {words}"),
        Ok(tensors) => panic!("was read: {tensors:?}\nwanted: {words}"),
    }
}

/// All that a pickle may do to run code, with a mark on the disk that only running it leaves.
#[test]
fn code_is_refused_by_name_and_not_executed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("executed");
    let command = text(&format!("touch {}", mark.display()));
    let arguments = [command.clone()];
    let with = |object: Vec<u8>| dictionary(&[("a", View::plain().tensor()), ("b", object)]);
    let instance = |line: &str| [&b"("[..], &command, line.as_bytes()].concat();
    let old_object = [b"(", &name("posix", "system")[..], &command, b"o"].concat();
    let from_stack = [text("os"), text("system"), b"\x93".to_vec()].concat();
    let new = [name("subprocess", "Popen"), tuple(&arguments), vec![0x81]].concat();
    let built = [&new[..], b"}b"].concat();
    let attacks = [
        (call(name("posix", "system"), &arguments), "posix.system"),
        (call(name("os", "popen"), &arguments), "os.popen"),
        (call(from_stack, &arguments), "os.system"),
        (instance("iposix\nsystem\n"), "posix.system"),
        (old_object, "posix.system"),
        (built, "subprocess.Popen"),
        (call(name("builtins", "eval"), &arguments), "builtins.eval"),
        (
            call(name("__builtin__", "exec"), &arguments),
            "__builtin__.exec",
        ),
        (
            call(name("builtins", "getattr"), &arguments),
            "builtins.getattr",
        ),
        (
            call(name("torch.hub", "load"), &arguments),
            "torch.hub.load",
        ),
        (call(name("torch", "load"), &arguments), "torch.load"),
        (
            call(name("runpy", "_run_code"), &arguments),
            "runpy._run_code",
        ),
        (call(name("evil.module", "f"), &arguments), "evil.module.f"),
        (
            call(name("importlib", "import_module"), &[]),
            "importlib.import_module",
        ),
        (
            call(call(name("collections", "OrderedDict"), &[]), &[]),
            "a function that it computes",
        ),
    ];
    for (attack, what) in attacks {
        for file in [saved(with(attack.clone())), stream(with(attack.clone()))] {
            refused(&file, what);
            refused(&file, "nothing of it was executed");
        }
        let before = [b"\x80\x02", &attack[..], b"0"].concat();
        let zip = zip(&[member("a/data.pkl", before), member("a/data/0", values())]);
        refused(&zip, what);
    }
    assert!(!mark.exists());
    refused(&saved(with(b"\x82\x01".to_vec())), "numbers of a registry");
    refused(&saved(with(b"\x97".to_vec())), "from outside the file");
}

#[test]
fn what_is_no_code_is_read() {
    let values: Vec<f32> = (1..=6).map(|i| i as f32).collect();
    let expected = vec![("w".to_string(), vec![2, 3], values)];
    let plain = dictionary(&[("w", View::plain().tensor())]);
    assert_eq!(tensors(&saved(plain.clone())), expected);
    assert_eq!(tensors(&stream(plain.clone())), expected);
    // The name of an archive may have any length.
    for length in 1..60 {
        let root = "n".repeat(length);
        let file = zip(&[
            member(&format!("{root}/data.pkl"), pickle(plain.clone())),
            member(&format!("{root}/data/0"), common::values()),
        ]);
        assert_eq!(tensors(&file), expected, "{length}");
        assert_eq!(tensors(&with_wide_end(&file)), expected, "{length}");
    }
    // Objects of any class are not made, and numbers and dates beside the model are skipped.
    let object = [
        name("my.script", "Options"),
        b")\x81}".to_vec(),
        text("lr"),
        b"K\x01sb".to_vec(),
    ];
    let beside = dictionary(&[
        ("state_dict", plain),
        ("args", object.concat()),
        ("epoch", number(3)),
        ("device", call(name("torch", "device"), &[text("cpu")])),
    ]);
    assert_eq!(tensors(&saved(beside.clone())), expected);
    assert_eq!(tensors(&stream(beside)), expected);
}

#[test]
fn views_are_followed_only_within_their_storage() {
    let file = |view: View| saved(dictionary(&[("w", view.tensor())]));
    let transposed = View {
        shape: vec![3, 2],
        stride: vec![1, 3],
        ..View::plain()
    };
    assert_eq!(
        tensors(&file(transposed))[0].2,
        [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
    );
    let second_column = View {
        offset: 1,
        shape: vec![2],
        stride: vec![3],
        ..View::plain()
    };
    assert_eq!(tensors(&file(second_column))[0].2, [2.0, 5.0]);
    let cases: [(View, &str); 9] = [
        (
            View {
                offset: -1,
                ..View::plain()
            },
            "must be non-negative",
        ),
        (
            View {
                stride: vec![-3, 1],
                ..View::plain()
            },
            "must be non-negative",
        ),
        (
            View {
                offset: 1,
                ..View::plain()
            },
            "needs 7 elements",
        ),
        (
            View {
                count: i64::MAX,
                ..View::plain()
            },
            "overflows",
        ),
        (
            View {
                count: 600,
                shape: vec![200, 3],
                ..View::plain()
            },
            "more bytes than the file has",
        ),
        (
            View {
                count: 7,
                shape: vec![7],
                stride: vec![1],
                ..View::plain()
            },
            "7 elements",
        ),
        (
            View {
                shape: vec![1 << 40],
                stride: vec![0],
                ..View::plain()
            },
            "the byte limit",
        ),
        (
            View {
                shape: vec![1 << 20],
                stride: vec![0],
                ..View::plain()
            },
            "more bytes than the file",
        ),
        (
            View {
                shape: vec![1; 1000],
                stride: vec![0; 1000],
                ..View::plain()
            },
            "1000 dimensions",
        ),
    ];
    for (view, words) in cases {
        let words = words.replace("the byte limit", "byte limit");
        refused(&file(view), &words);
    }
    let missing = View {
        key: "../../etc/passwd",
        ..View::plain()
    };
    refused(&file(missing), "not found in archive");
    let many: Vec<(String, Vec<u8>)> = (0..400)
        .map(|i| (format!("w{i}"), View::plain().tensor()))
        .collect();
    let entries: Vec<(&str, Vec<u8>)> = many
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor.clone()))
        .collect();
    assert_eq!(tensors(&saved(dictionary(&entries))).len(), 400);
}

#[test]
fn pickles_that_grow_are_refused() {
    let mut laughs = b"\x89q\0".to_vec();
    for _ in 0..40 {
        laughs.extend(b"h\0h\0\x86q\0");
    }
    refused(&saved(laughs), "memo bomb");
    let deep = [&b"]"[..], &[0x85; 100_000]].concat();
    refused(&saved(deep), "nesting");
    let lists = [&b"("[..], &vec![b']'; 2_000_000], b"t"].concat();
    refused(&saved(lists.clone()), "more than 1000000 operations");
    refused(&stream(lists), "more than 1000000 operations");
    let long_text = [b"\x8d", &u64::MAX.to_le_bytes()[..]].concat();
    refused(&saved(long_text), "cut off");
    let long_bytes = [b"B", &u32::MAX.to_le_bytes()[..]].concat();
    refused(&saved(long_bytes), "cut off");
    refused(&saved(b"0".to_vec()), "damaged pickle");
    refused(&saved(b"h\x07".to_vec()), "damaged pickle");
    refused(&saved(b"t".to_vec()), "damaged pickle");
    refused(&saved(dictionary(&[("a", number(3))])), "has no tensors");
}

#[test]
fn archives_that_are_not_plain_are_refused() {
    let object = pickle(dictionary(&[("w", View::plain().tensor())]));
    let data = member("a/data.pkl", object.clone());
    let storage = member("a/data/0", values());
    let with = |third: ZipMember| zip(&[data.clone(), storage.clone(), third]);
    for path in ["../evil", "/etc/cron.d/x", "a/../../x", "C:\\x", "a\\..\\x"] {
        refused(
            &with(member(path, vec![])),
            "names a place outside the archive",
        );
    }
    refused(&with(storage.clone()), "two members \"a/data/0\"");
    refused(&with(member("b/data.pkl", object)), "two members data.pkl");
    refused(&with(member("a/constants.pkl", vec![])), "TorchScript");
    refused(&zip(std::slice::from_ref(&storage)), "has no data.pkl");
    // A bomb: a few bytes that claim to be a gigabyte.
    let bomb = ZipMember {
        method: 8,
        size: 1 << 30,
        ..storage.clone()
    };
    refused(&zip(&[data.clone(), bomb]), "compressed or encrypted");
    let encrypted = ZipMember {
        flags: 1,
        ..storage.clone()
    };
    refused(&zip(&[data.clone(), encrypted]), "compressed or encrypted");
    let longer = ZipMember {
        size: 1 << 30,
        ..storage.clone()
    };
    refused(&zip(&[data.clone(), longer]), "damaged zip archive");
    let file = zip(&[data, storage]);
    let end = file.len() - 22;
    let mut many = file.clone();
    many[end + 10..end + 12].copy_from_slice(&[0xff, 0xff]);
    refused(&many, "damaged zip archive");
    let wide = |count: u64| {
        let mut record = vec![0; 56];
        record[..4].copy_from_slice(b"PK\x06\x06");
        record[32..40].copy_from_slice(&count.to_le_bytes());
        let mut locator = vec![0; 20];
        locator[..4].copy_from_slice(b"PK\x06\x07");
        locator[8..16].copy_from_slice(&(end as u64).to_le_bytes());
        let mut tail = file[end..].to_vec();
        tail[10..20].fill(0xff);
        [&file[..end], &record, &locator, &tail].concat()
    };
    refused(&wide(u64::MAX), "more than 100000 members");
    refused(&wide(99_999), "damaged zip archive");
    refused(
        &[&file[..], b"more"].concat(),
        "does not end with the directory",
    );
}

#[test]
fn tar_archives_that_are_not_plain_are_refused() {
    for (name, kind) in [
        ("storages", b'S'),
        ("pickle", b'2'),
        ("/etc/x", b'0'),
        ("../x", b'0'),
    ] {
        let file = tar(&[("sys_info", b'0', pickle(number(1))), (name, kind, vec![])]);
        refused(&file, "is not a plain file in the archive");
    }
    refused(&tar(&[("other", b'0', vec![])]), "not one of torch.save");
    let twice = ("sys_info", b'0', pickle(number(1)));
    refused(&tar(&[twice.clone(), twice]), "two members");
    let attack = call(name("posix", "system"), &[text("true")]);
    refused(&tar(&[("pickle", b'0', pickle(attack))]), "posix.system");
    let mut longer = tar(&[("pickle", b'0', pickle(number(1)))]);
    longer[124..135].copy_from_slice(b"77777777777");
    refused(&longer, "is cut off");
    let endless = [pickle(number(i64::MAX)), pickle(number(1))].concat();
    refused(
        &tar(&[("storages", b'0', endless.clone())]),
        "a storage without a type",
    );
    refused(&tar(&[("tensors", b'0', endless)]), "cut off");
}

#[test]
fn values_that_are_not_finite_are_named() {
    let mut file = saved(dictionary(&[("w", View::plain().tensor())]));
    let last = values()[20..].to_vec();
    let at = file
        .windows(4)
        .rposition(|bytes| bytes == last)
        .expect("is there");
    file[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let tensors = read(&file).expect("is read");
    assert_eq!(tensors[0].not_finite, Some(5));
}

/// Files of the vectors and some of those above.
fn originals() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/weights");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("is there")
        .map(|entry| entry.expect("lists").path())
        .collect();
    paths.sort();
    let mut files: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).expect("reads"))
        .collect();
    let plain = dictionary(&[("w", View::plain().tensor())]);
    files.extend([saved(plain.clone()), stream(plain)]);
    files
}

/// Whatever a file contains, it is read or refused, and what is listed can be read.
#[track_caller]
fn read_or_refuse(file: &[u8], what: &str) -> bool {
    let found = WeightFile::read(file);
    let Ok(found) = found else {
        return false;
    };
    for (i, tensor) in found.tensors.iter().enumerate() {
        assert_eq!(found.values(i).is_ok(), tensor.is_floating(), "{what}");
    }
    true
}

#[test]
fn cut_files_are_refused() {
    for (i, file) in originals().into_iter().enumerate() {
        assert!(read_or_refuse(&file, "whole"), "{i}");
        for part in 1..40 {
            let (kept, cut) = file.split_at(file.len() * part / 40);
            // A tar archive ends with zeros, as many as one likes.
            let is_whole = cut.iter().all(|&byte| byte == 0);
            assert_eq!(read_or_refuse(kept, "cut"), is_whole, "{i}, {part}/40");
        }
    }
}

#[test]
fn damaged_files_are_read_or_refused() {
    let rounds = std::env::var("CONVSWEEP_MUTATIONS").ok();
    let rounds: u64 = rounds.and_then(|text| text.parse().ok()).unwrap_or(2000);
    let originals = originals();
    let (mut read, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut draws = Draws::new(Purpose::Shapes, &[round, 18]);
        let mut file = originals[draws.below(originals.len() as u64) as usize].clone();
        for _ in 0..=draws.below(4) {
            let at = draws.below(file.len() as u64) as usize;
            match draws.below(5) {
                0 => file[at] ^= 1 << draws.below(8),
                1 => file[at] = draws.below(256) as u8,
                2 => file[at..].iter_mut().take(8).for_each(|byte| *byte = 0xff),
                3 => file.truncate(at.max(1)),
                _ => file.insert(at, draws.below(256) as u8),
            }
        }
        match read_or_refuse(&file, &format!("round {round}")) {
            true => read += 1,
            false => refused += 1,
        }
    }
    assert!(
        read > rounds / 20 && refused > rounds / 20,
        "{read}, {refused}"
    );
}

/// The inputs that fuzzing starts from; failures that it finds are added to them.
#[test]
fn what_fuzzing_started_from_or_found_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/pytorch");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("is there") {
        let path = entry.expect("lists").path();
        let file = std::fs::read(&path).expect("reads");
        count += usize::from(read_or_refuse(&file, &path.display().to_string()));
        let in_archive = zip(&[member("a/data.pkl", file), member("a/data/0", values())]);
        read_or_refuse(&in_archive, &path.display().to_string());
    }
    assert!(count >= 5, "{count}");
}
