//! What can go wrong inside, and how it is told outside. No message of the engine gets out: it
//! could quote a value. Only result codes do.

use rusqlite::Error;
use rusqlite::ffi::ErrorCode;

use crate::store::StoreError;

/// SQLite's extended code of a broken foreign key.
const FOREIGN_KEY: i32 = 787;

/// Why a statement or a change did not go through.
#[derive(Debug)]
pub(super) enum Fault {
    /// We refuse it: an expectation did not hold, or a row does not read back.
    Refused(StoreError),
    /// The engine failed.
    Engine(Error),
}

/// What everything inside gives.
pub(super) type Try<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl Fault {
    /// What the caller of the store gets.
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Engine(error) => describe(&error),
        }
    }
}

/// Somebody changed `what` in between.
pub(super) fn conflict(what: &'static str) -> Fault {
    Fault::Refused(StoreError::Conflict { what })
}

/// A row of `table` does not read back.
pub(super) fn corrupt(table: &'static str) -> Fault {
    Fault::Refused(StoreError::Corrupt { table })
}

/// Whether this error of the engine means that the disk or the file is not to be trusted.
pub(super) fn is_fatal(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// The engine's error without its words.
pub(super) fn describe(error: &Error) -> StoreError {
    match error {
        Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DiskFull => StoreError::Full,
        // Every foreign key of the schema leads to a case.
        Error::SqliteFailure(failure, _) if failure.extended_code == FOREIGN_KEY => {
            StoreError::Conflict { what: "case" }
        }
        Error::SqliteFailure(failure, _) => {
            StoreError::Engine(format!("{} ({})", name(failure.code), failure.extended_code))
        }
        Error::ToSqlConversionFailure(_) => StoreError::Engine("a value does not fit".to_owned()),
        // The enumeration of the library is open; the rest are mistakes in a statement of ours.
        _ => StoreError::Engine("a statement does not fit the schema".to_owned()),
    }
}

fn name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::DatabaseBusy => "SQLITE_BUSY",
        ErrorCode::DatabaseLocked => "SQLITE_LOCKED",
        ErrorCode::OutOfMemory => "SQLITE_NOMEM",
        ErrorCode::ReadOnly => "SQLITE_READONLY",
        ErrorCode::SystemIoFailure => "SQLITE_IOERR",
        ErrorCode::DatabaseCorrupt => "SQLITE_CORRUPT",
        ErrorCode::CannotOpen => "SQLITE_CANTOPEN",
        ErrorCode::FileLockingProtocolFailed => "SQLITE_PROTOCOL",
        ErrorCode::TooBig => "SQLITE_TOOBIG",
        ErrorCode::ConstraintViolation => "SQLITE_CONSTRAINT",
        ErrorCode::TypeMismatch => "SQLITE_MISMATCH",
        ErrorCode::PermissionDenied => "SQLITE_PERM",
        ErrorCode::NotADatabase => "SQLITE_NOTADB",
        // The enumeration of the library is open; the number beside the name says the rest.
        _ => "SQLITE_ERROR",
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn the_words_of_the_engine_never_get_out() {
        let failure = Error::SqliteFailure(ffi::Error::new(5), Some("13900001111".to_owned()));
        assert_eq!(describe(&failure).to_string(), "the database failed: SQLITE_BUSY (5)");
    }

    #[test]
    fn a_full_disk_has_its_own_error_and_is_not_fatal() {
        let failure = Error::SqliteFailure(ffi::Error::new(13), None);
        assert!(matches!(describe(&failure), StoreError::Full));
        assert!(!is_fatal(&failure));
    }

    #[test]
    fn a_failed_fsync_is_fatal() {
        // SQLITE_IOERR_FSYNC
        assert!(is_fatal(&Error::SqliteFailure(ffi::Error::new(1034), None)));
    }
}
