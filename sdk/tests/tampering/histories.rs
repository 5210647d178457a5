//! Forgeries of history: the whole bundle written anew and signed with the merchant's own key, or the
//! dossier of a case, or an old state put back.

use green_channel::bundle::Opened;
use green_channel::ids::Pseudonym;
use green_channel::log::{Cosigner, Leaf};
use green_channel::privacy::Salt;
use serde_json::json;

use super::forger::{Forger, Forgery};

/// A case that has only begun.
fn waiting(f: &Forger) -> usize {
    let streams = |leaf: &Leaf| leaf.kind == "received" && leaf.stream.len() == 32;
    f.entries.iter().rposition(|entry| streams(&Leaf::parse(entry).expect("a leaf"))).expect("one")
}

pub(crate) const BANK: [Forgery; 24] = [
    Forgery {
        name: "the last five entries dropped, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.entries.truncate(f.entries.len() - 5);
            f.rebuild();
        },
    },
    Forgery {
        name: "a whole case dropped, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.entries.remove(waiting(f));
            f.rebuild();
        },
    },
    Forgery {
        name: "a whole case dropped, with the witness's old line",
        codes: &["checkpoint"],
        forge: |f, h| {
            f.entries.remove(waiting(f));
            f.rebuild_with_old_lines(h);
        },
    },
    Forgery {
        name: "a case invented, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            let mut leaf = f.leaf(waiting(f));
            leaf.stream = Pseudonym::new([9; 16]).to_string();
            f.entries.push(leaf.to_bytes().expect("a leaf"));
            f.rebuild();
        },
    },
    Forgery {
        name: "a recovered amount raised, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.edit_kind("closed", |leaf| leaf.data["recovered_fen"] = json!(19_999));
            f.rebuild();
        },
    },
    Forgery {
        name: "a time moved, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.edit_kind("accepted", |leaf| leaf.at = leaf.at.plus_millis(-30_000));
            f.rebuild();
        },
    },
    Forgery {
        name: "another clerk, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            for place in 0..f.entries.len() {
                f.edit(place, |leaf| {
                    if leaf.actor.pseudonym == Pseudonym::new([1; 16]) {
                        leaf.actor.pseudonym = Pseudonym::new([2; 16]);
                    }
                    if leaf.kind == "accepted" {
                        leaf.data["first_responder"] = json!(Pseudonym::new([2; 16]));
                    }
                });
            }
            f.rebuild();
        },
    },
    Forgery {
        name: "two cases swapped, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            let last = waiting(f);
            f.entries.swap(last, last - 1);
            f.rebuild();
        },
    },
    Forgery {
        name: "a look at personal data struck out, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.drop_entry("revealed");
            f.spec.disclosed.clear();
            f.rebuild();
        },
    },
    Forgery {
        name: "an act of an administrator struck out, signed anew",
        codes: &["quorum"],
        forge: |f, _| {
            f.drop_entry("tenant_added");
            f.rebuild();
        },
    },
    Forgery {
        name: "the whole tree signed with another key under the log's name",
        codes: &["checkpoint"],
        forge: |f, _| f.rebuild_with_another_key(),
    },
    Forgery {
        name: "a witness of the merchant's own making",
        codes: &["quorum"],
        forge: |f, h| {
            f.entries.remove(waiting(f));
            f.rebuild();
            let own = Cosigner::from_seed("12315.example/witness", [99; 32]);
            let text = f.spec.note.split("\n\n").next().expect("a text").to_owned() + "\n";
            let note = f.spec.note.clone() + &own.cosign(&text, h.at);
            f.spec.policy = format!(
                "{}\nwitness center {}\nquorum center\n",
                h.policy.lines().next().expect("the log"),
                own.verifier()
            );
            f.rebuild_under(note);
        },
    },
    Forgery {
        name: "a policy in the folder that asks for nobody",
        codes: &["quorum"],
        forge: |f, h| {
            f.entries.remove(waiting(f));
            f.spec.policy = format!("{}\nquorum none\n", h.policy.lines().next().expect("the log"));
            f.rebuild();
        },
    },
    Forgery {
        name: "an old backup put back and continued",
        codes: &["rewritten"],
        forge: |f, _| {
            // What the auditor had seen is gone from its third entry on, and a witness that was
            // exchanged for a fresh one has cosigned what there is now.
            let place = f.place("accepted");
            f.edit(place, |leaf| leaf.at = leaf.at.plus_millis(-1));
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "an old backup put back and nothing more",
        codes: &["shrunk"],
        forge: |f, _| {
            f.entries.truncate(3);
            f.spec.disclosed.clear();
            f.rebuild_before_any_witness();
        },
    },
    Forgery {
        name: "a middle entry of a case dropped",
        codes: &["chain"],
        forge: |f, h| {
            f.drop_entry("accepted");
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "an entry put in twice",
        codes: &["chain"],
        forge: |f, h| {
            let place = f.place("accepted");
            f.entries.insert(place + 1, f.entries[place].clone());
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "two entries of a case swapped",
        codes: &["chain"],
        forge: |f, h| {
            let place = f.place("accepted");
            f.entries.swap(place, place + 1);
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "another merchant's bundle",
        codes: &["checkpoint"],
        forge: |f, h| {
            let (entries, note, policy) = h.other.clone();
            (f.entries, f.spec.policy) = (entries, policy);
            f.spec.disclosed.clear();
            f.rebuild_under(note);
        },
    },
    Forgery {
        name: "another merchant's entries under our checkpoint",
        codes: &["origin"],
        forge: |f, h| {
            f.entries.clone_from(&h.other.0);
            f.spec.disclosed.clear();
            f.rebuild_under(h.note.clone());
            // The file is named and filled up as for the size that is signed.
            let mut bytes = f.bytes(&f.file("tile/entries/000.p"));
            for _ in h.other.0.len()..256 {
                bytes.extend([0, 2, b'{', b'}']);
            }
            f.write("tile/entries/000", &bytes);
        },
    },
    Forgery {
        name: "a disclosed word that was never said",
        codes: &["disclosure"],
        forge: |f, h| {
            let opened =
                Opened { salt: Salt::new([1; 32]), value: "消费者很满意".to_owned() };
            f.spec.disclosed[0].events[0].fields.insert("praise".to_owned(), opened);
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "a disclosed word left out",
        codes: &["disclosure"],
        forge: |f, h| {
            f.spec.disclosed[0].events[0].fields.pop_first();
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "the words of an event left out",
        codes: &["disclosure"],
        forge: |f, h| {
            f.spec.disclosed[0].events.pop();
            f.rebuild_under(h.note.clone());
        },
    },
    Forgery {
        name: "the words of one event told of another",
        codes: &["disclosure"],
        forge: |f, h| {
            f.spec.disclosed[0].events[0].n = 1;
            f.rebuild_under(h.note.clone());
        },
    },
];
