//! Why a store was not copied. No message of an engine gets out: it could quote a value.

use rusqlite::ffi::ErrorCode;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why a store was not copied, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A side failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder failed.
    #[error("a file could not be written: {0}")]
    File(#[from] std::io::Error),
    /// From and to are one.
    #[error("a store cannot be copied onto itself")]
    SamePlace,
    /// There is nothing to copy from.
    #[error("there is no store at {place}")]
    NoStore {
        /// Where.
        place: String,
    },
    /// The file was written by another version.
    #[error(
        "{place} has the schema of another version; copy it, and let this version open the copy \
         once"
    )]
    OtherVersion {
        /// Where.
        place: String,
    },
    /// Somebody works on it.
    #[error("another program has the store open; stop the server first")]
    InUse,
    /// The target holds something.
    #[error("{place} is not empty; nothing was changed")]
    NotEmpty {
        /// Where.
        place: String,
    },
    /// The target is being filled from elsewhere.
    #[error("{place} is being filled from {from}; finish that, or empty it")]
    FillingFromAnother {
        /// Where.
        place: String,
        /// From where it is being filled.
        from: String,
    },
    /// The source is a backup.
    #[error("{place} is a backup; restore it into an empty store")]
    IsBackup {
        /// Where.
        place: String,
    },
    /// What should be a backup is a store that may be in use.
    #[error("{place} is a store and no backup; make a backup of it first")]
    NoBackup {
        /// Where.
        place: String,
    },
    /// The source is not whole.
    #[error("the source is not whole: it is being filled from {from}")]
    SourceFilling {
        /// From where it is being filled.
        from: String,
    },
    /// The source has a successor elsewhere.
    #[error("the source was moved to {to}; copy that one")]
    SourceMoved {
        /// Where to.
        to: String,
    },
    /// The move is over.
    #[error("the store was moved to {to} already; serve that one")]
    AlreadyMoved {
        /// Where to.
        to: String,
    },
    /// What arrived is not what left.
    #[error(
        "{table} differs between the two after copying: the source changed, or the target was \
         touched; empty the target and begin again"
    )]
    Differs {
        /// The first table that differs.
        table: &'static str,
    },
    /// Whoever watches asked to stop.
    #[error("stopped; the same again goes on from here")]
    Stopped,
}

impl TransferError {
    /// What it means, for an operator.
    #[must_use]
    pub fn message_zh(&self) -> String {
        match self {
            Self::Store(error) => format!("数据库出错：{error}"),
            Self::File(error) => format!("文件读写失败：{error}"),
            Self::SamePlace => "来源与目标是同一个库，未作任何改动".to_owned(),
            Self::NoStore { place } => format!("{place} 没有数据库"),
            Self::OtherVersion { place } => {
                format!("{place} 的表结构属于另一版本；请复制一份，用本版本打开一次后再用")
            }
            Self::InUse => "另有程序正在使用这个库，请先停止服务".to_owned(),
            Self::NotEmpty { place } => format!("{place} 不是空库，未作任何改动"),
            Self::FillingFromAnother { place, from } => {
                format!("{place} 正由 {from} 填充；请完成那一次，或清空后重来")
            }
            Self::IsBackup { place } => {
                format!("{place} 是一份备份，请用 merchant-server restore 恢复到空库")
            }
            Self::NoBackup { place } => {
                format!("{place} 不是备份，而是一个可能正在使用的库；请先用 backup 备份")
            }
            Self::SourceFilling { from } => format!("来源库尚不完整（正由 {from} 填充）"),
            Self::SourceMoved { to } => format!("来源库已搬到 {to}，请从那里复制"),
            Self::AlreadyMoved { to } => format!("这个库早已搬到 {to}，请使用那一个"),
            Self::Differs { table } => format!(
                "核对不符：表 {table} 两边不一致（来源在复制期间有改动，或目标被动过）。请清空目标后重来"
            ),
            Self::Stopped => "已中止；再次运行同一命令可继续".to_owned(),
        }
    }
}

/// A value that no column of this table can hold.
pub(super) fn corrupt(table: &'static str) -> TransferError {
    TransferError::Store(StoreError::Corrupt { table })
}

/// The error of SQLite without its words.
pub(super) fn told(error: &rusqlite::Error) -> TransferError {
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        let text = "a statement does not fit the schema";
        return TransferError::Store(StoreError::Engine(text.to_owned()));
    };
    // The enumeration of the library is open.
    let error = match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => return TransferError::InUse,
        ErrorCode::DiskFull => StoreError::Full,
        _ => StoreError::Engine(format!("SQLite code {}", failure.extended_code)),
    };
    TransferError::Store(error)
}

impl From<rusqlite::Error> for TransferError {
    fn from(error: rusqlite::Error) -> Self {
        told(&error)
    }
}

impl From<tokio_postgres::Error> for TransferError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else { return Self::Store(StoreError::Unreachable) };
        if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            return Self::InUse;
        }
        if *code == SqlState::DISK_FULL {
            return Self::Store(StoreError::Full);
        }
        Self::Store(StoreError::Engine(format!("SQLSTATE {}", code.code())))
    }
}
