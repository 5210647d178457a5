//! Where a page of a queue ends, as the opaque cursor both engines hand out.

use crate::ids::CaseId;

/// Where a case stands in the order: its clock (0 when the order is by id) and itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due: i64,
    pub(super) id: CaseId,
}

impl Place {
    /// `n` and the id in hex, or `d`, the clock and the id in hex.
    pub(super) fn render(self, by_due: bool) -> String {
        if by_due {
            format!("d{}{}", hex::encode(self.due.to_be_bytes()), hex::encode(self.id.as_bytes()))
        } else {
            format!("n{}", hex::encode(self.id.as_bytes()))
        }
    }

    /// Reads back what `render` wrote in the same order, and nothing else.
    pub(super) fn parse(text: &str, by_due: bool) -> Option<Self> {
        let digits = text.strip_prefix(if by_due { 'd' } else { 'n' })?;
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let bytes = hex::decode(digits).ok()?;
        let (due, id) = if by_due {
            let (due, id) = bytes.split_first_chunk::<8>()?;
            (i64::from_be_bytes(*due), id)
        } else {
            (0, bytes.as_slice())
        };
        let id = <[u8; 16]>::try_from(id).ok()?;
        Some(Self { due, id: CaseId::from_bytes(id) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_in_its_own_order_only() {
        let place = Place { due: -5, id: CaseId::from_bytes([7; 16]) };
        let text = place.render(true);
        assert_eq!(Place::parse(&text, true), Some(place));
        assert!(Place::parse(&text, false).is_none());
        let plain = place.render(false);
        assert_eq!(Place::parse(&plain, false).unwrap().id, place.id);
        for bad in ["", "n", "d00", "n07", &plain.to_uppercase(), &format!("{plain}00"), "n投诉"]
        {
            assert!(Place::parse(bad, false).is_none(), "{bad}");
        }
    }
}
