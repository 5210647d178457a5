//! The program under test. Knows nothing of what it is asked to do.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The real `merchant-server`, built from the sources as they are now.
///
/// `cargo test` does not build the programs of other packages, so a binary that lies there may be
/// an old one; cargo is asked once per test run, which costs nothing when all is fresh. The
/// variable `GREEN_CHANNEL_BINARY` names another one to test.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("GREEN_CHANNEL_BINARY") {
        Some(named) => PathBuf::from(named),
        None => build(),
    })
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    // target/debug/deps/it-0123456789abcdef
    let folder = test.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let target = folder.parent().expect("a profile lies in the target folder");
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--package", "merchant-server", "--locked", "--quiet", "--profile"])
        .arg(profile)
        .arg("--target-dir")
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "merchant-server does not build:\n{said}");
    folder.join(format!("merchant-server{}", std::env::consts::EXE_SUFFIX))
}

/// Runs a command of the program to its end.
///
/// # Panics
/// When the program does not start.
pub fn merchant_server<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(binary())
        .args(arguments)
        .env_remove("GREEN_CHANNEL_DATA")
        .stdin(Stdio::null())
        .output()
        .expect("merchant-server starts")
}
