//! Sockets that are mounted as files of their own, as into a container.
//!
//! Such a mount goes on showing the very file that was there at first. fail2ban makes a new one whenever it
//! starts, so the mount leads nowhere from its first restart on; a mount of the directory does not.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The file that is mounted at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMount {
    /// Nothing: it is part of what its directory shows.
    None,
    /// A file that is still where it was.
    Present,
    /// A file that has been removed where it was.
    Removed,
}

/// Finds the mount at `path` itself. Nothing where the system does not tell.
#[must_use]
pub fn file_mount_at(path: &Path) -> FileMount {
    match (path.canonicalize(), fs::read("/proc/self/mountinfo")) {
        (Ok(path), Ok(mounts)) => find(&mounts, &path),
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!(%error, path = %path.display(), "not known whether it is a mount");
            FileMount::None
        }
    }
}

/// Reads `proc_pid_mountinfo(5)`: the fourth part of a line is what is mounted, the fifth where.
/// The last line counts where several are mounted upon each other.
fn find(mounts: &[u8], path: &Path) -> FileMount {
    let lines = mounts.split(|byte| *byte == b'\n').rev();
    let mut here = lines.filter_map(|line| {
        let mut parts = line.split(|byte| *byte == b' ').skip(3);
        let (root, place) = (parts.next()?, parts.next()?);
        (Path::new(OsStr::from_bytes(&unescaped(place))) == path).then(|| root.ends_with(b"//deleted"))
    });
    match here.next() {
        None => FileMount::None,
        Some(false) => FileMount::Present,
        Some(true) => FileMount::Removed,
    }
}

/// White space and backslashes are written in octal: `\040`.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| first == b'\\');
        let byte = octal.and_then(|digits| {
            digits.iter().try_fold(0_u8, |sum, digit| {
                let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
                sum.checked_mul(8)?.checked_add(digit)
            })
        });
        plain.push(byte.unwrap_or(first));
        rest = if byte.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 28 0:21 / /proc rw,nosuid shared:13 - proc proc rw
70 28 0:25 /fail2ban /run/directory rw shared:5 - tmpfs tmpfs rw
71 28 0:25 /fail2ban/fail2ban.sock /run/kept.sock rw shared:5 - tmpfs tmpfs rw
72 28 0:25 /fail2ban/fail2ban.sock//deleted /run/gone.sock rw shared:5 - tmpfs tmpfs rw
73 28 0:25 /a\\040b/f.sock//deleted /run/with\\040space\\134.sock rw - tmpfs tmpfs rw
74 28 0:25 /x//deleted /run/twice.sock rw - tmpfs tmpfs rw
75 28 0:25 /x /run/twice.sock rw - tmpfs tmpfs rw
broken
";

    #[test]
    fn a_mount_is_found_by_its_place_and_its_file_is_there_or_removed() {
        for (path, expected) in [
            ("/run/directory/fail2ban.sock", FileMount::None),
            ("/run/kept.sock", FileMount::Present),
            ("/run/gone.sock", FileMount::Removed),
            ("/run/with space\\.sock", FileMount::Removed),
            ("/run/twice.sock", FileMount::Present),
            ("/run/gone", FileMount::None),
        ] {
            assert_eq!(find(MOUNTS.as_bytes(), Path::new(path)), expected, "{path}");
        }
        assert_eq!(find(b"", Path::new("/")), FileMount::None);
        assert_eq!(file_mount_at(Path::new("/etc/hostname.that.is.not.there")), FileMount::None);
    }

    #[test]
    fn only_whole_escapes_are_read() {
        for (text, plain) in
            [("\\040", " "), ("a\\", "a\\"), ("\\04", "\\04"), ("\\999", "\\999"), ("\\777", "\\777")]
        {
            assert_eq!(unescaped(text.as_bytes()), plain.as_bytes(), "{text}");
        }
    }
}
