//! A file in MaxMind's format, as MaxMind and DB-IP publish them: read whole, and again when it
//! changes.

pub(crate) mod error;

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ipnet::IpNet;
use jiff::Timestamp;
use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

use crate::domain::geo::country::Country;
use crate::domain::geo::place::{Attribution, Place, PlaceName};
use crate::file_stamp::FileStamp;

use error::{LARGEST, MmdbError};

/// State of a file, as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    pub path: PathBuf,
    /// The content that is in use, if any.
    pub loaded: Option<LoadedState>,
    /// Reason why the file, or the one that has replaced it, cannot be used.
    pub(crate) problem: Option<MmdbError>,
    /// Reason why a record of the content in use cannot be read, where one was met.
    pub doubt: Option<String>,
}

/// Description of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedState {
    /// The type that the file states, such as `GeoLite2-City`.
    pub kind: String,
    /// Time at which its maker built it.
    pub(crate) built: Timestamp,
    pub bytes: u64,
    /// Attribution that its licence requires.
    pub(crate) attribution: Option<Attribution>,
}

struct Loaded {
    reader: Reader<Vec<u8>>,
    state: LoadedState,
    /// Reason why the first unreadable record could not be read.
    doubt: OnceLock<String>,
}

#[derive(Default)]
struct Inner {
    loaded: Option<Arc<Loaded>>,
    /// Stamp of the file that was read last, usable or not. `None` where there was none.
    seen: Option<FileStamp>,
    problem: Option<MmdbError>,
}

/// One file.
pub(crate) struct MmdbFile {
    path: PathBuf,
    inner: RwLock<Inner>,
}

impl MmdbFile {
    /// Reads the file at `path`. A file that cannot be used is reported, and tried again when it
    /// changes.
    pub(crate) fn open(path: &Path) -> Self {
        let file = Self { path: path.to_owned(), inner: RwLock::default() };
        file.read_anew();
        file
    }

    /// Reads the file again where it has changed. Blocks.
    pub(crate) fn read_if_changed(&self) {
        let now = FileStamp::of_file(&self.path);
        let seen = self.inner.read().unwrap_or_else(PoisonError::into_inner).seen;
        if now != seen {
            self.read_anew();
        }
    }

    fn read_anew(&self) {
        let seen = FileStamp::of_file(&self.path);
        let read = load(&self.path);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.seen = seen;
        match read {
            Ok(loaded) => {
                let LoadedState { kind, built, .. } = &loaded.state;
                tracing::info!(file = %self.path.display(), kind, %built, "a geo file was read");
                inner.loaded = Some(Arc::new(loaded));
                inner.problem = None;
            }
            Err(error) => {
                let so = if inner.loaded.is_some() {
                    "its previous content stays in use"
                } else {
                    "it is ignored"
                };
                // One that is being written changes all the time.
                if inner.problem.as_ref() != Some(&error) {
                    tracing::warn!(file = %self.path.display(), %error, "a geo file cannot be read, so {so}");
                    inner.problem = Some(error);
                }
            }
        }
    }

    /// Returns the file's data about `address`, if there are any.
    pub(crate) fn look_up(&self, address: IpAddr) -> Option<Place> {
        let loaded = self.loaded()?;
        match find(&loaded.reader, address) {
            Ok(place) => place.filter(|place| !place.is_empty()),
            Err(error) => {
                if loaded.doubt.set(error.to_string()).is_ok() {
                    tracing::warn!(file = %self.path.display(), %address, %error, "a geo file has a bad record");
                }
                None
            }
        }
    }

    /// Its name and its type, as `City.mmdb (GeoLite2-City)`.
    pub(crate) fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        match self.loaded() {
            Some(loaded) => format!("{file} ({})", loaded.state.kind),
            None => file.into_owned(),
        }
    }

    /// Returns the state of the file.
    pub(crate) fn state(&self) -> FileState {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        FileState {
            path: self.path.clone(),
            loaded: inner.loaded.as_ref().map(|loaded| loaded.state.clone()),
            problem: inner.problem.clone(),
            doubt: inner.loaded.as_ref().and_then(|loaded| loaded.doubt.get().cloned()),
        }
    }

    /// Returns the attribution that the licence requires.
    pub(crate) fn attribution(&self) -> Option<Attribution> {
        self.loaded()?.state.attribution
    }

    fn loaded(&self) -> Option<Arc<Loaded>> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).loaded.clone()
    }
}

impl std::fmt::Debug for MmdbFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MmdbFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a file into memory: one that is mapped instead would end the program when it is cut short.
fn load(path: &Path) -> Result<Loaded, MmdbError> {
    // Before it is opened, or a named pipe would be waited for.
    if !std::fs::metadata(path)?.is_file() {
        return Err(MmdbError::NoFile);
    }
    let mut file = File::open(path)?;
    let before = FileStamp::of_metadata(&file.metadata()?);
    if before.size > LARGEST {
        return Err(MmdbError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.size).unwrap_or_default());
    file.by_ref().take(LARGEST).read_to_end(&mut bytes)?;
    if FileStamp::of_metadata(&file.metadata()?) != before || bytes.len() as u64 != before.size {
        return Err(MmdbError::Changing);
    }
    let reader = Reader::from_source(bytes)?;
    let metadata = reader.metadata();
    let built = i64::try_from(metadata.build_epoch).map_err(|_| MmdbError::BuildTime)?;
    let kind = PlaceName::clean(&metadata.database_type).map_or_else(String::new, |kind| kind.to_string());
    let state = LoadedState {
        built: Timestamp::from_second(built).map_err(|_| MmdbError::BuildTime)?,
        bytes: before.size,
        attribution: Attribution::of_database(&kind),
        kind,
    };
    Ok(Loaded { reader, state, doubt: OnceLock::new() })
}

/// Fields that are read from a record: those of all kinds of files, of which each has some.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    city: Option<Named<'a>>,
    country: Option<Named<'a>>,
    subdivisions: Option<Vec<Named<'a>>>,
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<&'a str>,
}

#[derive(Deserialize)]
struct Named<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl Named<'_> {
    fn name(&self) -> Option<PlaceName> {
        self.names.as_ref()?.en.and_then(PlaceName::clean)
    }
}

fn find(reader: &Reader<Vec<u8>>, address: IpAddr) -> Result<Option<Place>, MaxMindDbError> {
    if reader.metadata().ip_version == 4 && address.is_ipv6() {
        return Ok(None);
    }
    let found = reader.lookup(address)?;
    let Some(record) = found.decode::<Record<'_>>()? else { return Ok(None) };
    // Only the addresses of one network belong together; those of one city merely lie side by side.
    let network = match record.autonomous_system_number {
        Some(_) => {
            let network = found.network()?;
            IpNet::new(network.network(), network.prefix()).ok()
        }
        None => None,
    };
    Ok(Some(Place {
        country: record.country.as_ref().and_then(|country| Country::from_code(country.iso_code?)),
        region: record.subdivisions.iter().flatten().next().and_then(Named::name),
        city: record.city.as_ref().and_then(Named::name),
        asn: record.autonomous_system_number.filter(|number| *number != 0),
        network,
        organisation: record.autonomous_system_organization.and_then(PlaceName::clean),
        reverse_name: None,
    }))
}

#[cfg(test)]
mod tests;
