//! Writing a bundle, entry by entry. The manifest comes last: a folder with it is a whole one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::dossier::Dossier;
use super::layout::{
    CHECKPOINT, FORMAT, FULL, INDICATORS, JOURNAL, MANIFEST, Manifest, ManifestPeriod, POLICY,
};
use crate::calendar::{Calendar, YearData};
use crate::case::RuleSet;
use crate::fund::Hledger;
use crate::indicators::publish;
use crate::log::{Frontier, TilePath, Tiling, TrustPolicy, encode_entries, leaf_hash};
use crate::verify::{Fault, LogCheck, Rulebook, loaded_name};

/// What goes into a bundle beside the entries.
#[derive(Clone, Debug)]
pub struct BundleSpec {
    /// The text of the policy.
    pub policy: String,
    /// The head, signed and cosigned.
    pub note: String,
    /// The period whose figures are published with it.
    pub period: Option<ManifestPeriod>,
    /// The years that the merchant loaded, as their files are.
    pub years: Vec<String>,
    /// The rule sets that the merchant wrote, as their files are.
    pub rules: Vec<String>,
    /// The cases that are disclosed.
    pub disclosed: Vec<Dossier>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many entries.
    pub size: u64,
    /// What is wrong with the log itself; the bundle says so to everybody who checks it.
    pub fault: Option<Fault>,
}

/// A bundle in the making.
pub struct BundleWriter {
    folder: PathBuf,
    spec: BundleSpec,
    /// Until the first fault.
    check: Result<LogCheck, Fault>,
    frontier: Frontier,
    tiling: Tiling,
    entries: Vec<Vec<u8>>,
    bundles: u64,
    hledger: Hledger,
    journal: BufWriter<File>,
}

impl BundleWriter {
    /// Begins a bundle in an empty folder, which is made if there is none.
    ///
    /// # Errors
    /// When the folder is not empty or cannot be written, or when the head or the policy does not read.
    pub fn begin(folder: &Path, spec: BundleSpec) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty"));
        }
        let unfit = |fault: String| io::Error::new(io::ErrorKind::InvalidInput, fault);
        let policy = TrustPolicy::parse(&spec.policy).map_err(|error| unfit(error.to_string()))?;
        let head = policy.read(&spec.note).map_err(|error| unfit(error.to_string()))?;
        let mut book = Rulebook::shipped();
        let put = |name: String, text: &str| write(folder, &name, text.as_bytes());
        for text in Calendar::shipped_files() {
            let year = year_of(text).map_err(unfit)?.year();
            put(format!("calendars/{}/{year}.json", Calendar::SHIPPED_VERSION), text)?;
        }
        for text in &spec.years {
            let name = loaded_name(&year_of(text).map_err(unfit)?, text);
            let file = format!("calendars/loaded/{name}.json");
            book.bring_loaded_year(&file, text).map_err(|fault| unfit(fault.to_string()))?;
            put(file, text)?;
        }
        for text in RuleSet::shipped_files().iter().copied().chain(spec.rules.iter().map(|t| &**t))
        {
            let set = RuleSet::from_json(text).map_err(|error| unfit(error.to_string()))?;
            let file = format!("rules/{}.json", set.id);
            book.bring_rules(&file, text).map_err(|fault| unfit(fault.to_string()))?;
            put(file, text)?;
        }
        let mut check = LogCheck::begin(&head.checkpoint.origin, book);
        if let Some(period) = spec.period {
            check = check.with_indicators(period.from, period.to);
        }
        let mut journal = BufWriter::new(File::create(folder.join(JOURNAL))?);
        let (hledger, top) = Hledger::begin();
        journal.write_all(top.as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            spec,
            check: Ok(check),
            frontier: Frontier::empty(),
            tiling: Tiling::begin(),
            entries: Vec::new(),
            bundles: 0,
            hledger,
            journal,
        })
    }

    /// Takes the next entry of the log. What is wrong with it is noted, not refused: an auditor must be
    /// able to take home what there is.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn entry(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Ok(check) = &mut self.check {
            let (hledger, mut text) = (&mut self.hledger, String::new());
            let held = check.follow(
                bytes,
                |taken| {
                    if let Some(stamped) = taken.fund {
                        text = hledger.entry(taken.leaf.n, stamped);
                    }
                    Ok(())
                },
                |_, _| Ok(()),
            );
            self.journal.write_all(text.as_bytes())?;
            if let Err(fault) = held {
                self.check = Err(fault);
            }
        }
        let folder = &self.folder;
        let put = |path: TilePath, bytes: &[u8]| write(folder, &path.to_path(), bytes);
        self.tiling.append(&mut self.frontier, leaf_hash(bytes), put)?;
        self.entries.push(bytes.to_vec());
        if self.entries.len() == usize::from(FULL) {
            self.flush_entries()?;
        }
        Ok(())
    }

    fn flush_entries(&mut self) -> io::Result<()> {
        let entries: Vec<&[u8]> = self.entries.iter().map(Vec::as_slice).collect();
        let bytes = encode_entries(&entries).map_err(io::Error::other)?;
        let width = u16::try_from(entries.len()).unwrap_or(FULL);
        write(&self.folder, &TilePath::of_entries(self.bundles, width).to_path(), &bytes)?;
        self.entries.clear();
        self.bundles += 1;
        Ok(())
    }

    /// Writes what remains, the manifest last.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn finish(mut self) -> io::Result<Written> {
        if !self.entries.is_empty() {
            self.flush_entries()?;
        }
        for (path, bytes) in self.tiling.partial() {
            write(&self.folder, &path.to_path(), bytes)?;
        }
        self.journal.flush()?;
        let (folder, spec) = (&self.folder, &self.spec);
        write(folder, POLICY, spec.policy.as_bytes())?;
        write(folder, CHECKPOINT, spec.note.as_bytes())?;
        for dossier in &spec.disclosed {
            let bytes = dossier.to_bytes().map_err(io::Error::other)?;
            write(folder, &format!("disclosed/{}.json", dossier.stream), &bytes)?;
        }
        let size = self.frontier.size();
        let unfit = |error: &dyn std::error::Error| io::Error::other(error.to_string());
        let policy = TrustPolicy::parse(&spec.policy).map_err(|error| unfit(&error))?;
        let head = policy.read(&spec.note).map_err(|error| unfit(&error))?;
        let origin = head.checkpoint.origin.clone();
        // The figures are those of the log, whether or not enough witnesses have cosigned its head yet.
        let (figures, fault) = match self.check.and_then(|check| check.finish(&head)) {
            Ok(log) => {
                let distrust = policy.believe(&spec.note).err().map(Fault::from);
                (log.indicators.into_iter().flatten().collect(), distrust)
            }
            Err(fault) => (Vec::new(), Some(fault)),
        };
        if let Some(ManifestPeriod { from, to, .. }) = spec.period {
            write(folder, INDICATORS, &publish(from, to, size, &figures))?;
        }
        let mut disclosed: Vec<_> = spec.disclosed.iter().map(|dossier| dossier.stream).collect();
        disclosed.sort_unstable();
        let format = FORMAT.to_owned();
        let manifest = Manifest { format, origin, size, period: spec.period, disclosed };
        write(folder, MANIFEST, &manifest.to_bytes())?;
        Ok(Written { size, fault })
    }
}

fn year_of(text: &str) -> Result<YearData, String> {
    YearData::parse(text).map_err(|error| error.to_string())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}
