//! 核验包 taken along from the console, as one file: a small log fits into memory; a large one is the
//! operator's to export.

use std::path::{Path, PathBuf};

use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use green_channel::channel::HostEvent;
use green_channel::store::{Store, StoreError};
use green_channel::time::Date;
use serde::Deserialize;
use serde_json::json;

use super::super::shell::Visitor;
use super::super::{PageResult, Trouble};
use crate::app::App;
use crate::auth::Permission;
use crate::cli::CliError;
use crate::export::{self, Wanted};

/// A log of so many entries is some 60 MiB as a bundle.
const ENTRIES_MAX: u64 = 50_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Whether the log is small enough.
pub(super) async fn takes_along(app: &App) -> Result<bool, StoreError> {
    Ok(app.engine.store().log_head().await?.size <= ENTRIES_MAX)
}

pub(super) async fn take(
    State(app): State<App>,
    visitor: Visitor,
    Form(asked): Form<Asked>,
) -> PageResult {
    visitor.require(Permission::ReadAudit)?;
    let (Ok(from), Ok(to)) = (asked.from.parse::<Date>(), asked.to.parse::<Date>()) else {
        return Err(Trouble::unfit("请填写起止日期，如 2026-11-01"));
    };
    if from > to {
        return Err(Trouble::unfit("起始日期不能晚于截止日期"));
    }
    if !takes_along(&app).await? {
        return Err(Trouble::unfit("日志较大，请由运维人员在服务器上导出核验包"));
    }
    let data = json!({ "from": from.to_string(), "to": to.to_string() });
    app.engine.record_host(visitor.actor(), HostEvent { kind: "bundle_taken", data }).await?;
    let folder = Scratch::new(&app);
    let wanted = Wanted { period: Some((from, to)), disclosed: Vec::new() };
    let bytes = match packed(&app, &wanted, &folder.0).await {
        Ok(bytes) => bytes,
        Err(error) => return Err(Trouble::busy(&error)),
    };
    Ok(download(&format!("bundle-{from}-{to}.tar"), bytes))
}

async fn packed(app: &App, wanted: &Wanted, folder: &Path) -> Result<Vec<u8>, CliError> {
    export::write(&app.engine, &app.data, &app.witnessing, wanted, folder).await?;
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || pack(&folder)).await?.map_err(Into::into)
}

/// The folder as one file, the same bytes for the same folder.
fn pack(folder: &Path) -> std::io::Result<Vec<u8>> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), &mut files)?;
    files.sort();
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let bytes = std::fs::read(folder.join(&file))?;
        let mut head = tar::Header::new_gnu();
        head.set_size(u64::try_from(bytes.len()).map_err(std::io::Error::other)?);
        head.set_mode(0o644);
        head.set_mtime(0);
        archive.append_data(&mut head, Path::new("bundle").join(&file), bytes.as_slice())?;
    }
    archive.into_inner()
}

fn collect(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn download(name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}

/// A folder that is gone when nobody needs it any longer; after a crash it lies in the data folder,
/// with nothing in it that the log does not tell everybody who may read it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(app: &App) -> Self {
        let name = u64::from_be_bytes(app.engine.random());
        Self(app.data.join(format!(".bundle-{name:016x}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
