//! Codes are those that authenticator programs compute.

use std::error::Error;

use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The code that an authenticator app shows at that time.
pub(crate) fn code_at(secret: &TotpSecret, now: i64) -> Result<String> {
    Ok(secret.code(now.div_euclid(STEP)).ok_or("no code")?)
}

/// The secret of the examples in RFC 6238, appendix B.
fn example() -> Result<TotpSecret> {
    Ok(TotpSecret::from_bytes(b"12345678901234567890")?)
}

#[test]
fn codes_are_those_of_the_standard() -> Result {
    // The last six of its eight figures.
    for (time, code) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
    {
        assert_eq!(example()?.step_of(code, time), Some(time / 30), "at {time}");
    }
    Ok(())
}

#[test]
fn a_code_holds_in_its_step_and_the_next_and_never_before_or_longer() -> Result {
    let secret = example()?;
    let code = secret.code(1000).ok_or("no code")?;
    for (now, found) in
        [(1000 * 30 - 1, None), (1000 * 30, Some(1000)), (1002 * 30 - 1, Some(1000)), (1002 * 30, None)]
    {
        assert_eq!(secret.step_of(&code, now), found, "at {now}");
    }
    assert_eq!(secret.step_of("", 30_000), None);
    assert_eq!(secret.step_of(&code, -1), None);
    assert_eq!(secret.step_of(&code, i64::MAX), None);
    Ok(())
}

#[test]
fn secrets_are_fresh_and_shown_in_groups_of_four() {
    let secret = TotpSecret::generate();
    assert_ne!(secret, TotpSecret::generate());
    assert_eq!(secret.to_string().split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);
    assert_eq!(format!("{secret:?}"), "TotpSecret(…)");
}

#[test]
fn the_address_for_the_phone_names_issuer_account_and_host() -> Result {
    let uri = example()?.uri(&"Jürgen@home".parse()?, "fw.example:8580");
    assert_eq!(
        uri,
        "otpauth://totp/BanGUI:J%C3%BCrgen%40home%40fw%2Eexample%3A8580\
         ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=BanGUI&algorithm=SHA1&digits=6&period=30"
    );
    Ok(())
}

#[test]
fn the_qr_code_is_drawn_module_by_module() -> Result {
    let secret = example()?;
    let (name, host) = ("ann".parse()?, "fw.example");
    let drawn = secret.qr_code(&name, host)?;
    let symbol = Symbol::new(secret.uri(&name, host))?;
    assert_eq!(drawn.size, symbol.width() + 8);
    let mut dark = vec![vec![false; drawn.size]; drawn.size];
    for run in drawn.path.split_terminator('z') {
        let (place, rest) = run.strip_prefix('M').and_then(|run| run.split_once('h')).ok_or("no run")?;
        let (x, y) = place.split_once(' ').ok_or("no place")?;
        let (length, back) = rest.split_once("v1h-").ok_or("no square")?;
        assert_eq!(length, back);
        let (x, y, length): (usize, usize, usize) = (x.parse()?, y.parse()?, length.parse()?);
        dark[y][x..x + length].fill(true);
    }
    for y in 0..drawn.size {
        for x in 0..drawn.size {
            let inside = (4..drawn.size - 4).contains(&x) && (4..drawn.size - 4).contains(&y);
            assert_eq!(dark[y][x], inside && symbol[(x - 4, y - 4)] == Color::Dark, "{x} {y}");
        }
    }
    Ok(())
}

#[test]
fn the_longest_name_and_host_fit_into_a_qr_code() -> Result {
    let name = "東".repeat(64).parse()?;
    assert!(TotpSecret::generate().qr_code(&name, &"x".repeat(253)).is_ok());
    Ok(())
}
