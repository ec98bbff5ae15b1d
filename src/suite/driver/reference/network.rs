//! The network of a case: names with answers of the case, and addresses that lead to the suite's servers. Nothing else
//! can be reached.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::super::DriverError;
use crate::runtime::{Connection, Dialer, Resolver, TcpDialer};
use crate::suite::protocol::NetworkWorld;

/// Answers the names of a case: the first question gets the first answer, the last answer stands for all that follow.
pub(super) struct Names(Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>);

/// Leads the addresses of a case to its servers.
pub(super) struct Routes(BTreeMap<SocketAddr, u16>);

impl Names {
    pub(super) fn new(world: &NetworkWorld) -> Result<Self, DriverError> {
        let mut names = BTreeMap::new();
        for (name, answers) in &world.names {
            let answers = answers.iter().map(|answer| answer.iter().map(|text| address(text)).collect());
            names.insert(name.clone(), answers.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Self(Mutex::new(names)))
    }
}

impl Resolver for Names {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = names
            .get_mut(name.strip_suffix('.').unwrap_or(name))
            .and_then(|answers| if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() });
        let answer = answer.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"));
        async move { answer }.boxed()
    }
}

impl Routes {
    pub(super) fn new(world: &NetworkWorld) -> Result<Self, DriverError> {
        let route = |(at, port): (&String, &u16)| match at.parse() {
            Ok(address) => Ok((address, *port)),
            Err(_) => Err(DriverError::new(format!("`{at}` is no address with a port"))),
        };
        world.endpoints.iter().map(route).collect::<Result<_, _>>().map(Self)
    }
}

impl Dialer for Routes {
    fn dial(&self, asked: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Connection>>> {
        match self.0.get(&asked) {
            Some(port) => TcpDialer.dial(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), *port)),
            None => async { Err(io::ErrorKind::ConnectionRefused.into()) }.boxed(),
        }
    }
}

fn address(text: &str) -> Result<IpAddr, DriverError> {
    text.parse().map_err(|_| DriverError::new(format!("`{text}` is no address")))
}
