use std::error::Error;

use super::super::parts::part_beside;
use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn fresh(path: &Path, text: &str) -> Result<NamedTempFile> {
    let fresh = part_beside(path)?;
    fs::write(fresh.path(), text)?;
    Ok(fresh)
}

fn swapped(swap: std::result::Result<Swap, SwapError>) -> Result<Swap> {
    swap.map_err(|error| format!("{error:?}").into())
}

#[test]
fn where_one_fails_the_others_are_as_they_were() -> Result {
    for keeps in [true, false] {
        let place = tempfile::tempdir()?;
        let [one, two, three] = ["one", "two", "three"].map(|name| place.path().join(name));
        fs::write(&one, "old one")?;
        fs::write(beside(&one, "-wal"), "its log")?;
        fs::write(&two, "old two")?;
        let swap = |path: &Path| -> Result<Swap> {
            let new = fresh(path, "new")?;
            swapped(if keeps {
                Swap::keeping(path, new, &beside(path, ".kept"), &["-wal"])
            } else {
                Swap::forgetting(path, Some(new))
            })
        };
        let swaps = vec![swap(&one)?, swap(&three)?, swap(&two)?];
        // What nobody foresaw, after everything was looked at.
        fs::remove_file(&two)?;
        fs::create_dir(&two)?;
        assert!(all(swaps, true).is_err_and(|error| error.path == two));
        assert_eq!(fs::read_to_string(&one)?, "old one");
        assert_eq!(fs::read_to_string(beside(&one, "-wal"))?, "its log");
        let names = fs::read_dir(place.path())?.map(|entry| Ok(entry?.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort();
        assert_eq!(names, ["one", "one-wal", "two"]);
    }
    Ok(())
}

#[test]
fn what_is_replaced_is_kept_or_forgotten() -> Result {
    let place = tempfile::tempdir()?;
    let [one, kept] = ["one", "kept"].map(|name| place.path().join(name));
    fs::write(&one, "old")?;
    fs::write(beside(&one, "-wal"), "its log")?;
    let swap = swapped(Swap::keeping(&one, fresh(&one, "new")?, &kept, &["-wal", "-shm"]))?;
    assert_eq!(swap.kept(), Some(kept.as_path()));
    assert!(all(vec![swap], true).is_ok());
    assert_eq!((fs::read_to_string(&one)?, fs::read_to_string(&kept)?), ("new".to_owned(), "old".to_owned()));
    assert_eq!(fs::read_to_string(beside(&kept, "-wal"))?, "its log");
    assert!(all(vec![swapped(Swap::forgetting(&one, None))?], true).is_ok());
    assert!(!one.exists());
    assert_eq!(fs::read_dir(place.path())?.count(), 2);
    Ok(())
}
