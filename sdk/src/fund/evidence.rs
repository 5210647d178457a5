//! What a picture of a slip may be, told from its own first bytes.

use serde::{Deserialize, Serialize};

/// The largest picture, in bytes: as base64 it still fits a body of the API.
pub const EVIDENCE_BYTES_MAX: u32 = 1_500_000;
/// So many pictures an advance has at most.
pub const EVIDENCE_MAX: usize = 10;

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    /// A JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A PNG.
    #[serde(rename = "image/png")]
    Png,
    /// A PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl Media {
    /// What these bytes are, whatever somebody calls them; none of what is not taken.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = |magic: &[u8]| bytes.starts_with(magic);
        match () {
            () if begins(b"\xff\xd8\xff") => Some(Self::Jpeg),
            () if begins(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            () if begins(b"%PDF-") => Some(Self::Pdf),
            () => None,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }
}

/// A picture of an advance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// SHA-256 of the picture, hexadecimal.
    pub sha256: String,
    /// What it is.
    pub media: Media,
    /// How large, in bytes.
    pub bytes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_from_its_first_bytes() {
        for (bytes, media) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(Media::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0", Some(Media::Png)),
            (b"%PDF-1.7", Some(Media::Pdf)),
            (b"<svg onload=x>", None),
            (b"GIF89a", None),
            (b"\xff\xd8", None),
            (b"", None),
        ] {
            assert_eq!(Media::of(bytes), media);
        }
    }
}
