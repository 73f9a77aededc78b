//! The load generator: tasks that call without a pause.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::timeout;

use crate::channel::Channel;
use crate::histogram::Histogram;
use crate::options::LoadOptions;
use crate::{tls, Failure};

/// How long the last replies may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all callers of one run share.
struct Measurement {
    content: Bytes,
    begin: Instant,
    end: Instant,
    latencies: Histogram,
}

pub async fn run(options: LoadOptions) -> Result<(), Failure> {
    let context = tls::client_context(&options.trust_roots)?;
    let mut channels = Vec::with_capacity(options.connections);
    for _ in 0..options.connections {
        let stream = tls::connect(&context, options.port).await;
        channels.push(Channel::new(
            stream.map_err(|failure| format!("cannot connect: {}", failure))?,
        ));
    }
    let begin = Instant::now() + options.warm_up;
    let measurement = Arc::new(Measurement {
        content: (0..options.size).map(|index| index as u8).collect(),
        begin,
        end: begin + options.seconds,
        latencies: Histogram::new(),
    });
    let mut callers = Vec::new();
    for channel in &channels {
        for _ in 0..options.in_flight {
            callers.push(tokio::spawn(call(channel.clone(), measurement.clone())));
        }
    }
    let limit = measurement.end.saturating_duration_since(Instant::now()) + PATIENCE;
    timeout(limit, async {
        for caller in callers {
            caller.await??;
        }
        Ok::<(), Failure>(())
    })
    .await
    .map_err(|_| format!("replies did not come within {:?}", PATIENCE))??;
    measurement.latencies.report(options.seconds)
}

async fn call(channel: Channel, measurement: Arc<Measurement>) -> Result<(), Failure> {
    let mut begun = Instant::now();
    while begun < measurement.end {
        let reply = channel.call(measurement.content.clone()).await?;
        if reply.len() != measurement.content.len() {
            return Err(format!(
                "the reply has {} bytes, and {} were sent",
                reply.len(),
                measurement.content.len()
            )
            .into());
        }
        let now = Instant::now();
        if (measurement.begin..measurement.end).contains(&now) {
            measurement.latencies.record(now - begun);
        }
        begun = now;
    }
    Ok(())
}
