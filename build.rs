//! Compresses what pages need beside their HTML, once, so that no request waits for it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::{env, fs};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=static");
    let target = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo names no directory"))?;
    let target = Path::new(&target).join("static");
    fs::create_dir_all(&target)?;
    for old in fs::read_dir(&target)? {
        fs::remove_file(old?.path())?;
    }
    for file in fs::read_dir("static")? {
        let file = file?;
        let (plain, target) = (fs::read(file.path())?, target.join(file.file_name()));
        let plain = match file.path().extension().and_then(OsStr::to_str) {
            Some("css" | "js") if !file.path().to_string_lossy().ends_with(".min.js") => {
                without_comments(&plain)?
            }
            _ => plain,
        };
        fs::write(target.with_added_extension("gz"), gzip(&plain)?)?;
        fs::write(target.with_added_extension("br"), brotli(&plain)?)?;
        fs::write(target, plain)?;
    }
    Ok(())
}

/// Leaves out what only those who write it read: comments of whole lines, and indentation. Licences stand in files
/// beside the assets that have one.
fn without_comments(source: &[u8]) -> io::Result<Vec<u8>> {
    let source = std::str::from_utf8(source).map_err(io::Error::other)?;
    let (mut kept, mut is_comment) = (String::new(), false);
    for line in source.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    if is_comment { Err(io::Error::other("a comment does not end")) } else { Ok(kept.into_bytes()) }
}

/// Without encryption browsers take no Brotli. Zopfli's is about a twentieth smaller than the best of zlib; it takes
/// time, which nobody waits for but the build.
fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, plain, &mut packed)?;
    Ok(packed)
}

fn brotli(mut plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut plain, &mut packed, &brotli::enc::BrotliEncoderParams::default())?;
    Ok(packed)
}
