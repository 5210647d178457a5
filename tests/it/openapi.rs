//! The API documents in `openapi/` are what the program prints, and say enough.

use std::collections::BTreeSet;
use std::path::PathBuf;

use green_channel_tests::merchant_server;
use serde_json::Value;

const MEDIA_TYPES: [&str; 5] = [
    "application/json",
    "application/problem+json",
    "application/octet-stream",
    "application/x-ndjson",
    "text/plain",
];
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

fn printed(which: &str) -> Vec<u8> {
    let output = merchant_server(["openapi", which]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn committed(which: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi")).join(format!("{which}.json"))
}

fn document(which: &str) -> Value {
    serde_json::from_slice(&printed(which)).unwrap()
}

/// Every operation with its name in words.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("a path has operations") {
            if METHODS.contains(&method.as_str()) {
                found.push((format!("{method} {path}"), operation));
            }
        }
    }
    found
}

/// Every media type in the document, wherever a `content` is.
fn media_types(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(content) = member.as_object().filter(|_| name == "content") {
                    found.extend(content.keys().cloned());
                }
                media_types(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| media_types(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_committed_documents_are_what_the_program_prints() {
    for which in ["merchant", "center"] {
        let file = std::fs::read(committed(which)).unwrap_or_default();
        assert!(
            file == printed(which),
            "openapi/{which}.json is not what the program prints. Look at the difference, and if \
             it is meant: cargo run -- openapi {which} > openapi/{which}.json"
        );
    }
}

#[test]
fn every_operation_has_an_id_of_its_own_and_a_problem_for_its_refusals() {
    for which in ["merchant", "center"] {
        let document = document(which);
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        let mut ids = BTreeSet::new();
        for (name, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name}: no id"));
            assert!(ids.insert(id.to_owned()), "{name}: the id {id} is taken");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let problem = &response["content"]["application/problem+json"];
                let refuses = status.starts_with('4') || status.starts_with('5');
                assert_eq!(refuses, problem.is_object(), "{name}: {status}");
            }
        }
        assert!(ids.len() >= 3, "{which} has only {ids:?}");
    }
}

#[test]
fn the_documents_name_their_schemas_and_only_the_media_types_we_speak() {
    for (which, least) in [("merchant", 16), ("center", 5)] {
        let document = document(which);
        let schemas = document["components"]["schemas"].as_object().expect("there are schemas");
        let names: Vec<&String> = schemas.keys().collect();
        assert!(names.len() >= least, "{which} has only {names:?}");
        let mut found = BTreeSet::new();
        media_types(&document, &mut found);
        let unknown: Vec<_> =
            found.iter().filter(|kind| !MEDIA_TYPES.contains(&kind.as_str())).collect();
        assert!(unknown.is_empty(), "{which} speaks of {unknown:?}");
    }
}
