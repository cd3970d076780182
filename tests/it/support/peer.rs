use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// What a scripted peer does next; after the last step it closes the connection.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits for bytes from the client, however many come at once.
    Read,
    Send(Vec<u8>),
    /// Sends one byte at a time, with this pause before each.
    Trickle(Vec<u8>, Duration),
    /// Sends this over and over until the client has gone.
    Flood(Vec<u8>),
    /// Says nothing until the client has gone.
    Silence,
    /// Resets the connection (TCP RST).
    Reset,
}

/// A server that follows a script, for what no real server can be made to do.
pub struct Peer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Peer {
    /// Plays the same script on every connection.
    pub fn playing(script: impl Into<Vec<Step>>) -> Self {
        let script = script.into();
        Self::listening(move |stream, heard| play(&script, stream, heard))
    }

    /// Reads what the client sends first, and plays the script that is chosen by it.
    pub fn choosing(script: impl Fn(&[u8]) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::listening(move |stream, heard| {
            let Some(first) = read(stream) else { return };
            heard(&first);
            play(&script(&first), stream, heard);
        })
    }

    pub(super) fn listening(
        serve: impl Fn(&mut TcpStream, &dyn Fn(&[u8])) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Vec::<Vec<u8>>::new()));
        let (notes, serve) = (Arc::clone(&received), Arc::new(serve));
        thread::spawn(move || {
            for (index, mut stream) in listener.incoming().flatten().enumerate() {
                let (notes, serve) = (Arc::clone(&notes), Arc::clone(&serve));
                notes.lock().unwrap().push(Vec::new());
                thread::spawn(move || {
                    serve(&mut stream, &|bytes| {
                        notes.lock().unwrap()[index].extend(bytes)
                    })
                });
            }
        });
        Self { address, received }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What the clients sent, one entry for each connection in the order of their arrival.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }
}

pub(super) fn play(script: &[Step], stream: &mut TcpStream, heard: &dyn Fn(&[u8])) {
    for step in script {
        if follow(step, stream, heard).is_none() {
            return;
        }
    }
}

/// Does one step; none when the client has gone.
fn follow(step: &Step, stream: &mut TcpStream, heard: &dyn Fn(&[u8])) -> Option<()> {
    match step {
        Step::Read => heard(&read(stream)?),
        Step::Send(bytes) => stream.write_all(bytes).ok()?,
        Step::Trickle(bytes, pause) => {
            for byte in bytes {
                thread::sleep(*pause);
                stream.write_all(&[*byte]).ok()?;
            }
        }
        Step::Flood(bytes) => while stream.write_all(bytes).is_ok() {},
        Step::Silence => {
            while let Some(bytes) = read(stream) {
                heard(&bytes);
            }
        }
        Step::Reset => SockRef::from(&*stream)
            .set_linger(Some(Duration::ZERO))
            .ok()?,
    }
    Some(())
}

fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 16 * 1024];
    let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
    buffer.truncate(length);
    Some(buffer)
}
