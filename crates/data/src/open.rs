//! From what an experiment asks for to a decoded image set.

use crate::builtin::{self, BuiltIn};
use crate::decoded::{self, Extra, Writer};
use crate::files::Lock;
use crate::listing::Listing;
use crate::{DataError, ImageSet, fetch, fit, shapes};
use convsweep_spec::data::{DataFacts, DataSpec, Source};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where image sets lie.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The data cache: published sets, decoded files, manifests. Made where it is missing.
    pub cache: &'a Path,
    /// `data.path` of the experiment file, if any: the folder of a `folder` source, the file of a
    /// `csv` source, or the folder of a published set's files where they do not lie in the cache.
    pub path: Option<&'a Path>,
}

/// What planning needs to know of an image set.
///
/// Published sets and shapes are known without any file. A folder or table is read and hashed once;
/// later calls look only at sizes and times of its files.
///
/// # Errors
/// `Missing` where the folder or table is not there, `Damaged` where it holds images that cannot be
/// decoded and the experiment refuses such, `Invalid` where the experiment asks for what the set
/// cannot give.
pub fn facts(at: Location, spec: &DataSpec) -> Result<DataFacts, DataError> {
    Ok(Plan::new(at, spec)?.facts)
}

/// The decoded image set: decoded by the first caller into `<cache>/decoded`, read by all.
///
/// A published set must have been fetched before (an archive that lies in the cache is unpacked),
/// unless its decoded file is there already.
///
/// # Errors
/// As [`facts`]; `Missing` where a published set's files are not there: the message says where to
/// get them and where to put them; `Damaged` where a file has not the published size or checksum or
/// a decoded file is cut or altered.
pub fn open(at: Location, spec: &DataSpec) -> Result<ImageSet, DataError> {
    let plan = Plan::new(at, spec)?;
    let folder = at.cache.join("decoded");
    let name = plan.file_name(spec);
    let path = folder.join(format!("{name}.images"));
    if let Some(set) = decoded::read(&path, &plan.facts)? {
        return Ok(set);
    }
    let _lock = Lock::acquire(&folder, &name)?;
    if let Some(set) = decoded::read(&path, &plan.facts)? {
        return Ok(set);
    }
    plan.decode(at, spec, &path)?;
    decoded::read(&path, &plan.facts)?
        .ok_or_else(|| DataError::damaged(&path, "gone as soon as it was written"))
}

/// Content hash as it stands in facts: 128 bits in hexadecimal.
pub(crate) fn identity(of: &impl Serialize) -> String {
    convsweep_spec::canonical::digest(of).to_hex()[..32].to_string()
}

/// A set that is known but not decoded.
struct Plan {
    facts: DataFacts,
    source: Known,
}

enum Known {
    BuiltIn(BuiltIn),
    Shapes,
    Listing(Listing),
}

impl Plan {
    fn new(at: Location, spec: &DataSpec) -> Result<Plan, DataError> {
        check(spec)?;
        let (mut facts, source) = match &spec.source {
            Source::Shapes(shapes) => (shapes::facts(shapes)?, Known::Shapes),
            source => match BuiltIn::of(source) {
                Some(set) => (set.facts(), Known::BuiltIn(set)),
                None => {
                    let listing = Listing::of(at, spec)?;
                    (listing.facts(spec)?, Known::Listing(listing))
                }
            },
        };
        if spec.split.test.is_some() && !matches!(source, Known::Listing(_)) {
            let name = spec.source.name();
            return Err(DataError::Invalid(format!(
                "{name} has test images of its own: split.test cannot cut more"
            )));
        }
        if let Some(resize) = &spec.resize {
            (facts.height, facts.width) = (resize.height, resize.width);
        }
        facts.channels = spec.channels.map_or(facts.channels, u32::from);
        Ok(Plan { facts, source })
    }

    /// Name of the decoded file: the source's name and a hash over all that decides the file's
    /// content.
    fn file_name(&self, spec: &DataSpec) -> String {
        let facts = &self.facts;
        let cut = spec.split.test.map(f64::to_bits);
        let shape = [
            facts.channels,
            facts.height,
            facts.width,
            facts.train_images,
            facts.test_images,
        ];
        let key = identity(&(&facts.hash, &spec.resize, shape, cut, spec.damaged));
        format!(
            "{}-{}.v{}",
            spec.source.name(),
            &key[..16],
            decoded::VERSION
        )
    }

    fn decode(&self, at: Location, spec: &DataSpec, path: &Path) -> Result<(), DataError> {
        let facts = &self.facts;
        let mut writer = Writer::create(path, facts)?;
        let mut extra = Extra::default();
        let resize = spec.resize.as_ref();
        match (&self.source, &spec.source) {
            (Known::BuiltIn(set), _) => {
                let folder = find(at, set)?;
                let [channels, height, width] = set.shape;
                let as_published = [facts.channels, facts.height, facts.width] == set.shape;
                builtin::read(set, &folder, &mut |image, label| match as_published {
                    true => writer.push(image, label),
                    false => {
                        let image = fit::from_planes(image, channels as usize, height, width);
                        writer.push(&fit::fit(image, facts, resize), label)
                    }
                })?;
            }
            (Known::Listing(listing), _) => {
                extra = listing.extra();
                listing.decode(facts, resize, &mut |image, label| writer.push(image, label))?;
            }
            (Known::Shapes, Source::Shapes(shapes)) => {
                shapes::draw(shapes, &mut |image, label| {
                    let image = fit::from_planes(image, 3, shapes.size, shapes.size);
                    writer.push(&fit::fit(image, facts, resize), label)
                })?
            }
            (Known::Shapes, _) => {}
        }
        writer.finish(&extra)
    }
}

/// Refuses numbers that no set can serve.
fn check(spec: &DataSpec) -> Result<(), DataError> {
    let invalid = |message: String| Err(DataError::Invalid(message));
    if let Some(channels) = spec.channels
        && channels != 1
        && channels != 3
    {
        return invalid(format!(
            "data.channels is {channels}: 1 (grey) or 3 (RGB) expected"
        ));
    }
    if let Some(resize) = &spec.resize {
        let side = 1..=4096;
        if !side.contains(&resize.height) || !side.contains(&resize.width) {
            return invalid(format!(
                "data.size is {}×{}: 1 to 4096 expected",
                resize.height, resize.width
            ));
        }
    }
    match spec.split.test {
        Some(share) if !(share > 0.0 && share < 1.0) => {
            invalid(format!("split.test is {share}: 0 < share < 1 expected"))
        }
        _ => Ok(()),
    }
}

/// Folder of a published set's files; unpacks an archive that lies in the cache.
fn find(at: Location, set: &BuiltIn) -> Result<PathBuf, DataError> {
    let in_cache = at.cache.join(set.folder);
    let mut candidates = Vec::new();
    if let Some(path) = at.path {
        candidates.extend([path.to_owned(), path.join(set.folder)]);
    }
    candidates.push(in_cache.clone());
    if let Some(folder) = builtin::locate(set, &candidates) {
        return Ok(folder);
    }
    if fetch::unpack_present(at.cache, set)? {
        return Ok(in_cache);
    }
    let looked = candidates
        .iter()
        .map(|c| format!("{}", c.display()))
        .collect::<Vec<_>>()
        .join(" and ");
    let hint = fetch::by_hand(at.cache, set);
    Err(DataError::Missing(format!(
        "the files of {} are not in {looked}\nfetch them with `convsweep data fetch {}`, or by hand:\n{hint}",
        set.name, set.name
    )))
}
