//! Every single damage to a log is known.

use super::*;

fn log(lines: u64) -> Vec<Vec<u8>> {
    let json = |n: u64| format!(r#"{{"format":1,"time":{n}.5,"record":{{"a":[{n},"x"]}}}}"#);
    (1..=lines).map(|n| seal(n, json(n).as_bytes())).collect()
}

/// What is said of each line of a log.
fn judge(log: &[u8]) -> Vec<LineCheck> {
    let mut checker = LineChecker::default();
    let lines = log
        .strip_suffix(b"\n")
        .unwrap_or(log)
        .split(|&b| b == b'\n');
    lines.map(|line| checker.check(line)).collect()
}

fn is_sound(log: &[u8]) -> bool {
    judge(log).iter().all(|check| *check == LineCheck::Sound)
}

#[test]
fn a_line_says_its_format_its_number_and_its_checksum() {
    let line = seal(17, br#"{"format":1,"time":1.5}"#);
    let text = String::from_utf8(line).expect("UTF-8");
    assert_eq!(
        text,
        "{\"format\":2,\"line\":17,\"time\":1.5,\"check\":\"9815c10b\"}\n"
    );
    assert!(is_sound(&log(12).concat()));
    let mut checker = LineChecker::default();
    for line in log(12) {
        checker.check(line.trim_ascii_end());
    }
    assert_eq!((checker.next(), checker.checked), (13, 12));
}

/// Every bit of every byte, and every byte deleted or doubled.
#[test]
fn a_changed_byte_is_known() {
    let sound = log(4).concat();
    for at in 0..sound.len() {
        let mut deleted = sound.clone();
        deleted.remove(at);
        let mut doubled = sound.clone();
        doubled.insert(at, sound[at]);
        let is_end = |at: usize| at + 1 == sound.len();
        assert!(is_end(at) || !is_sound(&deleted), "byte {at} deleted");
        assert!(!is_sound(&doubled), "byte {at} doubled");
        for bit in 0..8 {
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << bit;
            // Without its end the last line is torn, which its reader knows.
            assert!(is_end(at) || !is_sound(&flipped), "bit {bit} of byte {at}");
            assert!(
                !judge(&flipped)
                    .iter()
                    .any(|check| matches!(check, LineCheck::Newer(_))),
                "a flipped bit is no newer program: bit {bit} of byte {at}"
            );
        }
    }
}

#[test]
fn missing_doubled_and_exchanged_lines_are_known() {
    let sound = log(6);
    for a in 0..6 {
        let mut missing = sound.clone();
        missing.remove(a);
        // What is cut off at the end is known by who has read the log before.
        assert!(a == 5 || !is_sound(&missing.concat()), "line {a} missing");
        for b in 0..6 {
            let mut doubled = sound.clone();
            doubled.insert(b, sound[a].clone());
            assert!(!is_sound(&doubled.concat()), "line {a} again at {b}");
            let mut exchanged = sound.clone();
            exchanged.swap(a, b);
            assert!(a == b || !is_sound(&exchanged.concat()), "{a} and {b}");
        }
    }
}

#[test]
fn each_damage_is_named() {
    let lines = log(5);
    let said = |lines: &[&[u8]]| {
        let problems = judge(&lines.concat());
        problems
            .into_iter()
            .filter_map(LineCheck::problem)
            .collect::<Vec<_>>()
    };
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|i| &lines[i][..]);
    assert_eq!(said(&[a, b, d, e]), ["line 3 is missing before this one"]);
    assert_eq!(
        said(&[a, e]),
        ["the lines 2 to 4 are missing before this one"]
    );
    let again = "is line 2 again, or in the wrong place, and was ignored";
    assert_eq!(said(&[a, b, b, c]), [again]);
    assert_eq!(
        said(&[a, c, b, d]),
        ["line 2 is missing before this one", again]
    );
    assert_eq!(
        said(&[a, b"garbage\n", b]),
        ["has no checksum, although lines before it have one, and was ignored"]
    );
    assert_eq!(
        said(&[b"garbage\n", a, b]),
        ["could not be read and was ignored"]
    );
    let flipped = [&b[..30], b"#", &b[31..]].concat();
    let checksum = "does not fit its checksum and was ignored";
    assert_eq!(said(&[a, &flipped, c]), [checksum]);
}

#[test]
fn lines_without_a_checksum_stand_only_at_the_beginning() {
    let old = br#"{"format":1,"time":1.5}"#;
    let mut checker = LineChecker::default();
    assert_eq!(checker.check(old), LineCheck::Unchecked);
    assert_eq!(checker.check(b""), LineCheck::Blank);
    assert_eq!(checker.check(old), LineCheck::Unchecked);
    assert_eq!((checker.next(), checker.checked), (4, 0));
    let next = seal(checker.next(), old);
    assert_eq!(checker.check(next.trim_ascii_end()), LineCheck::Sound);
    let unchecked = LineCheck::Damaged(LineDamage::NoChecksum);
    assert_eq!(checker.check(old), unchecked);
    // A line that lost its checksum is no old line.
    let cut = &next[..next.len() - END - 1];
    let mut first = LineChecker::default();
    let cut = [cut, b"}"].concat();
    assert_eq!(first.check(&cut), LineCheck::Damaged(LineDamage::NoLine));
}

#[test]
fn an_empty_line_stands_for_nothing_before_lines_of_an_older_program() {
    let mut lines = log(3);
    lines[0] = b"\n".to_vec();
    let expect = [
        LineCheck::Damaged(LineDamage::NoLine),
        LineCheck::Sound,
        LineCheck::Sound,
    ];
    assert_eq!(judge(&lines.concat()), expect);
}

#[test]
fn a_newer_format_is_known_by_a_right_checksum() {
    let line = with_check(br#"{"format":3,"line":1,"new":true"#.to_vec());
    assert_eq!(judge(&line), [LineCheck::Newer(3)]);
}
