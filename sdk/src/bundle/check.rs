//! Checking a bundle: everything in the folder is held against the signed head, and the head against
//! the policy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::dossier::Dossier;
use super::layout::{CHECKPOINT, FORMAT, FULL, INDICATORS, JOURNAL, MANIFEST, Manifest, POLICY};
use crate::fund::Hledger;
use crate::ids::Pseudonym;
use crate::indicators::{Indicator, differs, publish};
use crate::log::{Believed, Checkpoint, TilePath, TrustPolicy, decode_entries};
use crate::time::Date;
use crate::verify::{Brought, Fault, LogCheck, Rulebook, Taken, Verified};

/// What an auditor brings beside the bundle.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The policy that the auditor trusts; without it that of the folder counts, which only proves that
    /// the folder agrees with itself.
    pub policy: Option<String>,
    /// A head from an earlier visit: the log must have grown out of it.
    pub since: Option<String>,
    /// A period of the auditor's own, both days in it: its figures are computed beside the published.
    pub period: Option<(Date, Date)>,
}

/// What a bundle was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleVerified {
    /// The log.
    pub log: Verified,
    /// What the folder says of itself.
    pub manifest: Manifest,
    /// How many hash tiles were compared.
    pub tiles: u64,
    /// The published figures, all of them as their formulas give them.
    pub figures: Vec<Indicator>,
    /// The figures of the period that the auditor asked for.
    pub own_figures: Vec<Indicator>,
    /// How many words of disclosed cases were held against their commitments.
    pub disclosed_fields: u64,
    /// The size of the earlier head that the log grew out of.
    pub since: Option<u64>,
    /// Whether the policy was the auditor's own.
    pub own_policy: bool,
    /// Whether the policy asks for witnesses at all.
    pub needs_witnesses: bool,
    /// Rules that only this folder brings.
    pub brought: Vec<Brought>,
}

/// A bundle that does not pass, or that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// What is wrong with it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The folder cannot be read.
    #[error("{file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
}

/// A check of a folder.
pub struct BundleCheck {
    folder: PathBuf,
    /// The files that were read; whatever else lies there does not belong.
    read: BTreeSet<String>,
    tiles: u64,
}

impl BundleCheck {
    /// Checks the bundle in a folder. `progress` is told how many entries of how many are done.
    ///
    /// # Errors
    /// The first thing that does not hold, or that the folder cannot be read.
    pub fn run(
        folder: &Path,
        options: &Options,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<BundleVerified, CheckError> {
        let mut check = Self { folder: folder.to_owned(), read: BTreeSet::new(), tiles: 0 };
        let manifest = check.manifest()?;
        let (policy, own_policy) = check.policy(options)?;
        let note = check.text(CHECKPOINT)?;
        let head = policy.believe(&note).map_err(Fault::from)?;
        let book = check.rulebook()?;
        let brought = book.brought().to_vec();
        let mut log = LogCheck::begin(&head.checkpoint.origin, book);
        let published = manifest.period.map(|period| (period.from, period.to));
        for (from, to) in published.into_iter().chain(options.period) {
            log = log.with_indicators(from, to);
        }
        let since = options.since.as_deref().map(|note| earlier(&policy, note)).transpose()?;
        let since_size = since.as_ref().map(|head| head.size);
        if let Some(earlier) = since {
            log = log.since(earlier)?;
        }
        let mut aside = Aside::begin(check.dossiers(&manifest)?, check.open(JOURNAL)?)?;
        check.entries(&head, &mut log, &mut aside, &mut progress)?;
        let mut log = log.finish(&head)?;
        let own_figures = options.period.and_then(|_| log.indicators.pop()).unwrap_or_default();
        let disclosed_fields = aside.finish(log.fund_entries)?;
        let figures = check.claims(&manifest, &mut log)?;
        check.nothing_else("")?;
        let (tiles, needs_witnesses) = (check.tiles, policy.needs_witnesses());
        Ok(BundleVerified {
            log,
            manifest,
            tiles,
            figures,
            own_figures,
            disclosed_fields,
            since: since_size,
            own_policy,
            needs_witnesses,
            brought,
        })
    }

    fn bytes(&mut self, file: &str) -> Result<Vec<u8>, CheckError> {
        self.read.insert(file.to_owned());
        std::fs::read(self.folder.join(file)).map_err(|error| missing(file, error))
    }

    fn text(&mut self, file: &str) -> Result<String, CheckError> {
        let bytes = self.bytes(file)?;
        String::from_utf8(bytes).map_err(|_| unfit(file, "not a text"))
    }

    fn open(&mut self, file: &str) -> Result<BufReader<File>, CheckError> {
        self.read.insert(file.to_owned());
        let opened = File::open(self.folder.join(file)).map_err(|error| missing(file, error))?;
        Ok(BufReader::new(opened))
    }

    fn manifest(&mut self) -> Result<Manifest, CheckError> {
        let bytes = match self.bytes(MANIFEST) {
            // Without it there is no bundle here, or one that was not finished: nothing to judge.
            Err(CheckError::Fault(Fault::File { file, .. })) => {
                let error = io::Error::new(io::ErrorKind::NotFound, "not there");
                return Err(CheckError::Io { file, error });
            }
            bytes => bytes?,
        };
        let manifest = Manifest::parse(&bytes);
        match manifest.filter(|manifest| manifest.format == FORMAT) {
            Some(manifest) => Ok(manifest),
            None => {
                Err(unfit(MANIFEST, "not a manifest of this format; a newer program may read it"))
            }
        }
    }

    fn policy(&mut self, options: &Options) -> Result<(TrustPolicy, bool), CheckError> {
        // The folder's own is read in any case: it belongs there and must be one.
        let within = TrustPolicy::parse(&self.text(POLICY)?).map_err(Fault::from)?;
        let Some(own) = &options.policy else { return Ok((within, false)) };
        Ok((TrustPolicy::parse(own).map_err(Fault::from)?, true))
    }

    fn rulebook(&mut self) -> Result<Rulebook, CheckError> {
        let mut book = Rulebook::shipped();
        for file in self.files("rules")? {
            let text = self.text(&file)?;
            book.bring_rules(&file, &text)?;
        }
        for file in self.files("calendars")? {
            let text = self.text(&file)?;
            let release = file.strip_prefix("calendars/").and_then(|rest| rest.split_once('/'));
            match release {
                Some(("loaded", _)) => book.bring_loaded_year(&file, &text)?,
                Some((version, _)) => book.bring_year(version, &file, &text)?,
                None => return Err(unfit(&file, "does not belong here")),
            }
        }
        Ok(book)
    }

    fn dossiers(
        &mut self,
        manifest: &Manifest,
    ) -> Result<BTreeMap<Pseudonym, Dossier>, CheckError> {
        let mut dossiers = BTreeMap::new();
        for stream in &manifest.disclosed {
            let file = format!("disclosed/{stream}.json");
            let bytes = self.bytes(&file)?;
            let dossier: Option<Dossier> = serde_json::from_slice(&bytes).ok();
            match dossier.filter(|dossier| dossier.stream == *stream) {
                Some(dossier) => dossiers.insert(*stream, dossier),
                None => return Err(unfit(&file, "not the words of this case")),
            };
        }
        Ok(dossiers)
    }

    /// Feeds every entry, and holds every tile against what the entries give.
    fn entries(
        &mut self,
        head: &Believed,
        log: &mut LogCheck,
        aside: &mut Aside,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(), CheckError> {
        let size = head.checkpoint.size;
        for (index, width) in widths(size) {
            let file = TilePath::of_entries(index, width).to_path();
            let bytes = self.bytes(&file)?;
            let entries =
                decode_entries(&bytes).map_err(|_| unfit(&file, "not a bundle of entries"))?;
            if entries.len() != usize::from(width) {
                return Err(unfit(&file, "another number of entries than its name"));
            }
            for entry in entries {
                let mut broken = None;
                let followed = log.follow(
                    entry,
                    |taken| aside.take(taken),
                    |path, hashes| {
                        self.tile(path, hashes).map_err(|error| match error {
                            CheckError::Fault(fault) => fault,
                            CheckError::Io { file, error } => {
                                broken = Some(CheckError::Io { file: file.clone(), error });
                                Fault::File { file, reason: "cannot be read" }
                            }
                        })
                    },
                );
                if let Some(broken) = broken {
                    return Err(broken);
                }
                followed?;
            }
            progress(index * u64::from(FULL) + u64::from(width), size);
        }
        let partial: Vec<_> =
            log.partial_tiles().map(|(path, hashes)| (path, hashes.to_vec())).collect();
        partial.into_iter().try_for_each(|(path, hashes)| self.tile(path, &hashes))
    }

    fn tile(&mut self, path: TilePath, hashes: &[u8]) -> Result<(), CheckError> {
        let file = path.to_path();
        self.tiles += 1;
        if self.bytes(&file)? == hashes { Ok(()) } else { Err(Fault::Tile { file }.into()) }
    }

    /// What the merchant publishes is what the log gives.
    fn claims(
        &mut self,
        manifest: &Manifest,
        log: &mut Verified,
    ) -> Result<Vec<Indicator>, CheckError> {
        let head = &log.checkpoint;
        if (&manifest.origin, manifest.size) != (&head.origin, head.size) {
            return Err(unfit(MANIFEST, "of another log or size than the checkpoint"));
        }
        let Some(period) = manifest.period else { return Ok(Vec::new()) };
        let figures = log.indicators.pop().unwrap_or_default();
        let right = publish(period.from, period.to, log.checkpoint.size, &figures);
        match differs(&self.bytes(INDICATORS)?, &right) {
            None => Ok(figures),
            Some(code) => Err(Fault::Indicator { code }.into()),
        }
    }

    /// The files below a folder, in order, by their paths within the bundle.
    fn files(&self, below: &str) -> Result<Vec<String>, CheckError> {
        let failed = |error| CheckError::Io { file: below.to_owned(), error };
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(self.folder.join(below)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What a desktop leaves behind (.DS_Store) is nobody's evidence.
            if name.starts_with('.') {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.file_type().map_err(failed)?.is_dir() {
                found.extend(self.files(&path)?);
            } else {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// A file that nothing here was held against proves nothing and may mislead.
    fn nothing_else(&self, below: &str) -> Result<(), CheckError> {
        let stray = self.files(below)?.into_iter().find(|file| !self.read.contains(file));
        stray.map_or(Ok(()), |file| Err(unfit(&file, "does not belong to the bundle")))
    }
}

/// What is checked beside the log itself while its entries pass.
struct Aside {
    dossiers: BTreeMap<Pseudonym, Dossier>,
    fields: u64,
    /// How many events with words were seen of each disclosed case.
    seen: BTreeMap<Pseudonym, u64>,
    hledger: Hledger,
    journal: BufReader<File>,
}

impl Aside {
    fn begin(
        dossiers: BTreeMap<Pseudonym, Dossier>,
        mut journal: BufReader<File>,
    ) -> Result<Self, Fault> {
        let (hledger, top) = Hledger::begin();
        same(&mut journal, &top, 0)?;
        Ok(Self { dossiers, fields: 0, seen: BTreeMap::new(), hledger, journal })
    }

    fn take(&mut self, taken: &Taken<'_>) -> Result<(), Fault> {
        if let Some(stamped) = taken.fund {
            let text = self.hledger.entry(taken.leaf.n, stamped);
            return same(&mut self.journal, &text, taken.leaf.n);
        }
        if self.dossiers.is_empty() {
            return Ok(());
        }
        let Ok(stream) = taken.leaf.stream.parse::<Pseudonym>() else { return Ok(()) };
        let Some(dossier) = self.dossiers.get(&stream) else { return Ok(()) };
        self.fields += dossier.hold(taken.leaf)?;
        let shown = dossier.events.iter().any(|event| event.n == taken.leaf.n);
        *self.seen.entry(stream).or_default() += u64::from(shown);
        Ok(())
    }

    /// Nothing is shown or booked that no entry stands for.
    fn finish(mut self, fund_entries: u64) -> Result<u64, Fault> {
        for (stream, dossier) in &self.dossiers {
            let seen = self.seen.get(stream).copied().unwrap_or_default();
            if u64::try_from(dossier.events.len()) != Ok(seen) || seen == 0 {
                let n = dossier.events.last().map_or(0, |event| event.n);
                return Err(Fault::Disclosure { stream: *stream, n, field: "n".to_owned() });
            }
        }
        match self.journal.read(&mut [0]) {
            Ok(0) => Ok(self.fields),
            _ => Err(Fault::Journal { n: fund_entries }),
        }
    }
}

/// Whether the journal goes on with this text.
fn same(journal: &mut impl Read, text: &str, n: u64) -> Result<(), Fault> {
    let mut found = vec![0; text.len()];
    match journal.read_exact(&mut found) {
        Ok(()) if found == text.as_bytes() => Ok(()),
        _ => Err(Fault::Journal { n }),
    }
}

fn earlier(policy: &TrustPolicy, note: &str) -> Result<Checkpoint, Fault> {
    policy.read(note).map(|head| head.checkpoint).map_err(Fault::Earlier)
}

/// The entry bundles of a log of so many entries: index and width of each.
fn widths(size: u64) -> impl Iterator<Item = (u64, u16)> {
    let full = size / u64::from(FULL);
    let rest = u16::try_from(size % u64::from(FULL)).unwrap_or(0);
    let last = (rest > 0).then_some((full, rest));
    (0..full).map(|index| (index, FULL)).chain(last)
}

fn unfit(file: &str, reason: &'static str) -> CheckError {
    Fault::File { file: file.to_owned(), reason }.into()
}

/// A file that is not there is a fault of the bundle; one that cannot be read is none.
fn missing(file: &str, error: io::Error) -> CheckError {
    match error.kind() {
        io::ErrorKind::NotFound => unfit(file, "is missing"),
        _ => CheckError::Io { file: file.to_owned(), error },
    }
}
