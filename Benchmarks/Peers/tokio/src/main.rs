//! tokio and OpenSSL with frames written by hand, on the wire of our channel: what one would write in Rust instead of
//! it. The server is a task per connection; the client is a channel, too: a handle to clone, and `call().await`.
//! Build: ./build OUTPUT_DIRECTORY, with Debian's packaged crates.

mod channel;
mod frame;
mod histogram;
mod load;
mod options;
mod serve;
mod tls;

use std::process::ExitCode;

/// What goes wrong at the top: a text is enough.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let command = match options::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(complaint) => {
            eprintln!("tokio-channel: {}\n{}", complaint, options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tokio-channel: {}", failure);
            ExitCode::FAILURE
        }
    }
}

fn run(command: options::Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        options::Command::Serve(options) => runtime.block_on(serve::run(options)),
        options::Command::Load(options) => runtime.block_on(load::run(options)),
    }
}
