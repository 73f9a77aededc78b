//! The echo server: a task per connection, which answers all that one read brought with one write.

use std::io::{self, ErrorKind};

use bytes::BytesMut;
use openssl::ssl::SslContext;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{signal, SignalKind};

use crate::options::ServeOptions;
use crate::{frame, tls, Failure};

pub async fn run(options: ServeOptions) -> Result<(), Failure> {
    let context = tls::server_context(&options.certificate, &options.private_key)?;
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let mut termination = signal(SignalKind::terminate())?;
    println!("listening {}", listener.local_addr()?.port());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted?;
                tokio::spawn(converse(context.clone(), socket));
            }
            _ = termination.recv() => return Ok(()),
        }
    }
}

async fn converse(context: SslContext, socket: TcpStream) {
    if let Err(failure) = try_converse(&context, socket).await {
        eprintln!("tokio-channel: a connection was closed: {}", failure);
    }
}

async fn try_converse(context: &SslContext, socket: TcpStream) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    let mut stream = tls::accept(context, socket).await?;
    let mut input = BytesMut::new();
    let mut output = BytesMut::new();
    loop {
        while let Some(message) = frame::decode(&mut input)? {
            if message.kind != frame::REQUEST {
                return Err("the client replied, and nothing was asked".into());
            }
            frame::encode(&mut output, frame::RESULT, message.id, &message.content);
        }
        if !output.is_empty() {
            stream.write_all(&output).await?;
            output.clear();
        }
        match stream.read_buf(&mut input).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if has_left(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Clients that end without a goodbye have broken nothing here.
fn has_left(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe
    ) || error.to_string().contains("unexpected eof")
}
