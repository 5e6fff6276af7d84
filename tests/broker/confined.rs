//! What both processes have given up, and that everything works without it.

use std::error::Error;
use std::fs;
use std::path::Path;

use bangui::demo::DemoJail;

use crate::broker::apart::do_everything;
use crate::broker::pair::Pair;
use crate::broker::people::{WEB, cat};
use crate::support::TestResult;
use crate::support::visitor::Visitor;

/// The value of a line of `/proc/PID/status`.
fn status(process: u32, name: &str) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or(name.to_owned())?;
    Ok(line.trim_start_matches(':').trim().to_owned())
}

#[tokio::test]
async fn the_web_server_runs_no_program_and_nobody_looks_into_it() -> TestResult {
    let pair = Pair::start(&[DemoJail::new("sshd", "sshd")]).await?;
    assert!(pair.web_log()?.contains("BanGUI has confined itself"), "{}", pair.web_log()?);
    assert_eq!(
        (status(pair.web_id(), "NoNewPrivs")?, status(pair.web_id(), "Seccomp")?),
        ("1".into(), "2".into())
    );
    for process in [pair.web_id(), pair.broker.id()] {
        let limits = fs::read_to_string(format!("/proc/{process}/limits"))?;
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).ok_or("no line")?;
        assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    }
    // As another process of its user that was taken over.
    for file in ["environ", "maps", "mem"] {
        let path = format!("/proc/{}/{file}", pair.web_id());
        assert!(!cat(WEB, Path::new(&path))?.status.success(), "{path}");
    }
    Ok(())
}

/// What `bangui-broker.service` says for `name`, each value.
fn of_unit(name: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/systemd/bangui-broker.service");
    let text = fs::read_to_string(unit)?;
    let values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    Ok(values.flat_map(str::split_whitespace).map(str::to_owned).collect())
}

#[tokio::test]
async fn the_broker_does_its_work_with_the_rights_that_its_unit_leaves_it() -> TestResult {
    let mut pair = Pair::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("mail", "sshd")]).await?;
    pair.broker.kill()?;
    let rights: Vec<String> = of_unit("CapabilityBoundingSet")?
        .iter()
        .map(|right| format!("+{}", right.trim_start_matches("CAP_").to_lowercase()))
        .collect();
    assert!((1..6).contains(&rights.len()), "{rights:?}");
    assert_eq!(of_unit("IPAddressDeny")?, ["any"]);
    assert_eq!(of_unit("ProtectSystem")?, ["full"]);
    // As systemd does: /usr and /etc read-only, few capabilities, no new ones.
    let confine = format!(
        "for path in /usr /etc; do mount --bind $path $path; mount -o remount,bind,ro $path; done
        exec setpriv --bounding-set=-all,{} --inh-caps=-all --no-new-privs \"$0\" \"$@\"",
        rights.join(",")
    );
    pair.start_broker_through(&["unshare", "--mount", "sh", "-ec", &confine]).await?;
    assert_eq!(status(pair.broker.id(), "NoNewPrivs")?, "1");
    let own = u64::from_str_radix(&status(pair.broker.id(), "CapEff")?, 16)?;
    assert_eq!(own.count_ones() as usize, rights.len(), "{own:x}");

    let admin = Visitor::admin(pair.address).await?;
    do_everything(&pair, &admin).await?;
    let zone = admin.get("/jails/sshd").await?;
    assert!(
        !zone.body.contains("as fail2ban prints them"),
        "fail2ban's process is seen: {}",
        pair.broker.log()?
    );
    Ok(())
}
