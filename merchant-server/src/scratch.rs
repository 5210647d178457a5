//! A folder for one test, gone with it. Knows nothing of what lies in it.

use std::path::{Path, PathBuf};

/// A folder that is removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A fresh folder; no two tests may use one name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = format!("merchant-server-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        // A killed run with this process number may have left one.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
