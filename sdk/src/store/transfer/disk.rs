//! Files that only their owner can read, and names that are on the disk before anybody is told.

use std::path::Path;

/// Creates an empty file that only its owner can read; it must not exist.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()
}

/// Makes the names in the folder of a file durable.
#[cfg(unix)]
pub(super) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes the names in the folder of a file durable: this system does it by itself.
#[cfg(not(unix))]
pub(super) fn sync_folder_of(_: &Path) -> std::io::Result<()> {
    Ok(())
}
