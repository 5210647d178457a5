//! Forgeries of the folder that the auditor is handed: files changed, left out, put in.

use super::forger::Forgery;

const ENTRIES: &str = "tile/entries/000";
const RULES: &str = "rules/odr-2026.2.json";
const YEAR: &str = "calendars/cn-2026.1/2026.json";

pub(crate) const BANK: [Forgery; 44] = [
    Forgery {
        name: "a bit of an entry",
        codes: &["leaf", "illegal", "root", "chain"],
        forge: |f, _| f.flip(ENTRIES, 700),
    },
    Forgery {
        name: "a bit of the length of an entry",
        codes: &["file", "leaf"],
        forge: |f, _| f.flip(ENTRIES, 1),
    },
    Forgery {
        name: "a bit of a hash tile",
        codes: &["tile"],
        forge: |f, _| f.flip("tile/0/000", 32 * 7 + 3),
    },
    Forgery {
        name: "a bit of the open hash tile",
        codes: &["tile"],
        forge: |f, _| f.flip(&f.file("tile/0/001.p"), 5),
    },
    Forgery {
        name: "a bit of a tile of the second level",
        codes: &["tile"],
        forge: |f, _| f.flip(&f.file("tile/1/000.p"), 9),
    },
    Forgery {
        name: "a hash tile left out",
        codes: &["file"],
        forge: |f, _| f.remove("tile/0/000"),
    },
    Forgery {
        name: "a tile of the second level left out",
        codes: &["file"],
        forge: |f, _| f.remove(&f.file("tile/1/000.p")),
    },
    Forgery {
        name: "a file of entries left out",
        codes: &["file"],
        forge: |f, _| f.remove(ENTRIES),
    },
    Forgery {
        name: "a file of entries cut short",
        codes: &["file"],
        forge: |f, _| {
            let bytes = f.bytes(ENTRIES);
            f.write(ENTRIES, &bytes[..bytes.len() - 40]);
        },
    },
    Forgery {
        name: "the last entries cut from their file",
        codes: &["file"],
        forge: |f, _| {
            let file = f.file("tile/entries/001.p");
            let bytes = f.bytes(&file);
            let first = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
            f.write(&file, &bytes[..first + 2]);
        },
    },
    Forgery {
        name: "a file of entries that is another",
        codes: &["chain", "illegal", "file"],
        forge: |f, _| {
            let bytes = f.bytes(&f.file("tile/entries/001.p"));
            f.write(ENTRIES, &bytes);
        },
    },
    Forgery {
        name: "one more entry than is signed, in a file of its own",
        codes: &["file"],
        forge: |f, _| f.write("tile/entries/002.p/1", b"\0\x02{}"),
    },
    Forgery {
        name: "a manifest of fewer entries",
        codes: &["file"],
        forge: |f, h| {
            let size = h.entries.len();
            f.replace(
                "manifest.json",
                &format!("\"size\":{size}"),
                &format!("\"size\":{}", size - 1),
            );
        },
    },
    Forgery {
        name: "a manifest of another log",
        codes: &["file"],
        forge: |f, _| f.replace("manifest.json", "mall.example/log", "mall.example/lag"),
    },
    Forgery {
        name: "a manifest of another format",
        codes: &["file"],
        forge: |f, _| f.replace("manifest.json", "bundle/1", "bundle/2"),
    },
    Forgery {
        name: "a manifest of another period",
        codes: &["indicator"],
        forge: |f, _| f.replace("manifest.json", "2026-11-30", "2026-11-29"),
    },
    Forgery {
        name: "a manifest without its period",
        codes: &["file"],
        forge: |f, _| {
            let period = "{\"from\":\"2026-11-01\",\"over\":false,\"to\":\"2026-11-30\"}";
            f.replace("manifest.json", period, "null");
        },
    },
    Forgery {
        name: "a manifest that does not tell of the disclosed case",
        codes: &["file"],
        forge: |f, h| {
            f.replace("manifest.json", &format!("[\"{}\"]", h.dossier.stream), "[]");
        },
    },
    Forgery {
        name: "a calendar in which a day is no holiday",
        codes: &["file"],
        forge: |f, _| f.replace(YEAR, "2026-10-01", "2026-10-31"),
    },
    Forgery {
        name: "a rule set with a longer clock",
        codes: &["file"],
        forge: |f, _| f.replace(RULES, "\"length\": 10", "\"length\": 20"),
    },
    Forgery {
        name: "a rule set under another name",
        codes: &["file"],
        forge: |f, _| {
            let bytes = f.bytes(RULES);
            f.write("rules/odr-2027.json", &bytes);
        },
    },
    Forgery {
        name: "a loaded year that is another than the entries name",
        codes: &["file"],
        forge: |f, _| {
            let file = f.file("calendars/loaded/2027@");
            f.replace(&file, "\"holidays\":[]", "\"holidays\": []");
        },
    },
    Forgery {
        name: "a file that nobody knows",
        codes: &["file"],
        forge: |f, _| f.write("readme.txt", "一切正常".as_bytes()),
    },
    Forgery {
        name: "a checkpoint of one entry more",
        codes: &["checkpoint"],
        forge: |f, h| {
            let size = h.entries.len();
            f.replace("checkpoint", &format!("\n{size}\n"), &format!("\n{}\n", size + 1));
        },
    },
    Forgery {
        name: "a checkpoint with another root",
        codes: &["checkpoint"],
        forge: |f, _| {
            let root = f.text("checkpoint").lines().nth(2).expect("a root").to_owned();
            let other = root.chars().rev().skip(1).collect::<String>() + "=";
            f.replace("checkpoint", &root, &other);
        },
    },
    Forgery {
        name: "a checkpoint without its witness",
        codes: &["quorum"],
        forge: |f, _| {
            let lines: Vec<String> = f.text("checkpoint").lines().map(str::to_owned).collect();
            let kept: Vec<_> = lines.iter().filter(|line| !line.contains("/witness ")).collect();
            let text = kept.iter().map(|line| format!("{line}\n")).collect::<String>();
            f.write("checkpoint", text.as_bytes());
        },
    },
    Forgery {
        name: "a checkpoint without the log's own signature",
        codes: &["checkpoint"],
        forge: |f, _| {
            let text = f.text("checkpoint");
            let own = text.lines().find(|line| line.starts_with("\u{2014} mall")).expect("it is");
            f.replace("checkpoint", &format!("{own}\n"), "");
        },
    },
    Forgery {
        name: "a cosignature of an earlier hour",
        codes: &["checkpoint"],
        forge: |f, _| {
            let text = f.text("checkpoint");
            let line = text.lines().find(|line| line.contains("/witness ")).expect("it is there");
            let (head, signature) = line.rsplit_once(' ').expect("three words");
            let mut other: Vec<char> = signature.chars().collect();
            other[13] = if other[13] == 'A' { 'B' } else { 'A' };
            let other = other.into_iter().collect::<String>();
            f.replace("checkpoint", line, &format!("{head} {other}"));
        },
    },
    Forgery {
        name: "an older checkpoint over all the entries",
        codes: &["file", "size"],
        forge: |f, h| f.write("checkpoint", h.earlier.as_bytes()),
    },
    Forgery {
        name: "another merchant's checkpoint",
        codes: &["checkpoint"],
        forge: |f, h| f.write("checkpoint", h.other.1.as_bytes()),
    },
    Forgery {
        name: "a policy that does not read",
        codes: &["policy"],
        forge: |f, _| f.replace("policy", "quorum center", "quorum nobody"),
    },
    Forgery {
        name: "a journal with another amount",
        codes: &["journal"],
        forge: |f, _| f.replace("fund.journal", "1200.00 CNY", "1100.00 CNY"),
    },
    Forgery {
        name: "a journal without an entry",
        codes: &["journal"],
        forge: |f, _| {
            let text = f.text("fund.journal");
            let at = text.find("先行赔付已付").expect("it is there");
            let begin = text[..at].rfind("\n\n").expect("an entry before");
            let end = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
            let other = format!("{}{}", &text[..begin], &text[end..]);
            f.write("fund.journal", other.as_bytes());
        },
    },
    Forgery {
        name: "a journal with an entry more",
        codes: &["journal"],
        forge: |f, _| {
            let more = "\n2026-11-30=2026-11-30 * (99) 投入保证金\n    assets:bank  1.00 CNY\n    equity:pool  -1.00 CNY\n";
            let text = f.text("fund.journal") + more;
            f.write("fund.journal", text.as_bytes());
        },
    },
    Forgery {
        name: "a journal booked to another account",
        codes: &["journal"],
        forge: |f, _| f.replace("fund.journal", "equity:reserved  600.00", "equity:pool  600.00"),
    },
    Forgery {
        name: "an inflated count",
        codes: &["indicator"],
        forge: |f, _| f.replace("indicators.json", "\"count\":2", "\"count\":20"),
    },
    Forgery {
        name: "an inflated rate",
        codes: &["indicator"],
        forge: |f, _| {
            let text = f.text("indicators.json");
            let at = text.find("\"code\":\"response_on_time\"").expect("it is there");
            let part = &text[at..][..text[at..].find("\"version\"").expect("it has one")];
            let fewer = part.replacen("\"part\":4", "\"part\":3", 1);
            assert_ne!(part, fewer, "{part}");
            f.replace("indicators.json", part, &fewer);
        },
    },
    Forgery {
        name: "an indicator left out",
        codes: &["indicator"],
        forge: |f, _| {
            let text = f.text("indicators.json");
            let end = text.rfind(",{\"code\"").expect("several");
            let other =
                format!("{}{}", &text[..end], &text[text.rfind("}]").expect("a list") + 1..]);
            f.write("indicators.json", other.as_bytes());
        },
    },
    Forgery {
        name: "figures of a larger log",
        codes: &["indicator"],
        forge: |f, h| {
            let size = h.entries.len();
            let (from, to) = (format!("\"log_size\":{size}"), format!("\"log_size\":{}", size + 9));
            f.replace("indicators.json", &from, &to);
        },
    },
    Forgery {
        name: "another formula beside the figure",
        codes: &["indicator"],
        forge: |f, _| f.replace("indicators.json", "四星以上", "三星以上"),
    },
    Forgery {
        name: "no figures at all",
        codes: &["file"],
        forge: |f, _| f.remove("indicators.json"),
    },
    Forgery {
        name: "a disclosed word that is another",
        codes: &["disclosure"],
        forge: |f, h| {
            let file = format!("disclosed/{}.json", h.dossier.stream);
            f.replace(&file, "全额退款", "部分退款");
        },
    },
    Forgery {
        name: "a disclosed word with another salt",
        codes: &["disclosure"],
        forge: |f, h| {
            let file = format!("disclosed/{}.json", h.dossier.stream);
            let text = f.text(&file);
            let at = text.find("\"salt\": \"").expect("a salt") + 9;
            let salt = text[at..at + 44].to_owned();
            let other = if salt.starts_with('A') { "B" } else { "A" };
            f.replace(&file, &salt, &format!("{other}{}", &salt[1..]));
        },
    },
    Forgery {
        name: "the words of a case left out",
        codes: &["file"],
        forge: |f, h| f.remove(&format!("disclosed/{}.json", h.dossier.stream)),
    },
];
