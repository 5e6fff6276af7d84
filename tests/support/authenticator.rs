//! An authenticator with one passkey, and the part of a browser in front of it: WebAuthn's data, made by hand.

use std::error::Error;

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The user was there.
const PRESENT: u8 = 0x01;
/// The user gave a PIN, a finger or the like.
const VERIFIED: u8 = 0x04;
/// The data of a new passkey follow.
const NEW: u8 = 0x40;

/// An authenticator. What can be lied about can be set.
#[derive(Clone)]
pub struct Authenticator {
    pub(crate) key: SigningKey,
    pub(crate) id: [u8; 32],
    pub(crate) handle: Option<String>,
    /// True if it keeps names, and so tells whose passkey it is.
    pub tells_handle: bool,
    /// True if it asks for a PIN.
    pub verifies: bool,
    /// The number of signatures.
    pub counter: u32,
    /// The host that it signs for, in place of the one that it is asked for.
    pub host: Option<String>,
}

impl Authenticator {
    /// One without a passkey.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let key = SigningKey::from_slice(&rand::random::<[u8; 32]>())?;
        let (id, host, handle) = (rand::random(), None, None);
        Ok(Self { key, id, handle, tells_handle: true, verifies: true, counter: 0, host })
    }

    /// The id of its passkey, as browsers write it.
    pub fn id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.id)
    }

    /// Makes a passkey for what `options` ask, on a page of `origin`.
    pub fn make(&mut self, options: &Value, origin: &str) -> Result<String, Box<dyn Error>> {
        self.handle = options["user"]["id"].as_str().map(str::to_owned);
        let host = options["rp"]["id"].as_str().ok_or("no host")?;
        let mut data = self.data(host, NEW);
        let point = self.key.verifying_key().to_encoded_point(false);
        let (x, y) = (point.x().ok_or("no x")?, point.y().ok_or("no y")?);
        data.extend([[0; 16].as_slice(), &[0, 32], &self.id].concat());
        // A map with a key of the kind EC2 (1: 2), ES256 (3: -7), P-256 (-1: 1) and its coordinates.
        data.extend([&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x.as_slice()].concat());
        data.extend([&[0x22, 0x58, 32], y.as_slice()].concat());
        let length = u8::try_from(data.len())?;
        let object =
            [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", [length].as_slice(), &data].concat();
        let response = json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&client_data("webauthn.create", options, origin)),
            "attestationObject": BASE64URL_NOPAD.encode(&object),
            "transports": ["internal"],
        });
        Ok(self.answer(&response))
    }

    /// Signs what `options` ask, on a page of `origin`.
    pub fn sign(&mut self, options: &Value, origin: &str) -> Result<String, Box<dyn Error>> {
        self.counter += 1;
        let host = options["rpId"].as_str().ok_or("no host")?;
        let (data, client_data) = (self.data(host, 0), client_data("webauthn.get", options, origin));
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&client_data),
            "authenticatorData": BASE64URL_NOPAD.encode(&data),
            "signature": BASE64URL_NOPAD.encode(signature.to_der().as_bytes()),
            "userHandle": self.handle.as_ref().filter(|_| self.tells_handle),
        });
        Ok(self.answer(&response))
    }

    /// The same, but what it signs is signed by the key of `other`.
    pub fn with_key_of(self, other: &Self) -> Self {
        Self { key: other.key.clone(), ..self }
    }

    /// The same, but it says that it belongs to the user of `other`.
    pub fn for_user_of(self, other: &Self) -> Self {
        Self { handle: other.handle.clone(), ..self }
    }

    fn answer(&self, response: &Value) -> String {
        let id = self.id();
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response,
        })
        .to_string()
    }

    fn data(&self, host: &str, flags: u8) -> Vec<u8> {
        let host = self.host.as_deref().unwrap_or(host);
        let flags = PRESENT | flags | if self.verifies { VERIFIED } else { 0 };
        [Sha256::digest(host).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }
}

fn client_data(kind: &str, options: &Value, origin: &str) -> Vec<u8> {
    let data = json!({
        "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false,
    });
    data.to_string().into_bytes()
}
