//! In what order records are sent. By event time in earnest; otherwise to try that it does not matter.

/// The order of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By event time, as it happened.
    #[default]
    Time,
    /// Latest first.
    Reversed,
    /// At random; the same for the same seed.
    Shuffled {
        /// Picks one of the orders.
        seed: u64,
    },
}

impl Order {
    /// Arranges items, each sent `times` times, given in order of event time.
    pub fn arrange<T: Clone>(self, items: Vec<T>, times: usize) -> Vec<T> {
        let mut items: Vec<T> = match times {
            1 => items,
            _ => items
                .into_iter()
                .flat_map(|item| std::iter::repeat_n(item, times))
                .collect(),
        };
        match self {
            Self::Time => {}
            Self::Reversed => items.reverse(),
            Self::Shuffled { seed } => shuffle(&mut items, seed),
        }
        items
    }
}

/// Fisher and Yates' shuffle (Knuth, The Art of Computer Programming 2, algorithm 3.4.2P).
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        let other = (u128::from(split_mix(&mut state)) * (last as u128 + 1)) >> 64;
        items.swap(last, other as usize);
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014, figure 17).
pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn orders_are_permutations_of_the_repeated_items() {
        let items: Vec<u32> = (0..100).collect();
        let shuffled = Order::Shuffled { seed: 7 }.arrange(items.clone(), 2);
        assert_eq!(shuffled, Order::Shuffled { seed: 7 }.arrange(items.clone(), 2));
        assert_ne!(shuffled, Order::Shuffled { seed: 8 }.arrange(items.clone(), 2));
        let in_time = Order::Time.arrange(items.clone(), 2);
        assert_ne!(shuffled, in_time);
        let mut sorted = shuffled;
        sorted.sort_unstable();
        assert_eq!(sorted, in_time);
        assert_eq!(Order::Reversed.arrange(vec![1, 2], 2), [2, 2, 1, 1]);
    }
}
