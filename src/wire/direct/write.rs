//! A record to a datum of its present schema.

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::Refused;

/// Appends the datum of a record.
///
/// # Errors
///
/// A number that an Avro int cannot hold, or a kind of value that none of our schemas has. What was
/// appended by then is left there.
pub fn write<T: Serialize>(record: &T, out: &mut Vec<u8>) -> Result<(), Refused> {
    record.serialize(Datum { out })
}

struct Datum<'a> {
    out: &'a mut Vec<u8>,
}

impl Datum<'_> {
    fn long(&mut self, value: i64) {
        let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
        if rest < 0x80 {
            self.out.push(rest as u8);
            return;
        }
        let mut bytes = [0; 10];
        let mut length = 0;
        while rest >= 0x80 {
            bytes[length] = rest as u8 | 0x80;
            rest >>= 7;
            length += 1;
        }
        bytes[length] = rest as u8;
        self.out.extend_from_slice(&bytes[..=length]);
    }

    fn text(&mut self, text: &str) {
        self.long(text.len() as i64);
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// Kinds of values that no schema of ours has.
macro_rules! refused {
    ($($method:ident($($type:ty),*))*) => { $(
        fn $method(self, $(_: $type),*) -> Result<(), Refused> {
            Err(Refused)
        }
    )* };
}

impl<'a> Serializer for Datum<'a> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Impossible<(), Refused>;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeTupleVariant = Impossible<(), Refused>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), Refused>;

    fn serialize_bool(self, value: bool) -> Result<(), Refused> {
        self.out.push(u8::from(value));
        Ok(())
    }

    fn serialize_i32(mut self, value: i32) -> Result<(), Refused> {
        self.long(value.into());
        Ok(())
    }

    fn serialize_i64(mut self, value: i64) -> Result<(), Refused> {
        self.long(value);
        Ok(())
    }

    /// Counts are ints in the schemas.
    fn serialize_u32(self, value: u32) -> Result<(), Refused> {
        self.serialize_i32(i32::try_from(value).map_err(|_| Refused)?)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_str(mut self, value: &str) -> Result<(), Refused> {
        self.text(value);
        Ok(())
    }

    fn serialize_none(mut self) -> Result<(), Refused> {
        self.long(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Refused> {
        self.long(1);
        value.serialize(self)
    }

    fn serialize_unit_variant(mut self, _: &str, index: u32, _: &str) -> Result<(), Refused> {
        self.long(index.into());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a>, Refused> {
        Items::begin(self, length)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Items<'a>, Refused> {
        Items::begin(self, length)
    }

    fn serialize_struct(self, _: &str, _: usize) -> Result<Fields<'a>, Refused> {
        Ok(Fields(self))
    }

    refused! {
        serialize_i8(i8) serialize_i16(i16) serialize_u8(u8) serialize_u16(u16) serialize_u64(u64)
        serialize_f32(f32) serialize_char(char) serialize_bytes(&[u8]) serialize_unit() serialize_unit_struct(&str)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: &T,
    ) -> Result<(), Refused> {
        Err(Refused)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Refused> {
        Err(Refused)
    }

    fn serialize_tuple_struct(self, _: &str, _: usize) -> Result<Self::SerializeTupleStruct, Refused> {
        Err(Refused)
    }

    fn serialize_tuple_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        Err(Refused)
    }

    fn serialize_struct_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        Err(Refused)
    }
}

/// A record's fields, one after the other.
struct Fields<'a>(Datum<'a>);

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(Datum { out: self.0.out })
    }

    /// A field left out would shift all that follow.
    fn skip_field(&mut self, _: &'static str) -> Result<(), Refused> {
        Err(Refused)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

/// The items of an array or a map: one block of as many as were announced, and the end.
struct Items<'a> {
    datum: Datum<'a>,
    left: usize,
}

impl<'a> Items<'a> {
    fn begin(mut datum: Datum<'a>, length: Option<usize>) -> Result<Self, Refused> {
        let left = length.ok_or(Refused)?;
        if left > 0 {
            datum.long(left as i64);
        }
        Ok(Self { datum, left })
    }

    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Refused> {
        item.serialize(Datum { out: self.datum.out })
    }

    fn one_less(&mut self) -> Result<(), Refused> {
        self.left = self.left.checked_sub(1).ok_or(Refused)?;
        Ok(())
    }

    fn finish(mut self) -> Result<(), Refused> {
        self.datum.long(0);
        if self.left == 0 { Ok(()) } else { Err(Refused) }
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Refused> {
        self.one_less()?;
        self.item(item)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.one_less()?;
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.item(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}
