//! Forgeries of the fund that even a deceived witness would have cosigned: told so from the beginning,
//! chained, numbered and signed as if nothing were amiss. The rules find them.

use green_channel::ids::Pseudonym;
use serde_json::json;

use super::forger::{Forger, Forgery};

fn told(f: &mut Forger, kind: &str, field: &str, value: serde_json::Value) {
    f.edit_kind(kind, |leaf| leaf.data[field] = value);
    f.rebuild_before_any_witness();
}

/// What is changed behind the head that the auditor has seen.
pub(crate) const BANK: [Forgery; 15] = [
    Forgery {
        name: "more paid than was approved",
        codes: &["illegal"],
        forge: |f, _| told(f, "advance_paid", "paid_fen", json!(150_000)),
    },
    Forgery {
        name: "less paid, the rest vanished",
        codes: &["illegal"],
        forge: |f, _| told(f, "advance_paid", "paid_fen", json!(100_000)),
    },
    Forgery {
        name: "more handed over than was reserved",
        codes: &["illegal"],
        forge: |f, _| told(f, "advance_submitted", "fen", json!(130_000)),
    },
    Forgery {
        name: "more reserved than was asked for",
        codes: &["illegal"],
        forge: |f, _| {
            let place = f.place_where(|leaf| {
                leaf.kind == "advance_approved" && leaf.data["reserved_fen"] != json!(0)
            });
            f.edit(place, |leaf| leaf.data["reserved_fen"] = json!(130_000));
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a lost posting: the payment",
        codes: &["illegal", "advance"],
        forge: |f, _| {
            f.drop_entry("advance_paid");
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a lost posting: the approval",
        codes: &["illegal"],
        forge: |f, _| {
            // The one that reserves the money. That a smaller sum needs one approval and a larger one
            // two is the merchant's configuration, and in no log.
            let place = f.place_where(|leaf| {
                leaf.kind == "advance_approved" && leaf.data["reserved_fen"] != json!(0)
            });
            f.entries.remove(place);
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a lost posting: the request",
        codes: &["illegal"],
        forge: |f, _| {
            f.drop_entry("advance_requested");
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "whoever asked approved",
        codes: &["illegal"],
        forge: |f, _| {
            f.edit_kind("advance_approved", |leaf| leaf.actor.pseudonym = Pseudonym::new([1; 16]));
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "whoever approved paid",
        codes: &["illegal"],
        forge: |f, _| {
            f.edit_kind("advance_paid", |leaf| leaf.actor.pseudonym = Pseudonym::new([4; 16]));
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a clerk pays",
        codes: &["illegal"],
        forge: |f, _| {
            f.edit_kind("advance_paid", |leaf| leaf.actor.role = "clerk".to_owned());
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "another shop owes it",
        codes: &["illegal", "advance"],
        forge: |f, _| {
            let other = json!("tnt_09090909090909090909090909090909");
            told(f, "advance_paid", "tenant", other);
        },
    },
    Forgery {
        name: "a case that says it was paid, and a fund that does not",
        codes: &["advance"],
        forge: |f, _| {
            // The last advance: everything the fund knows of it is struck out.
            let last = f.place_where(|leaf| {
                leaf.kind == "advance_requested" && leaf.data.get("tenant").is_none()
            });
            let advance = f.leaf(last).data["advance"].clone();
            let mut place = 0;
            while place < f.entries.len() {
                let leaf = f.leaf(place);
                if leaf.stream == "fund" && leaf.data.get("advance") == Some(&advance) {
                    f.entries.remove(place);
                } else {
                    place += 1;
                }
            }
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a fund that paid for a case that knows nothing of it",
        codes: &["advance"],
        forge: |f, _| {
            let last = f.place_where(|leaf| {
                leaf.kind == "advance_requested" && leaf.data.get("tenant").is_none()
            });
            let advance = f.leaf(last).data["advance"].clone();
            let mut place = 0;
            while place < f.entries.len() {
                let leaf = f.leaf(place);
                if leaf.kind == "advance_moved" && leaf.data.get("advance") == Some(&advance) {
                    f.entries.remove(place);
                } else {
                    place += 1;
                }
            }
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a deadline of the second case moved",
        codes: &["deadline"],
        forge: |f, _| {
            let last = f.entries.iter().rposition(|entry| {
                green_channel::log::Leaf::parse(entry).expect("a leaf").kind == "received"
            });
            f.edit(last.expect("one"), |leaf| {
                leaf.data["clocks"][1]["due_at"] = json!("2026-12-31T23:59:59.999+08:00");
            });
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a fact that no event has",
        codes: &["illegal"],
        forge: |f, _| told(f, "advance_paid", "bonus_fen", json!(1)),
    },
];
