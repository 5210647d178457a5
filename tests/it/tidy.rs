//! Rules of this repository that no compiler keeps: sizes, directions of imports, words.

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 600;
const PURE: [&str; 9] =
    ["ids", "money", "time", "codes", "calendar", "case", "privacy", "log", "protocol"];
const OUTER: [&str; 5] = ["channel", "store", "center", "intake", "testkit"];
const RUNTIMES: [&str; 4] = ["tokio", "axum", "reqwest", "rusqlite"];

/// One source file.
struct Source {
    /// Its path from the root of the repository.
    name: String,
    text: String,
}

impl Source {
    /// Its lines outside comments and before its tests, each with its number.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        let before_tests = lines.take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        let code = before_tests.filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.map(|(place, line)| (place + 1, line))
    }

    /// Whether it belongs to a room of the SDK: `sdk/src/case.rs` or `sdk/src/case/…`.
    fn is_in(&self, room: &str) -> bool {
        self.name == format!("sdk/src/{room}.rs")
            || self.name.starts_with(&format!("sdk/src/{room}/"))
    }

    /// The rooms of this crate that its code names.
    fn rooms_named(&self) -> Vec<String> {
        let code: String = self.code().flat_map(|(_, line)| [line, "\n"]).collect();
        let mut rooms = Vec::new();
        for (place, _) in code.match_indices("crate::") {
            let rest = &code[place + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(first_names(group)),
                None => rooms.push(word(rest)),
            }
        }
        rooms
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The first name of each member of a `{…}` that has just been opened.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut fresh, mut names) = (1, true, Vec::new());
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' => fresh |= depth == 1,
            _ if fresh && depth == 1 && !letter.is_whitespace() => {
                names.push(word(&group[place..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every readable text file below a folder with one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), folder, endings, &mut found);
    assert!(!found.is_empty(), "control: there are files in {folder:?}");
    found
}

fn collect(folder: &Path, name: &str, endings: &[&str], found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("the folder reads").flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let name = if name.is_empty() { file_name.clone() } else { format!("{name}/{file_name}") };
        let path = entry.path();
        if path.is_dir() {
            if !["target", ".git", "node_modules", "venv"].contains(&file_name.as_str()) {
                collect(&path, &name, endings, found);
            }
        } else if endings.iter().any(|ending| file_name.ends_with(ending)) {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
            found.push(Source { name, text });
        }
    }
}

fn sdk() -> Vec<Source> {
    files("sdk/src", &[".rs"])
}

fn server() -> Vec<Source> {
    files("merchant-server/src", &[".rs"])
}

fn none(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

/// Whether a name stands in a line as a whole word.
fn has_word(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        let after = line[place + name.len()..].chars().next();
        let joins = |letter: Option<char>| letter.is_some_and(|l| l.is_alphanumeric() || l == '_');
        !joins(before) && !joins(after)
    })
}

#[test]
fn no_source_file_is_too_long_to_read() {
    let mut faults = Vec::new();
    for source in sdk().into_iter().chain(server()) {
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{}: {lines} lines", source.name));
        }
    }
    none(&faults, "split these files");
}

#[test]
fn every_source_file_says_first_what_it_is_for() {
    let manual = "#![doc = include_str!";
    let silent = sdk().into_iter().chain(server());
    let silent = silent.filter(|s| !s.text.starts_with("//!") && !s.text.starts_with(manual));
    let names: Vec<String> = silent.map(|source| source.name).collect();
    none(&names, "begin these files with `//!`");
}

#[test]
fn the_pure_rooms_know_nothing_of_runtimes_or_of_the_rooms_around_them() {
    let mut faults = Vec::new();
    for source in sdk() {
        if !PURE.iter().any(|room| source.is_in(room)) {
            continue;
        }
        for room in source.rooms_named() {
            if OUTER.contains(&room.as_str()) {
                faults.push(format!("{} uses crate::{room}", source.name));
            }
        }
        for (number, line) in source.code() {
            for runtime in RUNTIMES.iter().filter(|runtime| has_word(line, runtime)) {
                faults.push(format!("{}:{number} names {runtime}", source.name));
            }
        }
    }
    none(&faults, "imports point inward");
}

#[test]
fn each_room_uses_only_the_rooms_inside_it() {
    let forbidden: [(&str, &[&str]); 6] = [
        ("case", &["protocol", "log", "channel", "store"]),
        ("log", &["case", "protocol", "channel", "store"]),
        ("store", &["channel", "center", "intake", "testkit"]),
        ("channel", &["intake", "testkit"]),
        ("center", &["intake", "testkit"]),
        ("intake", &["testkit"]),
    ];
    let mut faults = Vec::new();
    for source in sdk() {
        for (room, outer) in forbidden.iter().filter(|(room, _)| source.is_in(room)) {
            for named in source.rooms_named() {
                if outer.contains(&named.as_str()) {
                    faults.push(format!("{} ({room}) uses crate::{named}", source.name));
                }
            }
        }
    }
    none(&faults, "imports point inward");
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let text = "use crate::{\n    case::{Case, log},\n    store::Store,\n};\nuse crate::ids::A;";
    let source = Source { name: String::new(), text: text.to_owned() };
    assert_eq!(source.rooms_named(), ["case", "store", "ids"]);
}

#[test]
fn only_the_store_speaks_sql() {
    let statements = ["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM "];
    let mut faults = Vec::new();
    for source in server() {
        for (number, line) in source.code() {
            let sql = line.contains('"') && statements.iter().any(|word| line.contains(word));
            if sql || has_word(line, "rusqlite") {
                faults.push(format!("{}:{number} {}", source.name, line.trim()));
            }
        }
    }
    none(&faults, "the server asks the store; it writes no SQL");
}

#[test]
fn no_floating_point_comes_near_money_or_the_log() {
    let mut faults = Vec::new();
    // Two readers of JSON meet floats, in order to refuse them.
    let refuse = ["protocol/strict_json.rs", "codes/text.rs"];
    for source in sdk().into_iter().chain(server()) {
        if refuse.iter().any(|name| source.name.ends_with(name)) {
            continue;
        }
        for (number, line) in source.code() {
            if has_word(line, "f32") || has_word(line, "f64") {
                faults.push(format!("{}:{number} {}", source.name, line.trim()));
            }
        }
    }
    none(&faults, "amounts are integers");
}

#[test]
fn nothing_is_left_to_do_without_an_owner() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let mut faults = Vec::new();
    let all = sdk().into_iter().chain(server()).chain(files("tests", &[".rs", ".py"]));
    for source in all.chain(files("examples", &[".rs", ".py"])) {
        for (place, line) in source.text.lines().enumerate() {
            let owned = |word: &String| line.contains(&format!("{word}("));
            if words.iter().any(|word| has_word(line, word) && !owned(word)) {
                faults.push(format!("{}:{} {}", source.name, place + 1, line.trim()));
            }
        }
    }
    none(&faults, "say who does it, or do it");
}

#[test]
fn nothing_unwraps_outside_tests() {
    let mut faults = Vec::new();
    let for_tests = |name: &str| name.contains("/testkit/") || name.contains("/contract/");
    for source in sdk().into_iter().chain(server()).filter(|s| !for_tests(&s.name)) {
        for (number, line) in source.code() {
            if line.contains(".unwrap()") {
                faults.push(format!("{}:{number} {}", source.name, line.trim()));
            }
        }
    }
    none(&faults, "handle it, or say with `expect` why it cannot happen");
}

#[test]
fn nothing_refers_to_what_is_not_in_the_repository() {
    let outside = [["../", "shared"].concat()];
    let endings = [".rs", ".md", ".toml", ".py", ".sh", ".sql", ".html", ".json", ".yaml", ".yml"];
    let mut faults = Vec::new();
    for source in files("", &endings) {
        for (place, line) in source.text.lines().enumerate() {
            if outside.iter().any(|path| line.contains(path)) {
                faults.push(format!("{}:{}", source.name, place + 1));
            }
        }
    }
    none(&faults, "a stranger has only the repository");
}
