//! A file read, replaced, broken and repaired.

use std::error::Error;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::demo::sample_mmdb;
use crate::demo::sample_mmdb::{asn, city, country};

use super::*;

type TestResult = Result<(), Box<dyn Error>>;

const BUILT: u64 = 1_762_000_000;

fn cities(name: &str) -> Vec<u8> {
    let networks =
        [("192.0.2.0/24", city("DE", "Berlin", name)), ("2001:db8::/32", city("FR", "Brittany", "Brest"))];
    sample_mmdb::file("GeoLite2-City", BUILT, &networks)
}

/// Replaces a file as programs that update them do.
fn replace(path: &Path, bytes: &[u8]) -> TestResult {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes)?;
    Ok(fs::rename(beside, path)?)
}

fn told(file: &MmdbFile, address: &str) -> Result<Option<Place>, Box<dyn Error>> {
    Ok(file.look_up(address.parse()?))
}

#[test]
fn a_file_tells_what_its_kind_knows_of_both_families() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("city.mmdb");
    fs::write(&path, cities("Berlin"))?;
    let file = MmdbFile::open(&path);
    let place = told(&file, "192.0.2.77")?.ok_or("not found")?;
    let expected = Place {
        country: Country::from_code("DE"),
        region: PlaceName::clean("Berlin"),
        city: PlaceName::clean("Berlin"),
        ..Place::default()
    };
    assert_eq!(place, expected);
    assert_eq!(
        told(&file, "2001:db8::9")?.and_then(|place| place.locality()),
        Some("Brest, Brittany".into())
    );
    assert_eq!(told(&file, "198.51.100.1")?, None);
    let state = file.state().loaded.ok_or("not loaded")?;
    assert_eq!((state.kind.as_str(), state.built.as_second()), ("GeoLite2-City", 1_762_000_000));
    assert_eq!(state.attribution, Some(Attribution::MaxMind));
    Ok(())
}

#[test]
fn a_file_of_networks_tells_number_organisation_and_prefix() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("asn.mmdb");
    let networks =
        [("198.51.100.0/22", asn(64500, "Example\u{0} Net")), ("2001:db8::/33", asn(64501, "Six"))];
    fs::write(&path, sample_mmdb::file("DBIP-ASN-Lite (compat=GeoLite2-ASN)", BUILT, &networks))?;
    let file = MmdbFile::open(&path);
    let place = told(&file, "198.51.101.9")?.ok_or("not found")?;
    assert_eq!((place.as_number(), place.network), (Some("AS64500".into()), "198.51.100.0/22".parse().ok()));
    assert_eq!(place.organisation, PlaceName::clean("Example Net"));
    assert_eq!(told(&file, "2001:db8::1")?.and_then(|place| place.network), "2001:db8::/33".parse().ok());
    assert_eq!(file.attribution(), Some(Attribution::DbIp));
    assert_eq!(file.name(), "asn.mmdb (DBIP-ASN-Lite (compat=GeoLite2-ASN))");
    Ok(())
}

#[test]
fn a_replaced_file_is_read_anew_and_a_broken_one_leaves_the_old_in_use() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("city.mmdb");
    fs::write(&path, cities("Berlin"))?;
    let file = MmdbFile::open(&path);
    let city = |file: &MmdbFile| told(file, "192.0.2.1").map(|place| place.and_then(|place| place.city));
    let whole = cities("Bonn");
    for broken in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], b"", b"nonsense"] {
        replace(&path, broken)?;
        file.read_if_changed();
        assert_eq!(city(&file)?, PlaceName::clean("Berlin"), "{} bytes", broken.len());
        assert!(file.state().problem.is_some(), "{} bytes", broken.len());
    }
    fs::remove_file(&path)?;
    file.read_if_changed();
    assert_eq!(city(&file)?, PlaceName::clean("Berlin"), "it is gone");
    assert!(file.state().problem.is_some_and(|problem| problem.to_string().contains("No such file")));
    replace(&path, &whole)?;
    file.read_if_changed();
    assert_eq!((city(&file)?, file.state().problem), (PlaceName::clean("Bonn"), None));
    Ok(())
}

#[test]
fn a_file_is_tried_again_when_only_its_time_of_change_tells_that_it_may_be_another() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("city.mmdb");
    let whole = cities("Berlin");
    fs::write(&path, vec![0; whole.len()])?;
    let before = fs::metadata(&path)?;
    let file = MmdbFile::open(&path);
    assert!(file.state().loaded.is_none());
    fs::write(&path, &whole)?;
    let changed = |metadata: &Metadata| (metadata.ctime(), metadata.ctime_nsec());
    // Again and again, because the clock of the file system ticks in milliseconds.
    while changed(&fs::metadata(&path)?) == changed(&before)
        || fs::metadata(&path)?.modified()? != before.modified()?
    {
        File::options().write(true).open(&path)?.set_modified(before.modified()?)?;
    }
    file.read_if_changed();
    assert!(file.state().loaded.is_some(), "as large and as old as before, as after a chmod");
    Ok(())
}

#[test]
fn a_file_that_is_not_there_yet_is_used_as_soon_as_it_is() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("country.mmdb");
    let file = MmdbFile::open(&path);
    assert_eq!(told(&file, "192.0.2.1")?, None);
    assert!(file.state().loaded.is_none() && file.state().problem.is_some());
    fs::write(&path, sample_mmdb::file("DBIP-Country", BUILT, &[("192.0.2.0/24", country("nl"))]))?;
    file.read_if_changed();
    assert_eq!(told(&file, "192.0.2.1")?.and_then(|place| place.country), Country::from_code("NL"));
    assert_eq!(file.state().problem, None);
    Ok(())
}

#[test]
fn a_directory_or_a_pipe_is_no_file_and_nobody_waits_for_it() -> TestResult {
    let directory = tempfile::tempdir()?;
    assert!(matches!(load(directory.path()), Err(MmdbError::NoFile)));
    assert!(matches!(load(Path::new("/dev/zero")), Err(MmdbError::NoFile)));
    Ok(())
}

#[test]
fn a_damaged_record_is_told_of_and_ends_nothing() -> TestResult {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("city.mmdb");
    let mut bytes = cities("Berlin");
    let data = bytes.windows(4).position(|four| four == b"city").ok_or("no data")?;
    bytes[data - 2] = 0xff;
    fs::write(&path, &bytes)?;
    let file = MmdbFile::open(&path);
    assert_eq!(told(&file, "192.0.2.1")?, None);
    assert!(file.state().doubt.is_some_and(|why| !why.is_empty()));
    assert_eq!(file.state().problem, None, "the file itself is in use");
    Ok(())
}
