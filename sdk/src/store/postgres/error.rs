//! What can go wrong inside, and how it is told outside. No message of the server gets out: it
//! could quote a value. Only its five-letter codes do.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why a statement or a change did not go through.
#[derive(Debug)]
pub(super) enum Fault {
    /// We refuse it: an expectation did not hold, or a row does not read back.
    Refused(StoreError),
    /// The server or the way to it failed.
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

    /// Whether the same again may go through: the server chose us as the victim of a conflict, or
    /// the connection is gone or not to be had just now.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(error) => matches!(error, StoreError::Unreachable),
            Self::Engine(error) => is_victim(error) || is_lost(error) || is_crowded(error),
        }
    }

    /// Whether somebody outside holds a lock that we need, for longer than we wait.
    pub(super) fn is_locked(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Engine(error) => error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE),
        }
    }

    /// Whether it is nobody's fault among those that were sent together.
    pub(super) fn is_nobodys(&self) -> bool {
        match self {
            Self::Refused(error) => matches!(error, StoreError::Unreachable),
            Self::Engine(error) => is_lost(error) || is_crowded(error),
        }
    }
}

/// A row of `table` does not read back.
pub(super) fn corrupt(table: &'static str) -> Fault {
    Fault::Refused(StoreError::Corrupt { table })
}

/// The server undid us so that somebody else could go on: 40001 or 40P01.
fn is_victim(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}

/// The server has no connection left for us.
fn is_crowded(error: &Error) -> bool {
    error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS)
}

/// The connection is gone, or the server is going: another connection may do better.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.code() {
        // Class 08: connection exceptions; class 57P: the server ends or ended our session.
        Some(code) => {
            let code = code.code();
            code.starts_with("08")
                || code.starts_with("57P")
                || code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT.code()
                // It became a standby while we were connected.
                || code == SqlState::READ_ONLY_SQL_TRANSACTION.code()
        }
        None => true,
    }
}

/// The server's error without its words.
pub(super) fn describe(error: &Error) -> StoreError {
    let Some(code) = error.code().filter(|_| !is_lost(error)) else {
        return StoreError::Unreachable;
    };
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    // Every foreign key of the schema leads to a case.
    if *code == SqlState::FOREIGN_KEY_VIOLATION {
        return StoreError::Conflict { what: "case" };
    }
    // Somebody holds a lock for long; for the caller that is a queue that does not move.
    if is_crowded(error) || *code == SqlState::LOCK_NOT_AVAILABLE {
        return StoreError::Overloaded;
    }
    StoreError::Engine(format!("SQLSTATE {}", code.code()))
}
