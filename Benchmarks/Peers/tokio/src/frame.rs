//! The wire: a length of 4 bytes, big-endian, then the MessagePack array [type, id, content] of that many bytes.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::fmt;

const PREFIX: usize = 4;
const MAXIMUM_PAYLOAD: usize = 64 << 20;
pub const MAXIMUM_CONTENT: usize = MAXIMUM_PAYLOAD - 64;

/// Space for the rest of a frame is made at once, but not more than this before there are bytes for it.
const MAXIMUM_RESERVE: usize = 1 << 20;
const MINIMUM_RESERVE: usize = 16 << 10;

pub const REQUEST: u8 = 0;
pub const RESULT: u8 = 1;
pub const FAILURE: u8 = 2;

/// A message; its content is still MessagePack.
pub struct Message {
    pub kind: u8,
    pub id: u64,
    pub content: Bytes,
}

/// The peer said what is not the wire.
#[derive(Debug)]
pub struct InvalidMessage(&'static str);

impl fmt::Display for InvalidMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the peer sent {}", self.0)
    }
}

impl std::error::Error for InvalidMessage {}

/// Takes the next whole message out of what was read. If there is none, the buffer has space for more of it.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Message>, InvalidMessage> {
    let length = match buffer.get(..PREFIX) {
        Some(prefix) => {
            let mut prefix = prefix;
            prefix.get_u32() as usize
        }
        None => {
            buffer.reserve(MINIMUM_RESERVE);
            return Ok(None);
        }
    };
    if length == 0 || length > MAXIMUM_PAYLOAD {
        return Err(InvalidMessage("a frame that is empty or too long"));
    }
    if buffer.len() < PREFIX + length {
        let missing = PREFIX + length - buffer.len();
        buffer.reserve(missing.clamp(MINIMUM_RESERVE, MAXIMUM_RESERVE));
        return Ok(None);
    }
    buffer.advance(PREFIX);
    decode_payload(buffer.split_to(length).freeze()).map(Some)
}

fn decode_payload(mut payload: Bytes) -> Result<Message, InvalidMessage> {
    let invalid = InvalidMessage("what is not a message");
    if payload.remaining() < 4 || payload.get_u8() != 0x93 {
        return Err(invalid);
    }
    let kind = payload.get_u8();
    match take_unsigned(&mut payload) {
        Some(id) if kind <= FAILURE && payload.has_remaining() => Ok(Message {
            kind,
            id,
            content: payload,
        }),
        _ => Err(invalid),
    }
}

/// Takes an unsigned integer of any width.
fn take_unsigned(payload: &mut Bytes) -> Option<u64> {
    let first = payload.get_u8();
    let width = match first {
        0x00..=0x7f => return Some(first.into()),
        0xcc..=0xcf => 1 << (first - 0xcc),
        _ => return None,
    };
    (payload.remaining() >= width).then(|| payload.get_uint(width))
}

/// Takes binary content out of a message's MessagePack.
pub fn binary(mut content: Bytes) -> Option<Bytes> {
    let width = match content.get_u8() {
        first @ 0xc4..=0xc6 => 1 << (first - 0xc4),
        _ => return None,
    };
    let whole = content.remaining() >= width && content.get_uint(width) == content.remaining() as u64;
    whole.then_some(content)
}

/// Appends the frame of a message whose content is MessagePack.
pub fn encode(output: &mut BytesMut, kind: u8, id: u64, content: &[u8]) {
    let length = 2 + unsigned_length(id) + content.len();
    put_head(output, length, kind, id);
    output.put_slice(content);
}

/// Appends the frame of a message with binary content.
pub fn encode_binary(output: &mut BytesMut, kind: u8, id: u64, content: &[u8]) {
    let head = match content.len() {
        0..=0xff => 2,
        0x100..=0xffff => 3,
        _ => 5,
    };
    put_head(output, 2 + unsigned_length(id) + head + content.len(), kind, id);
    match head {
        2 => {
            output.put_u8(0xc4);
            output.put_u8(content.len() as u8);
        }
        3 => {
            output.put_u8(0xc5);
            output.put_u16(content.len() as u16);
        }
        _ => {
            output.put_u8(0xc6);
            output.put_u32(content.len() as u32);
        }
    }
    output.put_slice(content);
}

fn put_head(output: &mut BytesMut, length: usize, kind: u8, id: u64) {
    output.reserve(PREFIX + length);
    output.put_u32(length as u32);
    output.put_u8(0x93);
    output.put_u8(kind);
    match unsigned_length(id) {
        1 => output.put_u8(id as u8),
        2 => output.put_slice(&[0xcc, id as u8]),
        3 => {
            output.put_u8(0xcd);
            output.put_u16(id as u16);
        }
        5 => {
            output.put_u8(0xce);
            output.put_u32(id as u32);
        }
        _ => {
            output.put_u8(0xcf);
            output.put_u64(id);
        }
    }
}

fn unsigned_length(value: u64) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}
