use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::frame::MAXIMUM_CONTENT;

pub const USAGE: &str = "\
usage: tokio-channel serve --port P --certificate F --private-key F
       tokio-channel load --port P --trust-roots F --size BYTES --in-flight N --connections N
                          --seconds S [--warm-up S]";

pub enum Command {
    Serve(ServeOptions),
    Load(LoadOptions),
}

pub struct ServeOptions {
    pub port: u16,
    pub certificate: PathBuf,
    pub private_key: PathBuf,
}

pub struct LoadOptions {
    pub port: u16,
    pub trust_roots: PathBuf,
    pub size: usize,
    pub in_flight: usize,
    pub connections: usize,
    pub seconds: Duration,
    pub warm_up: Duration,
}

pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let name = words.next().ok_or("there is no sub-command")?;
    let mut values = Values::read(words)?;
    let command = match name.as_str() {
        "serve" => Command::Serve(ServeOptions {
            port: values.take("port")?,
            certificate: values.take("certificate")?,
            private_key: values.take("private-key")?,
        }),
        "load" => Command::Load(LoadOptions {
            port: values.take("port")?,
            trust_roots: values.take("trust-roots")?,
            size: values.take_number("size", 0, MAXIMUM_CONTENT)?,
            in_flight: values.take_number("in-flight", 1, 1 << 20)?,
            connections: values.take_number("connections", 1, 1 << 17)?,
            seconds: values.take_duration("seconds", None)?,
            warm_up: values.take_duration("warm-up", Some(0.3))?,
        }),
        _ => return Err(format!("'{}' is no sub-command", name)),
    };
    values.end()?;
    Ok(command)
}

/// The pairs of --name and value that are not taken yet.
struct Values(HashMap<String, String>);

impl Values {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut values = HashMap::new();
        while let Some(word) = words.next() {
            let name = word
                .strip_prefix("--")
                .ok_or_else(|| format!("'{}' is no option", word))?;
            let value = words.next().ok_or_else(|| format!("{} has no value", word))?;
            if values.insert(name.to_owned(), value).is_some() {
                return Err(format!("{} is given twice", word));
            }
        }
        Ok(Values(values))
    }

    fn take<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        let value = self.0.remove(name).ok_or_else(|| format!("--{} is missing", name))?;
        value.parse().map_err(|_| format!("--{} cannot be '{}'", name, value))
    }

    fn take_number(&mut self, name: &str, least: usize, most: usize) -> Result<usize, String> {
        let number = self.take(name)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(format!("--{} is from {} to {}, not {}", name, least, most, number))
        }
    }

    fn take_duration(&mut self, name: &str, default: Option<f64>) -> Result<Duration, String> {
        let seconds = match default {
            Some(seconds) if !self.0.contains_key(name) => seconds,
            _ => self.take(name)?,
        };
        if (0.0..=3600.0).contains(&seconds) {
            Ok(Duration::from_secs_f64(seconds))
        } else {
            Err(format!("--{} is from 0 to 3600 seconds, not {}", name, seconds))
        }
    }

    fn end(self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("'--{}' is no option here", name)),
            None => Ok(()),
        }
    }
}
