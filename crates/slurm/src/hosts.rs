//! Slurm's short forms of lists: names of nodes, and numbers for each of them.

/// Most nodes of a list; more are a mistake rather than an allocation.
const MOST: usize = 1 << 15;

/// The names in a list of nodes such as `n[1-2,07-09],gpu3`; `None` if it is none.
pub fn expand_hosts(list: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in split_outside_brackets(list)? {
        let mut of_part = vec![String::new()];
        let mut rest = part;
        while let Some((before, from_bracket)) = rest.split_once('[') {
            let (ranges, after) = from_bracket.split_once(']')?;
            let numbers = expand_ranges(ranges)?;
            if of_part.len().saturating_mul(numbers.len()) > MOST {
                return None;
            }
            let mut longer = Vec::new();
            for name in &of_part {
                for number in &numbers {
                    longer.push(format!("{name}{before}{number}"));
                }
            }
            (of_part, rest) = (longer, after);
        }
        for name in of_part {
            names.push(name + rest);
        }
    }
    let is_name = |name: &String| !name.is_empty() && !name.contains(['[', ']', ' ']);
    (names.len() <= MOST && names.iter().all(is_name)).then_some(names)
}

/// The parts between the commas that are in no brackets.
fn split_outside_brackets(list: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut is_inside) = (0, false);
    for (place, byte) in list.bytes().enumerate() {
        match byte {
            b'[' | b']' if is_inside == (byte == b'[') => return None,
            b'[' => is_inside = true,
            b']' => is_inside = false,
            b',' if !is_inside => {
                parts.push(&list[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    (!is_inside).then_some(parts)
}

/// The numbers of `1-2,07-09`, with their leading zeros.
fn expand_ranges(ranges: &str) -> Option<Vec<String>> {
    let mut numbers = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let width = first.len();
        let (first, last) = (number(first)?, number(last)?);
        let length = last.checked_sub(first)?;
        if numbers.len() as u64 + length >= MOST as u64 {
            return None;
        }
        for number in first..=last {
            numbers.push(format!("{number:0width$}"));
        }
    }
    Some(numbers)
}

/// The numbers for each node in a list such as `4(x2),2`; `None` if it is none.
pub fn counts_per_node(list: &str) -> Option<Vec<u32>> {
    let mut counts = Vec::new();
    for part in list.split(',') {
        let (count, times) = match part.split_once("(x") {
            Some((count, times)) => (count, number(times.strip_suffix(')')?)?),
            None => (part, 1),
        };
        if counts.len() as u64 + times > MOST as u64 {
            return None;
        }
        let count = u32::try_from(number(count)?).ok()?;
        counts.resize(counts.len() + times as usize, count);
    }
    Some(counts)
}

/// A number of digits alone.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_nodes_are_expanded() {
        let check = |list: &str, expect: &str| {
            let names = expand_hosts(list).expect(list);
            assert_eq!(names.join(" "), expect, "{list}");
        };
        check("n1", "n1");
        check("n[1-2]", "n1 n2");
        check("n[1-2,7],gpu03", "n1 n2 n7 gpu03");
        check("gpu[008-011]", "gpu008 gpu009 gpu010 gpu011");
        check("r[1-2]n[3,5]-ib", "r1n3-ib r1n5-ib r2n3-ib r2n5-ib");
        check("a,b-c.d,n[4]", "a b-c.d n4");
        for bad in [
            "",
            "n[",
            "n]",
            "n[1",
            "n[2-1]",
            "n[a]",
            "n[1-]",
            "a,,b",
            "n[[1]]",
            "n[1-99999999]",
            "n 1",
            "n[1-300]m[1-300]",
        ] {
            assert_eq!(expand_hosts(bad), None, "{bad}");
        }
    }

    #[test]
    fn counts_are_given_for_each_node() {
        assert_eq!(counts_per_node("2"), Some(vec![2]));
        assert_eq!(counts_per_node("4(x2),2"), Some(vec![4, 4, 2]));
        assert_eq!(counts_per_node("72,36(x3)"), Some(vec![72, 36, 36, 36]));
        for bad in ["", "x", "2(x", "2(x2", "2(xx)", "-1", "2,", "1(x999999999)"] {
            assert_eq!(counts_per_node(bad), None, "{bad}");
        }
    }
}
