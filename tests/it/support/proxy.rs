use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A TCP proxy on loopback that records every byte of every connection.
pub struct Proxy {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Arc<Mutex<Recording>>>>>,
}

/// One connection, as the wire saw it.
#[derive(Clone, Default)]
pub struct Recording {
    /// From the client to the server.
    pub sent: Vec<u8>,
    /// From the server to the client.
    pub received: Vec<u8>,
    /// Directions that have ended.
    ended: u8,
}

impl Recording {
    /// Whether the client spoke TLS, after asking for it or at once.
    pub fn is_tls(&self) -> bool {
        const HANDSHAKE: u8 = 0x16;
        let request = super::ssl_request();
        let first = self
            .sent
            .strip_prefix(request.as_slice())
            .unwrap_or(&self.sent);
        first.first() == Some(&HANDSHAKE)
    }

    /// Whether these bytes passed, in either direction.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        [&self.sent, &self.received]
            .into_iter()
            .any(|side| side.windows(bytes.len()).any(|window| window == bytes))
    }
}

impl Proxy {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(Mutex::new(Vec::new()));
        let recordings = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let recording = Arc::new(Mutex::new(Recording::default()));
                recordings.lock().unwrap().push(Arc::clone(&recording));
                forward(client, server, &recording);
            }
        });
        Self {
            address,
            connections,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every connection so far, once all have ended.
    pub fn recordings(&self) -> Vec<Recording> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let connections = self.connections.lock().unwrap().clone();
            let now: Vec<_> = connections
                .iter()
                .map(|one| one.lock().unwrap().clone())
                .collect();
            if now.iter().all(|recording| recording.ended == 2) {
                return now;
            }
            assert!(
                Instant::now() < deadline,
                "a connection through the proxy never ended"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn forward(client: TcpStream, server: SocketAddr, recording: &Arc<Mutex<Recording>>) {
    let Ok(upstream) = TcpStream::connect(server) else {
        recording.lock().unwrap().ended = 2;
        return;
    };
    let ways = [
        (
            client.try_clone(),
            upstream.try_clone(),
            (|to| &mut to.sent) as fn(&mut Recording) -> &mut Vec<u8>,
        ),
        (Ok(upstream), Ok(client), |to| &mut to.received),
    ];
    for (from, to, side) in ways {
        let (from, to) = (from.expect("a handle"), to.expect("a handle"));
        let recording = Arc::clone(recording);
        thread::spawn(move || {
            copy(from, to, |bytes| {
                side(&mut recording.lock().unwrap()).extend_from_slice(bytes)
            });
            recording.lock().unwrap().ended += 1;
        });
    }
}

/// Copies until either side ends, noting the bytes before they go on.
fn copy(mut from: TcpStream, mut to: TcpStream, note: impl Fn(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
