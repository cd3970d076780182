use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

/// A directory with this locale in UTF-8, made for the occasion; none where the system lacks
/// `localedef` or the locale's source.
pub fn locale(name: &str) -> Option<TempDir> {
    let directory = TempDir::with_prefix("pgcheck-locale.").expect("a temporary directory");
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.path(), readable).expect("its mode is set");
    let made = Command::new("localedef")
        .args(["--no-archive", "-i", name, "-f", "UTF-8"])
        .arg(directory.path().join(format!("{name}.UTF-8")))
        .output();
    made.is_ok_and(|output| output.status.success())
        .then_some(directory)
}
