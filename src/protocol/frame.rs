//! Length-delimited frames over any byte stream.

use crate::language::Message;
use serde::{Serialize, de::DeserializeOwned};
use std::io::{ErrorKind, Read, Write};

/// A longer frame is a broken peer, not a message.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum FrameError {
    Closed,
    Io(#[from] std::io::Error),
    TooLong(usize),
    Malformed(String),
}

impl FrameError {
    pub fn message(&self) -> Message {
        match self {
            Self::Closed => msg!("engine-connection-closed"),
            Self::Io(error) => msg!("engine-connection-broke", error = error.to_string()),
            Self::TooLong(bytes) => msg!("engine-frame-too-long", bytes = *bytes),
            Self::Malformed(error) => msg!("engine-frame-malformed", error),
        }
    }
}

/// Writes one message and flushes it.
///
/// # Errors
/// The stream's, or [`FrameError::TooLong`].
pub fn write_frame(out: &mut impl Write, message: &impl Serialize) -> Result<(), FrameError> {
    let mut frame = vec![0_u8; 4];
    rmp_serde::encode::write_named(&mut frame, message).map_err(|e| FrameError::Malformed(e.to_string()))?;
    let body_len = frame.len() - 4;
    let len = u32::try_from(body_len).ok().filter(|_| body_len <= MAX_FRAME_BYTES);
    let len = len.ok_or(FrameError::TooLong(body_len))?;
    frame[..4].copy_from_slice(&len.to_le_bytes());
    out.write_all(&frame)?;
    out.flush()?;
    Ok(())
}

/// Reads one message; blocks until it is whole.
///
/// # Errors
/// [`FrameError::Closed`] at a clean end, the others where the stream broke or lied.
pub fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> Result<T, FrameError> {
    let mut len = [0_u8; 4];
    input.read_exact(&mut len).map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => FrameError::Closed,
        _ => FrameError::Io(e),
    })?;
    let len = u32::from_le_bytes(len) as usize;
    if len > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong(len));
    }
    let mut body = Vec::new();
    let read = input.take(len as u64).read_to_end(&mut body)?;
    if read < len {
        return Err(FrameError::Io(ErrorKind::UnexpectedEof.into()));
    }
    rmp_serde::from_slice(&body).map_err(|e| FrameError::Malformed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, RunConfig, TransformSpec};
    use crate::language::Arg;
    use crate::protocol::{Command, Event, StartRun, StepEvent, StepPhases};

    #[test]
    fn messages_survive_the_wire() {
        let mut config = RunConfig::default();
        config.transforms = vec![
            TransformSpec::new("RandRotate").with("range_x", ParamValue::Float(0.25)),
            TransformSpec::new("RandFlip").with("spatial_axis", ParamValue::List(vec![ParamValue::Int(0)])),
        ];
        let commands = [
            Command::Start(Box::new(StartRun::resume(config.clone(), "a".into()))),
            Command::SetTransforms(config.transforms),
            Command::SetWorkers(3),
            Command::Stop,
        ];
        let mut wire = Vec::new();
        for command in &commands {
            write_frame(&mut wire, command).unwrap();
        }
        let mut input = wire.as_slice();
        for command in &commands {
            assert_eq!(&read_frame::<Command>(&mut input).unwrap(), command);
        }
        assert!(matches!(read_frame::<Command>(&mut input), Err(FrameError::Closed)));
    }

    #[test]
    fn what_is_said_crosses_as_a_value_and_older_words_as_words() {
        let message = msg!(
            "engine-stall-usual-file",
            thread = Arg::names(["loader-1"]),
            stage = msg!("loader-stage-read"),
            time = Arg::duration(65.0),
            usual = Arg::number(0.125, 2),
            file = 58_954_u64
        );
        let event = Event::Warning { secs: 1.0, message };
        let mut wire = Vec::new();
        write_frame(&mut wire, &event).unwrap();
        assert_eq!(read_frame::<Event>(&mut wire.as_slice()).unwrap(), event);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        let older = r#"{"Warning":{"secs":1.0,"message":"the disk is full"}}"#;
        let older: Event = serde_json::from_str(older).unwrap();
        assert_eq!(older, Event::Warning { secs: 1.0, message: "the disk is full".into() });
    }

    #[test]
    fn a_loss_that_is_not_a_number_arrives_as_it_is() {
        let step = StepEvent {
            secs: 1.0,
            step: 1,
            epoch: 1,
            loss: Some(f64::NAN),
            lr: 1e-3,
            images_per_sec: f64::INFINITY,
            images: None,
            data_wait_frac: 0.5,
            phases: StepPhases::default(),
            queue_len: 0,
            config_version: 0,
        };
        let mut wire = Vec::new();
        write_frame(&mut wire, &Event::Step(step)).unwrap();
        let Event::Step(back) = read_frame(&mut wire.as_slice()).unwrap() else { panic!("another event") };
        assert!(back.loss.unwrap().is_nan());
        assert_eq!(back.images_per_sec, f64::INFINITY);
    }

    #[test]
    fn a_step_of_an_older_engine_tells_no_cpu_time() {
        let older = r#"{"synced":true,"wait_secs":0.5,"upload_secs":0.0,"forward_secs":0.0,"backward_secs":0.0,
            "optimizer_secs":0.0,"read_secs":0.0}"#;
        let phases = StepPhases { synced: true, wait_secs: 0.5, ..StepPhases::default() };
        assert_eq!(serde_json::from_str::<StepPhases>(older).unwrap(), phases);
    }

    #[test]
    fn a_lying_peer_is_an_error_not_an_allocation() {
        assert!(matches!(read_frame::<Event>(&mut [255, 255, 255, 255].as_slice()), Err(FrameError::TooLong(_))));
        assert!(matches!(read_frame::<Event>(&mut [8, 0, 0, 0, 1].as_slice()), Err(FrameError::Io(_))));
        assert!(matches!(read_frame::<Event>(&mut [1, 0, 0, 0, 0xc1].as_slice()), Err(FrameError::Malformed(_))));
    }
}
