//! A datum of a record's present schema to the record.

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor, value::U32Deserializer,
};
use serde::forward_to_deserialize_any;

use super::Refused;

/// Reads a datum to its last byte. Time and memory are bounded by its length.
///
/// # Errors
///
/// It is not exactly one datum that [`super::write()`] could have written, blocks of arrays and maps aside.
pub fn read<'de, T: Deserialize<'de>>(datum: &'de [u8]) -> Result<T, Refused> {
    let mut rest = Datum { left: datum };
    let record = T::deserialize(&mut rest)?;
    if rest.left.is_empty() {
        Ok(record)
    } else {
        Err(Refused)
    }
}

/// What is left to read.
struct Datum<'de> {
    left: &'de [u8],
}

impl<'de> Datum<'de> {
    fn byte(&mut self) -> Result<u8, Refused> {
        let (&byte, left) = self.left.split_first().ok_or(Refused)?;
        self.left = left;
        Ok(byte)
    }

    fn long(&mut self) -> Result<i64, Refused> {
        let mut value = 0_u64;
        for group in 0..10 {
            let byte = self.byte()?;
            if group == 9 && byte > 1 {
                break; // the tenth byte has room for one bit
            }
            value |= u64::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Refused)
    }

    fn int(&mut self) -> Result<i32, Refused> {
        i32::try_from(self.long()?).map_err(|_| Refused)
    }

    fn take(&mut self, length: usize) -> Result<&'de [u8], Refused> {
        let (taken, left) = self.left.split_at_checked(length).ok_or(Refused)?;
        self.left = left;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'de str, Refused> {
        let length = usize::try_from(self.long()?).map_err(|_| Refused)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Refused)
    }
}

impl<'de> Deserializer<'de> for &mut Datum<'de> {
    type Error = Refused;

    /// Without its schema a datum does not say what it is.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.byte()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(Refused),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_i32(self.int()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_i64(self.long()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_u32(u32::try_from(self.int()?).map_err(|_| Refused)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let bytes = self.take(8)?.try_into().map_err(|_| Refused)?;
        visitor.visit_f64(f64::from_le_bytes(bytes))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.long()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(Refused),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut items = Items::of(self);
        let value = visitor.visit_seq(&mut items)?;
        items.end(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut items = Items::of(self);
        let value = visitor.visit_map(&mut items)?;
        items.end(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_seq(Fields {
            datum: self,
            left: fields.len(),
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let index = u32::try_from(self.long()?).map_err(|_| Refused)?;
        if index as usize >= variants.len() {
            return Err(Refused);
        }
        visitor.visit_enum(Symbol(index))
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u64 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
        ignored_any
    }
}

/// A record's fields, one after the other.
struct Fields<'d, 'de> {
    datum: &'d mut Datum<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.datum).map(Some)
    }
}

/// The blocks of an array or a map.
struct Items<'d, 'de> {
    datum: &'d mut Datum<'de>,
    /// Items left in this block; `None`: the next block, or the end, comes next.
    left: Option<u64>,
    over: bool,
}

impl<'d, 'de> Items<'d, 'de> {
    fn of(datum: &'d mut Datum<'de>) -> Self {
        Self {
            datum,
            left: None,
            over: false,
        }
    }

    /// Whether there is one more. Blocks that say how long they are take the other way.
    fn more(&mut self) -> Result<bool, Refused> {
        while !self.over && self.left.unwrap_or_default() == 0 {
            let count = u64::try_from(self.datum.long()?).map_err(|_| Refused)?;
            if count > self.datum.left.len() as u64 {
                return Err(Refused); // every item takes a byte at least
            }
            self.left = Some(count);
            self.over = count == 0;
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(!self.over)
    }

    fn end<T>(&self, value: T) -> Result<T, Refused> {
        if self.over { Ok(value) } else { Err(Refused) }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if !self.more()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.datum).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        seed.deserialize(&mut *self.datum)
    }
}

/// An enum's symbol, by its place.
struct Symbol(u32);

impl<'de> EnumAccess<'de> for Symbol {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refused> {
        let index: U32Deserializer<Refused> = self.0.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Symbol {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Refused> {
        Err(Refused)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }
}
