//! Attack lists are kept as tests: a case that loses its test, or its name, is missed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::house::root;

/// The cases of the login list, L01 to L47.
const LOGIN: u32 = 47;

#[test]
fn every_case_of_the_login_list_is_a_test_of_that_name() {
    let mut held = BTreeSet::new();
    for folder in [
        "services/register-server/tests/it",
        "services/register-client/tests/it",
        "crates/line-api/tests/it",
    ] {
        for_each_test(&root().join(folder), &mut |name| held.extend(cases(name)));
    }
    let missing: Vec<_> = (1..=LOGIN).filter(|case| !held.contains(case)).collect();
    assert!(missing.is_empty(), "no test is named after L{missing:?}");
}

/// The cases that a test is named after: `l17_l21_…`, and all of `l22_to_l26_…`.
fn cases(name: &str) -> BTreeSet<u32> {
    let number = |word: &str| word.strip_prefix('l')?.parse::<u32>().ok();
    let mut cases = BTreeSet::new();
    let mut reaches = false;
    for word in name.split('_') {
        match (number(word), word) {
            (Some(to), _) if reaches => {
                cases.extend(cases.last().copied().unwrap_or(to)..=to);
                reaches = false;
            }
            (Some(case), _) => cases.extend([case]),
            (None, "to") => reaches = true,
            (None, _) => break,
        }
    }
    cases
}

/// The name of each test in a folder's files.
fn for_each_test(folder: &Path, see: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            for_each_test(&path, see);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            let is_test = pair[0].starts_with("#[tokio::test") || pair[0] == "#[test]";
            let name = pair[1].split("fn ").nth(1).filter(|_| is_test);
            if let Some((name, _)) = name.and_then(|rest| rest.split_once('(')) {
                see(name);
            }
        }
    }
}

#[test]
fn a_name_tells_its_cases() {
    assert_eq!(cases("l17_l21_other_algorithms"), [17, 21].into());
    let range: BTreeSet<u32> = (22..=26).collect();
    assert_eq!(cases("l22_to_l26_the_claims"), range);
    assert_eq!(cases("u09_a_member_sees"), [].into());
    assert_eq!(cases("leaving_is_marked_then_l38"), [].into());
}
