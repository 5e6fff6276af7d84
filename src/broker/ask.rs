//! A request on its way to a broker in another process.

use tokio::sync::oneshot;
use tokio_util::bytes::{Bytes, BytesMut};

use crate::fail2ban::broker_error::BrokerError;

/// A request on its way.
pub(crate) struct Ask {
    pub(crate) id: u64,
    pub(crate) frame: Bytes,
    pub(crate) answer: oneshot::Sender<Result<BytesMut, BrokerError>>,
}

pub(crate) fn cut_off(reason: &str) -> BrokerError {
    BrokerError::CutOff(reason.to_owned())
}
