//! Private keys, in every form that libpq takes them.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::{Des, TdesEde3};
use md5::{Digest, Md5};
use pem::Pem;
use pkcs8::{EncryptedPrivateKeyInfoRef, pkcs5};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::load_error::LoadProblem;
use super::pem_file;
use crate::secret::Secret;

/// Reads the private key of a file, by libpq's rules for its permissions: PEM, or DER.
pub(super) fn load(
    file: &Path,
    passphrase: Option<&Secret>,
) -> Result<PrivateKeyDer<'static>, LoadProblem> {
    check_permissions(file)?;
    let bytes = pem_file::bytes(file)?;
    if bytes.starts_with(&[0x30]) {
        return from_der(bytes);
    }
    pem_file::parse(&bytes)?
        .into_iter()
        .find(|block| block.tag().ends_with("PRIVATE KEY"))
        .ok_or(LoadProblem::NoKey)
        .and_then(|block| from_pem(block, passphrase))
}

/// A key that root owns may be readable by its group; any other by its owner alone.
fn check_permissions(file: &Path) -> Result<(), LoadProblem> {
    let metadata = std::fs::metadata(file)?;
    if !metadata.is_file() {
        return Err(LoadProblem::NotAFile);
    }
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    match metadata.mode() & 0o7777 {
        mode if mode & forbidden != 0 => Err(LoadProblem::KeyPermissions(mode)),
        _ => Ok(()),
    }
}

/// OpenSSL, as libpq calls it, reads no encrypted key in DER.
fn from_der(bytes: Vec<u8>) -> Result<PrivateKeyDer<'static>, LoadProblem> {
    if EncryptedPrivateKeyInfoRef::try_from(bytes.as_slice()).is_ok() {
        return Err(LoadProblem::KeyEncryption("DER instead of PEM".into()));
    }
    PrivateKeyDer::try_from(bytes).map_err(|_| LoadProblem::KeyUnsupported)
}

fn from_pem(
    block: Pem,
    passphrase: Option<&Secret>,
) -> Result<PrivateKeyDer<'static>, LoadProblem> {
    if block.tag() == "ENCRYPTED PRIVATE KEY" {
        return decrypt_pkcs8(block.contents(), passphrase);
    }
    let encrypted = block
        .headers()
        .get("Proc-Type")
        .is_some_and(|kind| kind.contains("ENCRYPTED"));
    let der = if encrypted {
        decrypt_legacy(&block, passphrase)?
    } else {
        block.contents().to_vec()
    };
    match block.tag() {
        "PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs8(der.into())),
        "RSA PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs1(der.into())),
        "EC PRIVATE KEY" => Ok(PrivateKeyDer::Sec1(der.into())),
        _ => Err(LoadProblem::KeyUnsupported),
    }
}

fn decrypt_pkcs8(
    der: &[u8],
    passphrase: Option<&Secret>,
) -> Result<PrivateKeyDer<'static>, LoadProblem> {
    let passphrase = passphrase.ok_or(LoadProblem::PassphraseMissing)?;
    let encrypted =
        EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| LoadProblem::KeyUnsupported)?;
    match encrypted.decrypt(passphrase.expose()) {
        Ok(key) => Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into()),
        Err(pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed)) => {
            Err(LoadProblem::PassphraseWrong)
        }
        Err(pkcs8::Error::EncryptedPrivateKey(error)) => {
            Err(LoadProblem::KeyEncryption(error.to_string()))
        }
        // What a wrong passphrase leaves may have the right padding by chance.
        Err(_) => Err(LoadProblem::PassphraseWrong),
    }
}

/// OpenSSL's old PEM encryption: `DEK-Info: CIPHER,IV`, with a key derived by one round
/// of MD5 (`EVP_BytesToKey`).
fn decrypt_legacy(block: &Pem, passphrase: Option<&Secret>) -> Result<Vec<u8>, LoadProblem> {
    let unsupported = || LoadProblem::KeyEncryption("a damaged DEK-Info header".into());
    let (cipher, iv) = block
        .headers()
        .get("DEK-Info")
        .and_then(|header| header.split_once(','))
        .ok_or_else(unsupported)?;
    let iv = from_hex(iv.trim()).ok_or_else(unsupported)?;
    let passphrase = passphrase.ok_or(LoadProblem::PassphraseMissing)?;
    let decrypt = match cipher {
        "AES-128-CBC" => decrypt_cbc::<cbc::Decryptor<Aes128>>,
        "AES-192-CBC" => decrypt_cbc::<cbc::Decryptor<Aes192>>,
        "AES-256-CBC" => decrypt_cbc::<cbc::Decryptor<Aes256>>,
        "DES-EDE3-CBC" => decrypt_cbc::<cbc::Decryptor<TdesEde3>>,
        "DES-CBC" => decrypt_cbc::<cbc::Decryptor<Des>>,
        other => return Err(LoadProblem::KeyEncryption(other.to_owned())),
    };
    decrypt(passphrase, &iv, block.contents())
}

fn decrypt_cbc<C: KeyIvInit + BlockModeDecrypt>(
    passphrase: &Secret,
    iv: &[u8],
    encrypted: &[u8],
) -> Result<Vec<u8>, LoadProblem> {
    let damaged = || LoadProblem::KeyEncryption("a damaged DEK-Info header".into());
    let salt = iv.get(..8).ok_or_else(damaged)?;
    let mut key = Vec::new();
    let mut round = Vec::new();
    while key.len() < C::key_size() {
        round = Md5::new()
            .chain_update(&round)
            .chain_update(passphrase.expose())
            .chain_update(salt)
            .finalize()
            .to_vec();
        key.extend_from_slice(&round);
    }
    C::new_from_slices(&key[..C::key_size()], iv)
        .map_err(|_| damaged())?
        .decrypt_padded_vec::<Pkcs7>(encrypted)
        .map_err(|_| LoadProblem::PassphraseWrong)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
