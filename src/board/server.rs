//! A small HTTP/1 server: a thread with a runtime of its own, which no record waits for.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};

use super::answer::Board;

/// Connections served at once; more wait.
const CONNECTIONS: usize = 64;

/// A connection that asks nothing for so long is closed.
const SILENCE: Duration = Duration::from_secs(60);

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
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return; // never closed
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let board = board.clone();
                tokio::spawn(async move {
                    serve(stream, board).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(RESPITE).await,
        }
    }
}

async fn serve(stream: TcpStream, board: Board) {
    let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let answer = board.answer(request.method(), request.uri().path());
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), answer);
    // Whoever asked has gone, or sent no HTTP: nobody here needs to know.
    let _ = connection.await;
}
