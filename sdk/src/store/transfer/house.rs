//! The one row that says whether a store may be served, as a copy reads and writes it.

/// What a store says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum House {
    /// It may be served.
    Open,
    /// It is not whole yet.
    Filling {
        /// From where.
        from: String,
    },
    /// It is a backup: it is restored from, never served.
    Backup,
    /// It has a successor.
    Moved {
        /// Where to.
        to: String,
    },
}

/// Reads the row; its two values.
pub(super) const READ: &str = "SELECT state, detail FROM house WHERE one = 1";

impl House {
    /// The house with these values; a state that is not known is not open.
    pub(super) fn of(state: &str, detail: String) -> Self {
        match state {
            "open" => Self::Open,
            "backup" => Self::Backup,
            "moved" => Self::Moved { to: detail },
            _ => Self::Filling { from: detail },
        }
    }

    /// The state and the detail as they are kept.
    pub(super) fn row(&self) -> (&'static str, &str) {
        match self {
            Self::Open => ("open", ""),
            Self::Backup => ("backup", ""),
            Self::Filling { from } => ("filling", from),
            Self::Moved { to } => ("moved", to),
        }
    }
}
