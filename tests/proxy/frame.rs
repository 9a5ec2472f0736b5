//! Requests and answers as they stand on the wire: a length, then so many bytes.

use std::io::{self, Read};

/// The kinds of requests that rules name, by their numbers in Kafka's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Api {
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    LeaveGroup = 13,
    SyncGroup = 14,
    InitProducerId = 22,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    TxnOffsetCommit = 28,
}

impl Api {
    /// Where an answer of this kind, of this version, says whether all went well: behind its length, the number of its
    /// request, tags in later versions, and the time that the client should wait. `None`: it says so elsewhere.
    fn place_of_error(api: i16, version: i16) -> Option<usize> {
        const KINDS: [(Api, i16); 7] = [
            (Api::FindCoordinator, 3),
            (Api::JoinGroup, 6),
            (Api::Heartbeat, 4),
            (Api::SyncGroup, 4),
            (Api::InitProducerId, 2),
            (Api::AddOffsetsToTxn, 3),
            (Api::EndTxn, 3),
        ];
        let (_, tagged) = KINDS.iter().find(|(kind, _)| *kind as i16 == api)?;
        (version >= 1).then_some(if version >= *tagged { 13 } else { 12 })
    }
}

/// A request, whole.
pub struct Request {
    pub api: i16,
    /// Where its answer says whether all went well.
    pub place_of_error: Option<usize>,
    pub correlation: i32,
    pub client: String,
    /// Length and all.
    pub bytes: Vec<u8>,
}

/// An answer, whole.
pub struct Answer {
    pub correlation: i32,
    /// Length and all.
    pub bytes: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` at its end.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(bytes) = frame(from)? else {
            return Ok(None);
        };
        let header = bytes.get(4..14).ok_or_else(too_short)?;
        let number = |at: usize| i16::from_be_bytes([header[at], header[at + 1]]);
        let length = usize::try_from(number(8)).unwrap_or(0); // -1: it has no name
        let client = bytes.get(14..14 + length).ok_or_else(too_short)?;
        Ok(Some(Self {
            api: number(0),
            place_of_error: Api::place_of_error(number(0), number(2)),
            correlation: i32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            client: String::from_utf8_lossy(client).into_owned(),
            bytes,
        }))
    }
}

impl Answer {
    /// The next answer of a connection; `None` at its end.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(bytes) = frame(from)? else {
            return Ok(None);
        };
        let head = bytes.get(4..8).ok_or_else(too_short)?;
        Ok(Some(Self {
            correlation: i32::from_be_bytes([head[0], head[1], head[2], head[3]]),
            bytes,
        }))
    }
}

impl Answer {
    /// Has it say this error, whatever it said.
    pub fn fail(&mut self, place: usize, code: i16) {
        if let Some(said) = self.bytes.get_mut(place..place + 2) {
            said.copy_from_slice(&code.to_be_bytes());
        }
    }
}

fn frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let count = u32::from_be_bytes(length) as usize;
    let mut bytes = vec![0; 4 + count];
    bytes[..4].copy_from_slice(&length);
    from.read_exact(&mut bytes[4..])?;
    Ok(Some(bytes))
}

fn too_short() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame without a header")
}
