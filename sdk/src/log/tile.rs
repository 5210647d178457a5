//! Tiles (C2SP tlog-tiles): the log as files of 256 hashes or entries, each with its one path.

/// The most entries in a bundle and hashes in a tile.
pub(super) const FULL: u16 = 256;

/// The path of a tile: of hashes at a level, or of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    level: Option<u8>,
    index: u64,
    width: u16,
}

/// The text is no tile path, or the bytes are no entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The path.
    #[error("not a tile path: tile/<level or entries>/<index in groups of three>[.p/<width>]")]
    Path,
    /// The bundle.
    #[error("not an entry bundle: each entry follows its length in two bytes")]
    Bundle,
    /// An entry that no bundle can hold.
    #[error("an entry has at most 65535 bytes")]
    TooLarge,
}

impl TilePath {
    /// The tile of hashes with this index at a level (a node of level `8 × level` is a hash of it),
    /// with so many hashes, at most 256.
    #[must_use]
    pub const fn of_hashes(level: u8, index: u64, width: u16) -> Self {
        Self { level: Some(level), index, width }
    }

    /// The bundle of entries with this index, with so many entries, at most 256.
    #[must_use]
    pub const fn of_entries(index: u64, width: u16) -> Self {
        Self { level: None, index, width }
    }

    /// Reads a path in its one form.
    ///
    /// # Errors
    /// When it is written in any other way.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        let parsed = Self::read(path).ok_or(TileError::Path)?;
        if parsed.to_path() == path { Ok(parsed) } else { Err(TileError::Path) }
    }

    fn read(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, place) = rest.split_once('/')?;
        let level = match kind {
            "entries" => None,
            level => Some(level.parse().ok().filter(|level| *level < 64)?),
        };
        let (place, width) = match place.split_once(".p/") {
            Some((place, width)) => {
                (place, width.parse().ok().filter(|width| (1..FULL).contains(width))?)
            }
            None => (place, FULL),
        };
        let mut index: u64 = 0;
        for group in place.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        // Beyond this the first hash of the tile has no 64-bit index.
        (index < u64::MAX >> 8).then_some(Self { level, index, width })
    }

    /// The path as text.
    #[must_use]
    pub fn to_path(&self) -> String {
        let kind = self.level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let (mut rest, mut groups) = (self.index, vec![format!("{:03}", self.index % 1000)]);
        while rest >= 1000 {
            rest /= 1000;
            groups.push(format!("x{:03}", rest % 1000));
        }
        groups.reverse();
        let partial = if self.width == FULL { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{kind}/{}{partial}", groups.join("/"))
    }

    /// The level of a tile of hashes; none for entries.
    #[must_use]
    pub const fn level(&self) -> Option<u8> {
        self.level
    }

    /// Which tile of its level.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }
}

/// The bytes of an entry bundle.
///
/// # Errors
/// When an entry is too large.
pub fn encode_entries(entries: &[&[u8]]) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| TileError::TooLarge)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle.
///
/// # Errors
/// When the lengths do not add up.
pub fn decode_entries(mut bytes: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(TileError::Bundle)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if rest.len() < length {
            return Err(TileError::Bundle);
        }
        let (entry, rest) = rest.split_at(length);
        entries.push(entry);
        bytes = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for (path, level, index, width) in [
            ("tile/0/000", Some(0), 0, 256),
            ("tile/3/x001/x234/067.p/8", Some(3), 1_234_067, 8),
            ("tile/entries/x001/000", None, 1000, 256),
        ] {
            let parsed = TilePath::parse(path).unwrap();
            assert_eq!((parsed.level(), parsed.index(), parsed.width()), (level, index, width));
        }
        for bad in [
            "tile/0/0",
            "tile/00/000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/64/000",
            "tile/0/../000",
            "tile/0/000.p/08",
            "tile/0/",
            "x",
        ] {
            assert_eq!(TilePath::parse(bad), Err(TileError::Path), "{bad}");
        }
    }

    #[test]
    fn a_bundle_gives_back_its_entries_and_nothing_else() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bytes = encode_entries(&entries).unwrap();
        assert_eq!(decode_entries(&bytes).unwrap(), entries);
        assert_eq!(decode_entries(&bytes[..bytes.len() - 1]), Err(TileError::Bundle));
        assert_eq!(encode_entries(&[&vec![0; 65_536]]), Err(TileError::TooLarge));
    }
}
