//! Names that stand for a secret.

/// Inside any word of a name these make it a secret: `cftoken`, `abuseipdb_apikey`, `clientSecret`.
const ANYWHERE: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "credential",
    "apikey",
    "webhook",
    "bearer",
    "authorization",
    "hmac",
    "sessionid",
    "sessid",
];
/// The last word of a name makes it a secret where it ends with one of these: `mnwpass`, `ns_auth`.
/// Within a word they mean too much else: `keyboard`, `author`, `passive`.
const AT_THE_END: [&str; 4] = ["key", "pass", "auth", "pwd"];
/// The last word makes a name a secret where it is one of these.
const WHOLE: [&str; 20] = [
    "pw",
    "psk",
    "cred",
    "creds",
    "keys",
    "jwt",
    "cookie",
    "otp",
    "totp",
    "hotp",
    "pin",
    "signature",
    "sig",
    "private",
    "license",
    "licence",
    "dsn",
    "session",
    "salt",
    "community",
];
/// Words that end as a secret does and are none.
const OTHER_WORDS: [&str; 8] =
    ["bypass", "compass", "encompass", "trespass", "pubkey", "publickey", "monkey", "hotkey"];
/// After these words a name means the same as without them: `auth_header`, `token_value`.
const FORMS: [&str; 7] = ["header", "value", "string", "hash", "hex", "raw", "b64"];
/// A name whose last word ends with one of these tells about a secret, not the secret: `token_file`.
const ABOUT: [&str; 11] =
    ["file", "path", "dir", "directory", "type", "method", "length", "size", "timeout", "ttl", "expiry"];

/// Returns true if something with the name `name` is a secret: a property of an action, a header,
/// an option, a parameter of an address or a key of JSON.
///
/// fail2ban gives a property of which there is one for a family of addresses a name as
/// `cftoken?family=inet6` (`fail2ban/server/action.py`, `CONDITIONAL_FAM_RE`).
pub(crate) fn is_secret(name: &str) -> bool {
    let mut words = words(name.split('?').next().unwrap_or_default());
    while words.len() > 1 && words.last().is_some_and(|last| FORMS.contains(&last.as_str())) {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else { return false };
    if ABOUT.iter().any(|about| last.ends_with(about)) {
        return false;
    }
    // A word may have been split where its parts belong together: `api_key`, `pass-phrase`, `passWord`.
    let whole = words.concat();
    if ANYWHERE.iter().any(|stem| whole.contains(stem)) {
        return true;
    }
    let is_public = before.iter().any(|word| ["public", "pub"].contains(&word.as_str()));
    let ends = AT_THE_END.iter().any(|stem| last.ends_with(stem)) || WHOLE.contains(&last.as_str());
    ends && !is_public && !OTHER_WORDS.contains(&last.as_str())
}

/// The words of `name`, in lower case and without digits: `X-API-Key2` is `x`, `api`, `key`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (place, &letter) in letters.iter().enumerate() {
        let previous = place.checked_sub(1).and_then(|place| letters.get(place));
        let next = letters.get(place + 1);
        let begins = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                previous.is_lowercase()
                    || previous.is_uppercase() && next.is_some_and(|next| next.is_lowercase())
            });
        if begins || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "cftoken",
            "abuseipdb_apikey",
            "ipthreat_apikey",
            "apikey",
            "mnwpass",
            "ns_auth",
            "password",
            "bankey",
            "key",
            "api_key",
            "APIKey",
            "apiKey",
            "X-API-Key",
            "X-Auth-Key",
            "auth",
            "smtpAuth",
            "client_secret",
            "clientSecret",
            "pwd",
            "db_pwd",
            "pw",
            "passphrase",
            "pass-phrase",
            "pass",
            "pass2",
            "Authorization",
            "Proxy-Authorization",
            "auth_header",
            "token_value",
            "webhook_url",
            "oauth2-bearer",
            "http-password",
            "credentials",
            "keys",
            "Cookie",
            "cftoken?family=inet6",
            "PASSWORD",
            "TELEGRAM_BOT_TOKEN",
            "access_token",
            "userpass",
            "key_id_secret",
            "passkey",
            "otp",
            "TOTP",
            "pin",
            "sim_pin",
            "hmac",
            "hmac_sha256",
            "signature",
            "X-Signature",
            "private",
            "license",
            "sentry_dsn",
            "session",
            "session_id",
            "PHPSESSID",
            "snmp_community",
            "credential",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_it_are_not_taken_for_secrets() {
        for name in [
            "",
            "?",
            "keyboard",
            "keyword",
            "author",
            "authority",
            "port",
            "protocol",
            "name",
            "actname",
            "user",
            "cfuser",
            "passive",
            "bypass",
            "compass",
            "keyfile",
            "key_file",
            "token_file",
            "tokenpath",
            "passwordFile",
            "auth_type",
            "auth_method",
            "public_key",
            "pubkey",
            "publicKey",
            "monkey",
            "actionban",
            "timeout",
            "chain",
            "blocktype",
            "known/lockingopt",
            "X-Auth-Email",
            "auth_user",
            "KeyError",
            "cfzone",
            "email",
            "nsupdatecmd",
            "banEpoch",
            "norestored",
            "matches",
            "key_length",
            "token-ttl",
            "_cf_api_prms",
            "iptables",
            "addr_set",
            "cftarget?family=inet6",
            "account",
            "account_id",
            "private_ip",
            "session_timeout",
            "signature_file",
            "license_type",
            "ping",
            "spin",
            "hotplug",
            "pinned",
            "sigterm",
            "topic",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
