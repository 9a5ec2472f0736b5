//! A small HTTP/1 server: a thread with a runtime of its own, which no record waits for.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::answer::Board;
use super::crowd::Crowd;
use super::patient::Patient;

/// Connections at once. One more is let in, and the one that has been there longest is closed for it: so who asks is
/// answered, however many others only keep their places.
const CONNECTIONS: usize = 128;

/// A connection is closed that for so long asks nothing, has not finished its question, or reads nothing of its answer.
const SILENCE: Duration = Duration::from_secs(5);

/// A connection is asked no more after this long; whoever wants more connects again.
const LIFE: Duration = Duration::from_secs(60);

/// Bytes that a question's head may have; it is a path and a few headers.
const HEAD: usize = 16 << 10;

/// After an error of accepting, such as too many open files, this long before the next attempt.
const RESPITE: Duration = Duration::from_millis(200);

/// Why there can be no server.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is taken.
    #[error(
        "{0} is taken, by another instance on this host perhaps. Give this one another address with \
         --listen ADDRESS:PORT (port 0: any that is free), or --listen off; or set listen in [http]"
    )]
    Taken(SocketAddr),
    /// The address cannot be listened at for another reason.
    #[error("cannot listen at {address}: {cause}. Set another with --listen, or listen in [http]")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
}

/// An address that is listened at, before anything is answered.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Begins to listen. Port 0 takes any that is free.
    ///
    /// # Errors
    /// The address is taken, or cannot be had.
    pub fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let refused = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AddrInUse => ListenError::Taken(address),
            _ => ListenError::Refused { address, cause },
        };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// Where it listens, with the port it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for this board, until the server is dropped.
    ///
    /// # Errors
    /// The system gives no thread or no runtime.
    pub fn serve(self, board: Board) -> io::Result<Server> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("http".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(self.listener, board) => {}
                    // Dropping the sender ends it too.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Server {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A server that answers; dropped, it stops.
#[derive(Debug)]
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, has been reported by its own hook.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, board: Board) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("metrics and health are not served: {error}"),
    };
    let mut crowd = Crowd::new(CONNECTIONS);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => crowd.admit(serve(stream, board.clone())),
            Err(_) => tokio::time::sleep(RESPITE).await,
        }
    }
}

async fn serve(stream: TcpStream, board: Board) {
    let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let board = board.clone();
        async move {
            // One question of each at a time: whoever asks a hundred at once waits in between for the others.
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(board.answer(request.method(), request.uri().path()))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream, SILENCE)), answer);
    let mut connection = pin!(connection);
    // Whoever asked has gone, or sent no HTTP, or reads nothing: nobody here needs to know.
    if tokio::time::timeout(LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(SILENCE, connection).await;
    }
}

#[cfg(test)]
mod tests;
