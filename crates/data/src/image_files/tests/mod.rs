//! Folders and tables of small images that the tests write themselves.

mod layouts;
mod left_out;

use crate::{DataError, DataErrorKind, LabelledImages, Location, facts, open};
use convsweep_spec::data::{Damaged, DataSpec, Resize, ResizeMethod, Source, Split, SplitScheme};
use image::{ImageFormat, Rgb, RgbImage};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn spec(source: Source) -> DataSpec {
    let split = Split::new(SplitScheme::Validation(0.2), 1);
    DataSpec::new(source, split)
}

fn write(path: PathBuf, colour: [u8; 3], height: u32, width: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image = RgbImage::from_pixel(width, height, Rgb(colour));
    match path.extension().unwrap().to_str().unwrap() {
        "png" => image.save_with_format(path, ImageFormat::Png).unwrap(),
        _ => image.save_with_format(path, ImageFormat::Jpeg).unwrap(),
    }
}

/// A set of two classes with `n` images each below `prefix`, every image of its own colour.
fn folder(prefix: &str, n: u8) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (c, class) in ["cat", "dog"].into_iter().enumerate() {
        for i in 0..n {
            let path = dir.path().join(format!("{prefix}{class}/{i}.png"));
            write(path, [i * 3, 100 * c as u8, 9], 4, 5);
        }
    }
    dir
}

fn run(dir: &tempfile::TempDir, spec: &DataSpec) -> Result<crate::ImageSet, DataError> {
    let cache = dir.path().join(".cache");
    std::fs::create_dir_all(&cache).unwrap();
    let at = Location::new(&cache, Some(dir.path()));
    let set = open(at, spec)?;
    assert_eq!(set.facts(), &facts(at, spec)?);
    Ok(set)
}

fn error(dir: &tempfile::TempDir, spec: &DataSpec, kind: DataErrorKind, expect: &[&str]) {
    let error = run(dir, spec).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for part in expect {
        assert!(error.to_string().contains(part), "{error} lacks {part}");
    }
}

#[test]
fn folders_are_classes() {
    let dir = folder("", 3);
    std::fs::write(dir.path().join("cat/notes.txt"), "not an image").unwrap();
    let set = run(&dir, &spec(Source::folder())).unwrap();
    let facts = set.facts();
    assert_eq!(
        (
            facts.train_images,
            facts.test_images,
            facts.channels,
            facts.height,
            facts.width
        ),
        (6, 0, 3, 4, 5)
    );
    assert_eq!(facts.classes, ["cat", "dog"]);
    assert_eq!(set.train().labels(), [0, 0, 0, 1, 1, 1]);
    assert_eq!(set.train().name(4), Some("dog/1.png"));
    assert_eq!(set.train().image(4).unwrap()[..20], [3; 20]);
    assert_eq!(set.train().image(4).unwrap()[20..40], [100; 20]);
}

#[test]
fn images_are_brought_to_one_size_and_channel_count() {
    let dir = folder("", 2);
    write(dir.path().join("cat/large.jpg"), [200, 10, 10], 40, 20);
    error(
        &dir,
        &spec(Source::folder()),
        DataErrorKind::Invalid,
        &["2 different sizes", "4×5", "data.size"],
    );
    let resize = Resize {
        height: 6,
        width: 8,
        method: ResizeMethod::Pad,
    };
    let asked = DataSpec {
        resize: Some(resize),
        channels: Some(1),
        ..spec(Source::folder())
    };
    let set = run(&dir, &asked).unwrap();
    assert_eq!(set.train().shape(), [1, 6, 8]);
    let large = (0..5)
        .find(|i| set.train().name(*i) == Some("cat/large.jpg"))
        .unwrap();
    assert_eq!(set.train().image(large).unwrap()[0], 0, "padding is black");
    assert!(
        set.train().image(large).unwrap()[4] > 30,
        "the middle is not"
    );
}

#[test]
fn a_set_of_grey_images_has_one_channel() {
    let dir = tempfile::tempdir().unwrap();
    for (class, level) in [("a", 10), ("b", 20)] {
        std::fs::create_dir_all(dir.path().join(class)).unwrap();
        image::GrayImage::from_pixel(3, 3, image::Luma([level]))
            .save(dir.path().join(class).join("1.png"))
            .unwrap();
    }
    let set = run(&dir, &spec(Source::folder())).unwrap();
    assert_eq!(
        (set.train().shape(), set.train().image(1).unwrap()[0]),
        ([1, 3, 3], 20)
    );
}

/// Damages a file's content.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

#[test]
fn damaged_images_are_refused_or_skipped() {
    let damages: [(&str, Damage, &str); 5] = [
        (
            "cut.jpg",
            &|b| b.truncate(b.len() - 30),
            "a JPEG without its end",
        ),
        ("cut.png", &|b| b.truncate(b.len() / 2), "cannot be decoded"),
        ("flipped.png", &|b| b[20] ^= 0xFF, "cannot be decoded"),
        ("empty.png", &|b| b.clear(), "is empty"),
        (
            "text.jpg",
            &|b| *b = b"hello".to_vec(),
            "neither JPEG nor PNG",
        ),
    ];
    for (name, damage, problem) in damages {
        let dir = folder("", 3);
        let path = dir.path().join("dog").join(name);
        write(path.clone(), [90, 80, 70], 4, 5);
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        error(
            &dir,
            &spec(Source::folder()),
            DataErrorKind::Damaged,
            &[name, problem, "skip"],
        );
        let skip = DataSpec {
            damaged: Damaged::Skip,
            ..spec(Source::folder())
        };
        let set = run(&dir, &skip).unwrap();
        assert_eq!((set.train().len(), set.skipped().len()), (6, 1), "{name}");
        assert!(
            set.skipped()[0].starts_with(&format!("dog/{name}: ")),
            "{:?}",
            set.skipped()
        );
    }
}

#[test]
fn identity_depends_on_content_only() {
    let hash = |dir: &tempfile::TempDir| {
        run(dir, &spec(Source::folder()))
            .unwrap()
            .facts()
            .hash
            .clone()
    };
    let (one, two) = (folder("", 3), folder("", 3));
    let first = hash(&one);
    assert_eq!(first, hash(&two), "the same images in another place");
    // Other content of the same size: the modification time reveals it.
    let path = one.path().join("cat/0.png");
    write(path.clone(), [77, 0, 9], 4, 5);
    let changed = hash(&one);
    assert_ne!(first, changed);
    write(path.clone(), [0, 0, 9], 4, 5);
    assert_eq!(hash(&one), first, "the first content again");
    std::fs::rename(&path, one.path().join("dog/zero.png")).unwrap();
    assert_ne!(hash(&one), first, "another class");
}

#[test]
fn content_is_noticed_whatever_the_times_say() {
    let dir = folder("", 3);
    let asked = spec(Source::folder());
    let hash = || run(&dir, &asked).unwrap().facts().hash.clone();
    let at = |name: &str| dir.path().join(name);
    for class in ["cat", "dog"] {
        for i in 0..3 {
            let path = at(&format!("{class}/{i}.png"));
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_len(200).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
    }
    let before = hash();
    // Two files of one size and time change places, and so do the folders of the classes.
    let swap = |one: &str, two: &str| {
        std::fs::rename(at(one), at("other")).unwrap();
        std::fs::rename(at(two), at(one)).unwrap();
        std::fs::rename(at("other"), at(two)).unwrap();
    };
    for (one, two) in [("cat/0.png", "dog/1.png"), ("cat", "dog")] {
        swap(one, two);
        assert_ne!(hash(), before, "{one} and {two} exchanged");
        swap(one, two);
        assert_eq!(hash(), before, "{one} and {two} as they were");
    }
    // Written over in place, with the time set back.
    let path = at("cat/1.png");
    let old = std::fs::read(&path).unwrap();
    std::fs::write(&path, std::fs::read(at("dog/2.png")).unwrap()).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_ne!(hash(), before, "written over");
    std::fs::write(&path, old).unwrap();
    assert_eq!(hash(), before, "the first content again");
}

#[test]
fn an_image_that_changes_while_the_set_is_read_is_refused() {
    let dir = folder("", 3);
    let cache = dir.path().join(".cache");
    let (at, asked) = (
        Location::new(&cache, Some(dir.path())),
        spec(Source::folder()),
    );
    let set = super::ImageFileSet::find(at, &asked).unwrap();
    let facts = set.facts(&asked).unwrap();
    write(dir.path().join("cat/1.png"), [77, 0, 9], 4, 5);
    let decoded = set.decode(at, &facts, &asked, &mut |_, _| Ok(()));
    let error = decoded.unwrap_err().to_string();
    assert!(error.contains("cat/1.png: changed while"), "{error}");
}

#[test]
fn the_test_cut_keeps_duplicates_together() {
    let dir = folder("", 40);
    for i in 0..10 {
        let (from, to) = (
            dir.path().join(format!("cat/{i}.png")),
            dir.path().join(format!("dog/copy{i}.png")),
        );
        std::fs::copy(from, to).unwrap();
    }
    let asked = |seed| {
        let split = Split {
            test: Some(0.2),
            seed,
            ..spec(Source::folder()).split
        };
        run(
            &dir,
            &DataSpec {
                split,
                ..spec(Source::folder())
            },
        )
        .unwrap()
    };
    let set = asked(1);
    assert_eq!((set.train().len(), set.test().len()), (72, 18));
    assert_eq!(set.test().labels().iter().filter(|l| **l == 0).count(), 8);
    let pixels = |images: LabelledImages| -> BTreeSet<Vec<u8>> {
        (0..images.len() as u32)
            .map(|row| images.image(row).unwrap())
            .collect()
    };
    assert!(
        pixels(set.train()).is_disjoint(&pixels(set.test())),
        "an image is in both"
    );
    assert_eq!(
        pixels(asked(2).test()),
        pixels(set.test()),
        "the seed has no influence"
    );
}

fn table(dir: &tempfile::TempDir, text: &str) -> Result<crate::ImageSet, DataError> {
    let path = dir.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let cache = dir.path().join(".cache");
    let source = Source::Csv(convsweep_spec::data::ImageTable::new("file", "label"));
    open(Location::new(&cache, Some(&path)), &spec(source))
}

#[test]
fn tables_list_paths_and_labels() {
    let dir = folder("", 3);
    let set = table(
        &dir,
        "label,file\n10,cat/0.png\n9,dog/0.png\n10,dog/2.png\n",
    )
    .unwrap();
    assert_eq!(
        (set.facts().classes.as_slice(), set.train().labels()),
        (
            ["9", "10"].map(String::from).as_slice(),
            [1, 0, 1].as_slice()
        )
    );
    assert_eq!(set.train().name(1), Some("dog/0.png"));
    let check = |text: &str, kind: DataErrorKind, expect: &[&str]| {
        let error = table(&dir, text).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        for part in expect {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    };
    check(
        "name,label\na,b\n",
        DataErrorKind::Invalid,
        &["no column \"file\"", "name, label"],
    );
    check(
        "file,label\ncat/0.png,a\ncat/0.png,b\n",
        DataErrorKind::Damaged,
        &["cat/0.png is listed twice", "lines 2 and 3"],
    );
    check(
        "file,label\ncat/0.png,a\ncat/1.png\n",
        DataErrorKind::Damaged,
        &["table.csv", "line: 3"],
    );
    check(
        "file,label\ncat/0.png,a\ncat/1.png,\n",
        DataErrorKind::Damaged,
        &["line 3 has no path or no label"],
    );
    check(
        "file,label\ncat/0.png,a\nno.png,b\n",
        DataErrorKind::Damaged,
        &["no.png", "is not there"],
    );
    check(
        "file,label\ncat/0.png,a\n",
        DataErrorKind::Invalid,
        &["has 1 different label,"],
    );
}

#[test]
fn missing_files_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    error(
        &dir,
        &spec(Source::folder()),
        DataErrorKind::Missing,
        &["holds 0 folders of classes"],
    );
    let at = Location::new(dir.path(), None);
    assert_eq!(
        facts(at, &spec(Source::folder())).unwrap_err().to_string(),
        "source = \"folder\" needs data.path"
    );
    let gone = dir.path().join("gone");
    let at = Location::new(dir.path(), Some(&gone));
    assert_eq!(
        facts(at, &spec(Source::folder())).unwrap_err().kind(),
        DataErrorKind::Missing
    );
}
