//! The client's end of a channel. A handle, which can be cloned, gives requests to a task that writes them; another
//! task reads replies and hands each to the call that waits for it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{split, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};

use crate::frame::{self, Message};
use crate::tls::Stream;
use crate::Failure;

/// Requests that wait for the writer; then `call` waits.
const QUEUE_LIMIT: usize = 1024;

/// Bytes of a failure's text that are kept.
const TEXT_LIMIT: usize = 200;

/// What one write takes at most, so that replies are read in between.
const BATCH_LIMIT: usize = 64 << 10;

type Reply = Result<Bytes, CallError>;
type Pending = HashMap<u64, oneshot::Sender<Reply>>;

#[derive(Debug, Clone)]
pub enum CallError {
    /// The server failed this request; the others are not concerned.
    Failed(String),
    /// There is no channel any more, and why.
    Closed(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Failed(text) => write!(formatter, "the server failed the request: {}", text),
            CallError::Closed(reason) => write!(formatter, "the channel is closed: {}", reason),
        }
    }
}

impl std::error::Error for CallError {}

struct Request {
    content: Bytes,
    reply: oneshot::Sender<Reply>,
}

/// A handle to a channel, which lives as long as there is one.
#[derive(Clone)]
pub struct Channel {
    requests: mpsc::Sender<Request>,
    state: Arc<State>,
}

/// What handles, writer and reader share.
#[derive(Default)]
struct State(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    pending: Pending,
    closed: Option<String>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all that waits, with the first reason that there was.
    fn close(&self, reason: String) {
        let mut shared = self.lock();
        let reason = shared.closed.get_or_insert(reason).clone();
        for (_, reply) in shared.pending.drain() {
            let _ = reply.send(Err(CallError::Closed(reason.clone())));
        }
    }

    fn closed(&self) -> CallError {
        CallError::Closed(self.lock().closed.clone().unwrap_or_default())
    }
}

impl Channel {
    pub fn new(stream: Stream) -> Self {
        let (reader, writer) = split(stream);
        let (requests, queue) = mpsc::channel(QUEUE_LIMIT);
        let state = Arc::new(State::default());
        tokio::spawn(write(writer, queue, state.clone()));
        tokio::spawn(read(reader, state.clone()));
        Channel { requests, state }
    }

    /// Sends a request and waits for its reply. A call that is dropped harms no other.
    pub async fn call(&self, content: Bytes) -> Reply {
        let (reply, replied) = oneshot::channel();
        if self.requests.send(Request { content, reply }).await.is_err() {
            return Err(self.state.closed());
        }
        replied.await.unwrap_or_else(|_| Err(self.state.closed()))
    }
}

/// Writes requests until there are no handles: as many at once as are there.
async fn write(mut writer: WriteHalf<Stream>, mut queue: mpsc::Receiver<Request>, state: Arc<State>) {
    let mut output = BytesMut::new();
    let mut next_id = 0;
    while let Some(first) = queue.recv().await {
        let mut next = Some(first);
        while let Some(request) = next {
            frame::encode_binary(&mut output, frame::REQUEST, next_id, &request.content);
            let mut shared = state.lock();
            if shared.closed.is_some() {
                return; // the queue is dropped, and with it all replies that are waited for
            }
            shared.pending.insert(next_id, request.reply);
            next_id += 1;
            next = if output.len() < BATCH_LIMIT {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        if let Err(error) = writer.write_all(&output).await {
            return state.close(error.to_string());
        }
        output.clear();
    }
    let _ = writer.shutdown().await;
}

async fn read(reader: ReadHalf<Stream>, state: Arc<State>) {
    let reason = match read_replies(reader, &state).await {
        Ok(()) => "the server closed the connection".to_owned(),
        Err(failure) => failure.to_string(),
    };
    state.close(reason);
}

async fn read_replies(mut reader: ReadHalf<Stream>, state: &State) -> Result<(), Failure> {
    let mut input = BytesMut::new();
    loop {
        while let Some(message) = frame::decode(&mut input)? {
            deliver(message, state)?;
        }
        if reader.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
    }
}

fn deliver(message: Message, state: &State) -> Result<(), Failure> {
    let reply = match message.kind {
        frame::RESULT => Ok(frame::binary(message.content).ok_or("the server replied with what is not binary")?),
        frame::FAILURE => Err(CallError::Failed(escaped(message.content))),
        _ => return Err("the server sent a request, and only replies are expected".into()),
    };
    let waiting = state.lock().pending.remove(&message.id);
    let waiting = waiting.ok_or_else(|| {
        format!(
            "the server replied to request {}, which has none to wait for",
            message.id
        )
    })?;
    let _ = waiting.send(reply); // who does not wait any more does not want it
    Ok(())
}

/// The text is the server's: escaped and cut.
fn escaped(mut content: Bytes) -> String {
    content.truncate(TEXT_LIMIT);
    content.escape_ascii().to_string()
}
