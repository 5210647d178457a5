//! The consumer's slip (存证凭条): that a complaint was taken, on a piece of paper that holds its own
//! proof. It names a random stream, a hash and an instant, and nobody.
//!
//! It holds a receipt signed by the merchant and a C2SP tlog-proof under a head that witnesses have
//! cosigned. Whoever has it needs nothing more: not the merchant, not its server, not the network.
//!
//! Its text is one line of letters that an address or a QR code can hold: the receipt (a JWS), `~`, and
//! in base64url the position (8 bytes), the number of hashes (1), the hashes, and the signed head.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::log::{Believed, Hash, TlogProof, TlogProofError, TrustPolicy};
use crate::protocol::{JwsError, KeyPurpose, KeySet, SigningKey, sign_jws, verify_jws_into};
use crate::time::Timestamp;

/// `typ` of the receipt on a slip.
pub const SLIP_TYP: &str = "gc-slip+jwt";
/// More than any slip has.
pub const SLIP_BYTES_MAX: usize = 16 * 1024;

/// What the merchant signs for the consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipReceipt {
    /// The merchant's public base URL.
    pub iss: String,
    /// The log.
    pub log_origin: String,
    /// The case's stream in that log.
    pub stream: String,
    /// The hash of its first entry, in standard base64.
    pub leaf_hash: String,
    /// When the complaint was received.
    pub received_at: Timestamp,
}

/// A slip as it was read: nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The receipt, signed.
    pub receipt: String,
    /// Where the entry is.
    pub proof: TlogProof,
}

/// What a slip proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipProved {
    /// The receipt.
    pub receipt: SlipReceipt,
    /// Whether the merchant's signature under it was checked, or no keys were at hand.
    pub receipt_checked: bool,
    /// The position of the entry in the log, from 0.
    pub index: u64,
    /// The head, and who cosigned it.
    pub head: Believed,
}

/// The text is no slip, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlipError {
    /// Not the text of a slip.
    #[error("not a slip")]
    Malformed,
    /// The receipt is not signed by the merchant.
    #[error("the receipt: {0}")]
    Receipt(#[from] JwsError),
    /// The entry is not in the log of the receipt under a believed head.
    #[error(transparent)]
    Proof(#[from] TlogProofError),
    /// The receipt is for another log.
    #[error("the receipt is for another log than the proof")]
    Origin,
}

impl SlipError {
    /// What it means, for a consumer.
    #[must_use]
    pub const fn message_zh(&self) -> &'static str {
        match self {
            Self::Malformed => "这不是存证凭条的内容，或者没有扫描完整",
            Self::Receipt(_) => "凭条上的回执不是该商户签发的，或已被改动",
            Self::Proof(TlogProofError::Distrust(_)) => "凭条上的检查点不可信：签名或联署不符",
            Self::Proof(_) => "凭条上的证明与检查点不符",
            Self::Origin => "凭条上的回执与证明不属于同一份日志",
        }
    }
}

impl Slip {
    /// A slip for an entry, signed with the merchant's key for receipts.
    #[must_use]
    pub fn sign(receipt: &SlipReceipt, key: &SigningKey, proof: TlogProof) -> Self {
        Self {
            receipt: sign_jws(SLIP_TYP, key, receipt),
            proof: TlogProof { extra: None, ..proof },
        }
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let TlogProof { index, path, note, .. } = &self.proof;
        let mut bytes = index.to_be_bytes().to_vec();
        bytes.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
        path.iter().for_each(|hash| bytes.extend(hash.as_bytes()));
        bytes.extend(note.bytes());
        format!("{}~{}", self.receipt, URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a text, or an address that ends with one.
    ///
    /// # Errors
    /// [`SlipError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, SlipError> {
        Self::read(text).ok_or(SlipError::Malformed)
    }

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.rsplit_once("?s=").map_or(text, |(_, text)| text);
        let (receipt, proof) = text.split_once('~').filter(|_| text.len() <= SLIP_BYTES_MAX)?;
        let bytes = URL_SAFE_NO_PAD.decode(proof).ok()?;
        let (index, rest) = bytes.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first()?;
        let (hashes, note) = rest.split_at_checked(usize::from(*count) * 32)?;
        let hash = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).ok().map(Hash::from);
        let path: Option<Vec<Hash>> = hashes.chunks_exact(32).map(hash).collect();
        let note = String::from_utf8(note.to_vec()).ok()?;
        let proof = TlogProof { extra: None, index: u64::from_be_bytes(*index), path: path?, note };
        Some(Self { receipt: receipt.to_owned(), proof })
    }

    /// What the receipt says, believed or not.
    ///
    /// # Errors
    /// [`SlipError::Malformed`].
    pub fn claimed(&self) -> Result<SlipReceipt, SlipError> {
        let payload = self.receipt.split('.').nth(1).ok_or(SlipError::Malformed)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|_| SlipError::Malformed)?;
        serde_json::from_slice(&bytes).map_err(|_| SlipError::Malformed)
    }

    /// Holds the slip against a policy, and against the merchant's public keys if they are at hand.
    /// Keys are good as of the instant of the receipt: a slip outlives them.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn check(
        &self,
        policy: &TrustPolicy,
        keys: Option<&KeySet>,
    ) -> Result<SlipProved, SlipError> {
        let receipt = self.claimed()?;
        if let Some(keys) = keys {
            let at = receipt.received_at;
            let purpose = KeyPurpose::Receipt;
            let _: SlipReceipt = verify_jws_into(&self.receipt, SLIP_TYP, purpose, keys, at)?;
        }
        let leaf = receipt.leaf_hash.parse().map_err(|_| SlipError::Malformed)?;
        let head = self.proof.verify(&leaf, policy)?;
        if head.checkpoint.origin != receipt.log_origin {
            return Err(SlipError::Origin);
        }
        Ok(SlipProved { receipt, receipt_checked: keys.is_some(), index: self.proof.index, head })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Checkpoint, NoteSigner, leaf_hash, node_hash, sign_checkpoint};

    fn made() -> (Slip, TrustPolicy, KeySet) {
        let signer = NoteSigner::from_seed("mall.example/log", [5; 32]);
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let root = node_hash(&left, &right);
        let head = Checkpoint { origin: "mall.example/log".into(), size: 2, root };
        let note = sign_checkpoint(&head, &signer);
        let key = SigningKey::from_seed([7; 32], KeyPurpose::Receipt);
        let receipt = SlipReceipt {
            iss: "https://mall.example".into(),
            log_origin: "mall.example/log".into(),
            stream: "01".repeat(16),
            leaf_hash: right.to_string(),
            received_at: Timestamp::from_millis(1_795_485_600_000).unwrap(),
        };
        let mut keys = KeySet::new();
        keys.insert(key.public());
        let proof = TlogProof { extra: None, index: 1, path: vec![left], note };
        (Slip::sign(&receipt, &key, proof), TrustPolicy::only(signer.verifier()), keys)
    }

    #[test]
    fn a_slip_reads_back_from_its_text_and_from_an_address() {
        let (slip, policy, keys) = made();
        let text = slip.to_text();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "{text}");
        for text in [text.clone(), format!(" https://mall.example/slip?s={text}\n")] {
            let read = Slip::parse(&text).unwrap();
            assert_eq!(read, slip);
            let proved = read.check(&policy, Some(&keys)).unwrap();
            assert_eq!((proved.index, proved.receipt_checked), (1, true));
            assert!(!read.check(&policy, None).unwrap().receipt_checked);
        }
    }

    #[test]
    fn whatever_is_changed_in_a_slip_it_proves_nothing() {
        let (slip, policy, keys) = made();
        let text = slip.to_text();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(bytes).unwrap();
            let checked = Slip::parse(&other).and_then(|slip| slip.check(&policy, Some(&keys)));
            assert!(checked.is_err(), "{place}");
            assert!(!checked.unwrap_err().message_zh().is_empty());
        }
        for bad in ["", "~", "a~b", "https://mall.example/slip?s="] {
            assert_eq!(Slip::parse(bad).unwrap_err(), SlipError::Malformed, "{bad}");
        }
        let stranger =
            TrustPolicy::only(NoteSigner::from_seed("mall.example/log", [6; 32]).verifier());
        assert!(slip.check(&stranger, None).is_err());
    }
}
