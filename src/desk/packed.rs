//! The bytes of rows and messages: postcard, straight into a reused buffer.

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::processor::Corrupt;

/// Up to so many bytes are pushed one by one. Most of a row are numbers of a few bytes: to call for a copy
/// would cost more than the copy.
const SHORT: usize = 10;

struct Appending<'a>(&'a mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if bytes.len() <= SHORT {
            bytes.iter().for_each(|byte| self.0.push(*byte));
        } else {
            self.0.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends the bytes of `value`.
pub fn write<T: Serialize>(value: &T, into: &mut Vec<u8>) {
    postcard::serialize_with_flavor(value, Appending(into))
        .expect("rows and messages hold nothing that has no length, and a vector takes any number of bytes");
}

/// Reads what [`write()`] wrote, to the last byte.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Corrupt> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(Corrupt(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(Corrupt(error.to_string())),
    }
}
