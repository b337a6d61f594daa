//! Files, images, weights, names and servers that no user has on purpose: the program refuses them
//! by name, before anything is trained.

use crate::support::{ProgramRun, Workdir};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// An experiment with a small network on the images in `set`.
const FOLDER: &str = r#"
[experiment]
name = "folder"
[data]
source = "folder"
path = "set"
split = { validation = 0.5 }
[model]
layers = [{ pool = "global-average" }, { dense = "classes" }]
[train]
epochs = 1
"#;

/// The same network on drawn images.
fn shapes() -> String {
    let source = "{ name = \"shapes\", train = 40, test = 10, size = 12, classes = 2 }";
    let text = FOLDER.replace("\"folder\"\npath = \"set\"", source);
    text.replace("name = \"folder\"", "name = \"drawn\"")
}

fn with_images() -> Workdir {
    let workdir = Workdir::with(FOLDER);
    for class in ["cat", "dog"] {
        write_image(&workdir.path(&format!("set/{class}/1.png")), 9);
        write_image(&workdir.path(&format!("set/{class}/2.png")), 99);
    }
    workdir
}

fn write_image(path: &Path, level: u8) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let image = image::GrayImage::from_pixel(12, 12, image::Luma([level]));
    image.save(path).expect("saved");
}

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo runs").success());
}

/// Runs the program, which must end within seconds.
#[track_caller]
fn run_quickly(workdir: &Workdir, arguments: &[&str]) -> ProgramRun {
    let start = Instant::now();
    let run = workdir.run(arguments);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    run
}

#[test]
fn pipes_and_devices_are_refused_wherever_a_file_is_named() {
    let workdir = Workdir::with(&shapes());
    pipe(&workdir.path("pipe"));
    symlink("/dev/zero", workdir.path("zeros")).expect("linked");
    for (name, what) in [("pipe", "named pipe"), ("zeros", "device")] {
        let refused = format!("it is a {what}, not a file");
        let says = |arguments: &[&str], text: &str| {
            run_quickly(&workdir, arguments)
                .exits(2)
                .says(&[text, &refused]);
        };
        says(&["plan", name], "the experiment file cannot be read");
        workdir.write("including.toml", &format!("include = \"{name}\"\n"));
        says(
            &["plan", "including.toml"],
            "the included file cannot be read",
        );
        let split = format!("data.split={{ file = \"{name}\" }}");
        says(&["plan", "small.toml", "--set", &split], "the split's file");
        let from = format!("train.from={{ weights = \"{name}\" }}");
        says(
            &["plan", "small.toml", "--set", &from],
            &format!("{name} cannot be read"),
        );
    }
}

#[test]
fn images_that_are_no_files_or_too_large_are_refused_before_training() {
    let workdir = with_images();
    run_quickly(&workdir, &["plan", "small.toml"]).exits(0);
    let image = workdir.path("set/cat/x.png");
    pipe(&image);
    run_quickly(&workdir, &["plan", "small.toml"])
        .exits(3)
        .says(&["set/cat/x.png: is a named pipe, not a file"]);
    std::fs::remove_file(&image).expect("removed");
    let file = std::fs::File::create(&image).expect("created");
    file.set_len(20 << 30).expect("a sparse file");
    run_quickly(&workdir, &["run", "small.toml"])
        .exits(3)
        .says(&["set/cat/x.png", "21.5 GB", "data.max_file_bytes"]);
    std::fs::remove_file(&image).expect("removed");
    assert!(
        !workdir.path("results/jobs").exists(),
        "nothing was trained"
    );
}

#[test]
fn the_limit_of_pixels_does_not_change_jobs() {
    let workdir = with_images();
    let plan = |limit: &str| {
        let json = workdir.stdout(&["plan", "small.toml", "--json", "--set", limit]);
        let plan: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        plan["configurations"].to_string()
    };
    let standard = plan("data.max_pixels=100000000");
    assert_eq!(plan("data.max_pixels=144"), standard);
    assert_eq!(plan("data.max_file_bytes=1000"), standard);
    workdir
        .run(&["run", "small.toml", "--set", "data.max_pixels=143"])
        .exits(3)
        .says(&["12×12 = 144 pixels", "at most 143", "data.max_pixels"]);
    workdir
        .run(&["run", "small.toml", "--set", "data.max_pixels=144"])
        .exits(0);
    workdir
        .run(&["run", "small.toml"])
        .exits(0)
        .says(&["nothing to train"]);
}

#[test]
fn names_of_classes_cannot_steer_a_terminal() {
    let workdir = with_images();
    let long = "x".repeat(200);
    for class in [
        "\u{1b}[31mred\u{7}",
        "new\nline",
        "abc\u{202e}gnp",
        "\u{9b}2J",
        &long,
    ] {
        write_image(&workdir.path(&format!("set/{class}/1.png")), 5);
    }
    // A damaged image whose path is shown.
    std::fs::write(workdir.path("set/\u{1b}[31mred\u{7}/2.png"), "no image").expect("written");
    let skip = ["--set", "data.damaged=skip"];
    let plan = workdir
        .run(&[&["plan", "small.toml"][..], &skip].concat())
        .exits(0);
    let run = workdir
        .run(&[&["run", "small.toml"][..], &skip].concat())
        .exits(0);
    let refused = workdir.run(&["plan", "small.toml"]).exits(3);
    workdir.write(
        "skip.toml",
        &FOLDER.replace("path", "damaged = \"skip\"\npath"),
    );
    let inspect = workdir.run(&["data", "inspect", "skip.toml"]).exits(0);
    for run in [&plan, &run, &refused, &inspect] {
        for text in [run.stdout(), run.stderr()] {
            let strange = text
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
            assert_eq!(strange, None, "{text}");
        }
    }
    let table = inspect.stdout();
    for name in [
        "\\u{1b}[31mred\\u{7}",
        "new\\nline",
        "abc\\u{202e}gnp",
        "xxx…",
    ] {
        assert!(table.contains(name), "{table} lacks {name}");
    }
}

/// A safetensors file of the network in [`shapes`], with this type, and this value in the last
/// place.
fn weights(dtype: &str, last: f32) -> Vec<u8> {
    let header = format!(
        "{{\"dense1.weight\":{{\"dtype\":\"{dtype}\",\"shape\":[2,3],\"data_offsets\":[0,24]}},\
         \"dense1.bias\":{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]}}}}"
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    for value in [0.1f32, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, last] {
        file.extend(value.to_le_bytes());
    }
    file
}

#[test]
fn weights_that_cannot_be_trained_from_are_said_at_plan_time() {
    let workdir = Workdir::with(&shapes());
    let plan = |bytes: &[u8]| {
        std::fs::write(workdir.path("w.safetensors"), bytes).expect("written");
        let from = "train.from={ weights = \"w.safetensors\" }";
        run_quickly(&workdir, &["plan", "small.toml", "--set", from])
    };
    plan(&weights("F32", 0.1)).exits(0);
    let check = |bytes: &[u8], expect: &str| {
        plan(bytes).exits(2).says(&["w.safetensors", expect]);
    };
    check(
        &weights("F32", f32::NAN),
        "has \"dense1.bias\" with a value that is not finite",
    );
    check(
        &weights("F32", f32::INFINITY),
        "not finite (number 1, counted from 0)",
    );
    check(
        &weights("F16", 0.1),
        "has 24 bytes for \"dense1.weight\", which does not fit F16",
    );
    check(&weights("F77", 0.1), "no type of safetensors files");
    check(b"", "is empty");
    check(&u64::MAX.to_le_bytes(), "is not a safetensors file");
    let whole = weights("F32", 0.1);
    check(&whole[..whole.len() - 1], "is cut off");
    check(
        &[&whole[..], b"x"].concat(),
        "1 bytes at its end that belong to no tensor",
    );
    check(b"PK\x03\x04", "is cut off, or is no archive of torch.save");
    let path = workdir.path("w.safetensors");
    let file = std::fs::File::create(&path).expect("created");
    file.set_len(20 << 30).expect("a sparse file");
    let from = "train.from={ weights = \"w.safetensors\" }";
    run_quickly(&workdir, &["plan", "small.toml", "--set", from])
        .exits(2)
        .says(&["w.safetensors", "at most"]);
}

/// Both ends of every range that the reference gives for the images are accepted with real images.
#[test]
fn what_the_reference_says_of_the_images_holds() {
    let workdir = Workdir::with(&shapes());
    let reference = workdir.stdout(&["reference"]);
    let part = |from: &str| {
        let start = reference.find(from).expect(from);
        let table = &reference[start..];
        let start = table.find("| ---").expect("a table");
        table[start..]
            .split("\n\n")
            .next()
            .expect("a table")
            .to_string()
    };
    let mut tried = 0;
    for (table, prefix) in [
        (part("## `[data]`"), "data"),
        (part("`shapes`: "), "data.source"),
    ] {
        for row in table.lines().skip(1) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let key = cells[1].trim_matches('`');
            let words: Vec<&str> = cells[2].split([' ', ',']).collect();
            let [
                "an" | "a",
                "integer" | "number",
                "from",
                low,
                "to",
                high,
                ..,
            ] = words[..]
            else {
                continue;
            };
            // There are fewer images than the largest limit, and of one image none can be left
            // for validation.
            let is_by_circumstance = |end| (key == "limit") || (key == "train" && end == low);
            for end in [low, high]
                .into_iter()
                .filter(|end| !is_by_circumstance(*end))
            {
                let set = format!("{prefix}.{key}={end}");
                workdir.run(&["plan", "small.toml", "--set", &set]).exits(0);
                tried += 1;
            }
        }
    }
    assert!(tried >= 18, "only {tried} ends of ranges were tried");
}

/// A proxy that answers every request with this head and no body.
fn proxy(head: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(stream.expect("connects"), head);
        }
    });
    address
}

/// Opens the tunnel that is asked for, and answers the request within it.
fn answer(mut stream: TcpStream, head: &str) -> std::io::Result<()> {
    let lines = BufReader::new(stream.try_clone()?).lines();
    let mut first = String::new();
    for line in lines {
        let line = line?;
        if first.is_empty() {
            first.clone_from(&line);
        }
        if line.is_empty() && first.starts_with("CONNECT") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            first.clear();
        } else if line.is_empty() {
            let ending = "Connection: close\r\nContent-Length: 0";
            return stream.write_all(format!("{head}\r\n{ending}\r\n\r\n").as_bytes());
        }
    }
    Ok(())
}

#[test]
fn downloads_go_through_the_proxy_and_say_how_to_fetch_by_hand() {
    let workdir = Workdir::new();
    for (head, expect) in [
        ("HTTP/1.1 416 Range Not Satisfiable", "416"),
        (
            "HTTP/1.1 403 Forbidden",
            "the server answered 403 (Forbidden)",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd",
            "the server refers to an",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html",
            "may want a login",
        ),
    ] {
        let mut command = workdir.command(&["data", "fetch", "fashion-mnist"]);
        for name in [
            "ALL_PROXY",
            "all_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "http_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            command.env_remove(name);
        }
        command.env("HTTP_PROXY", proxy(head));
        let start = Instant::now();
        ProgramRun::of(&mut command).exits(3).says(&[
            expect,
            "to fetch fashion-mnist by hand",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
            "MD5 8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        ]);
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }
}
