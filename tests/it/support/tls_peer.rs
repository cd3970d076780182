use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::peer::{Peer, Step, play};

impl Peer {
    /// A peer that really speaks TLS, asked for or direct, with a certificate that nobody
    /// vouches for: there it answers the first message with `over_tls` and closes. To whom does
    /// not ask for TLS it plays the other script, after reading the first message.
    pub fn with_tls(over_tls: Vec<u8>, plaintext: Vec<Step>) -> Self {
        let config = server_config();
        Self::listening(move |stream, heard| {
            let mut first = [0; 8];
            match stream.peek(&mut first) {
                Ok(8) if first == *super::ssl_request() => {
                    let mut request = [0; 8];
                    if stream.read_exact(&mut request).is_ok() && stream.write_all(b"S").is_ok() {
                        heard(&request);
                        answer(stream, &config, &over_tls);
                    }
                }
                Ok(1..) if first[0] == 0x16 => answer(stream, &config, &over_tls),
                _ => play(
                    &[vec![Step::Read], plaintext.clone()].concat(),
                    stream,
                    heard,
                ),
            }
        })
    }
}

fn answer(stream: &TcpStream, config: &Arc<ServerConfig>, bytes: &[u8]) {
    let Ok(stream) = stream.try_clone() else {
        return;
    };
    let connection = ServerConnection::new(Arc::clone(config)).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    let mut startup = [0; 1024];
    if stream.read(&mut startup).is_ok() {
        let _ = stream.write_all(bytes);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

fn server_config() -> Arc<ServerConfig> {
    let names = vec!["localhost".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.into()], key.expect("a key"))
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Arc::new(config)
}
