use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslFiletype, SslMethod, SslMode, SslVerifyMode, SslVersion};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::Failure;

pub type Stream = SslStream<TcpStream>;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The server sends OpenSSL's two session tickets after each handshake: Debian 12's version of the crate cannot be told
/// otherwise.
pub fn server_context(certificate: &Path, private_key: &Path) -> Result<SslContext, Failure> {
    let mut context = context(SslMethod::tls_server())?;
    context
        .set_certificate_chain_file(certificate)
        .map_err(|error| format!("the certificate {} cannot be used: {}", certificate.display(), error))?;
    context
        .set_private_key_file(private_key, SslFiletype::PEM)
        .map_err(|error| format!("the private key {} cannot be used: {}", private_key.display(), error))?;
    Ok(context.build())
}

pub fn client_context(trust_roots: &Path) -> Result<SslContext, Failure> {
    let mut context = context(SslMethod::tls_client())?;
    context
        .set_ca_file(trust_roots)
        .map_err(|error| format!("the trust roots {} cannot be used: {}", trust_roots.display(), error))?;
    context.set_verify(SslVerifyMode::PEER);
    Ok(context.build())
}

fn context(method: SslMethod) -> Result<SslContextBuilder, Failure> {
    let mut context = SslContext::builder(method)?;
    context.set_min_proto_version(Some(SslVersion::TLS1_3))?;
    context.set_ciphersuites("TLS_AES_128_GCM_SHA256")?;
    context.set_mode(SslMode::ENABLE_PARTIAL_WRITE | SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    context.set_read_ahead(true); // one read for a record, not one for its head and one for the rest
    Ok(context)
}

pub async fn accept(context: &SslContext, socket: TcpStream) -> Result<Stream, Failure> {
    let mut stream = SslStream::new(Ssl::new(context)?, socket)?;
    timeout(HANDSHAKE_TIMEOUT, Pin::new(&mut stream).accept()).await??;
    Ok(stream)
}

/// Connects to this machine; the certificate has to be for localhost.
pub async fn connect(context: &SslContext, port: u16) -> Result<Stream, Failure> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.set_nodelay(true)?;
    let mut session = Ssl::new(context)?;
    session.set_hostname("localhost")?;
    session.param_mut().set_host("localhost")?;
    let mut stream = SslStream::new(session, socket)?;
    timeout(HANDSHAKE_TIMEOUT, Pin::new(&mut stream).connect()).await??;
    Ok(stream)
}
