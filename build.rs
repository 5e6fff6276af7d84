//! Compresses what pages need beside their HTML, once, so that no request waits for it.

use std::io::{self, Write};
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

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
        fs::write(target.with_added_extension("gz"), gzip(&plain)?)?;
        fs::write(target.with_added_extension("br"), brotli(&plain)?)?;
        fs::write(target, plain)?;
    }
    Ok(())
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(plain)?;
    packed.finish()
}

fn brotli(mut plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut plain, &mut packed, &brotli::enc::BrotliEncoderParams::default())?;
    Ok(packed)
}
