//! What a processor counts, as numbers without names.
//!
//! A processor says in [`super::Effects::count`] that a figure grows or shrinks. What a figure stands
//! for is between the processor and whoever shows it; the engine adds figures up over a transaction and
//! tells them after its commit, so what is aborted is never counted.

/// The number of a figure. Numbers are small and dense: they index a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Figure(pub u32);

/// Sums of changes, by figure.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    sums: Vec<i64>,
    /// Figures that are not zero, or were not at some time.
    touched: Vec<Figure>,
}

impl Figures {
    /// A figure changes.
    pub fn add(&mut self, figure: Figure, by: i64) {
        let index = figure.0 as usize;
        if index >= self.sums.len() {
            self.sums.resize(index + 1, 0);
        }
        let sum = &mut self.sums[index];
        if *sum == 0 {
            self.touched.push(figure);
        }
        *sum += by;
    }

    /// The sum of a figure's changes.
    pub fn get(&self, figure: Figure) -> i64 {
        self.sums.get(figure.0 as usize).copied().unwrap_or(0)
    }

    /// The figures whose sum is not zero, each once, in no order.
    pub fn changed(&self) -> impl Iterator<Item = (Figure, i64)> + '_ {
        let mut sorted: Vec<Figure> = self.touched.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
            .into_iter()
            .map(|figure| (figure, self.get(figure)))
            .filter(|(_, sum)| *sum != 0)
    }

    /// Whether every sum is zero.
    pub fn is_empty(&self) -> bool {
        self.touched.iter().all(|&figure| self.get(figure) == 0)
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        for figure in self.touched.drain(..) {
            self.sums[figure.0 as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Figures};

    #[test]
    fn what_is_taken_back_is_as_if_it_had_never_been() {
        let mut figures = Figures::default();
        for (figure, by) in [(3, 1), (900, 5), (3, -1), (3, 2), (7, 1), (7, -1)] {
            figures.add(Figure(figure), by);
        }
        let changed: Vec<_> = figures.changed().collect();
        assert_eq!(changed, [(Figure(3), 2), (Figure(900), 5)]);
        assert!(!figures.is_empty());
        figures.clear();
        assert!(figures.is_empty());
        assert_eq!((figures.get(Figure(3)), figures.get(Figure(9_999))), (0, 0));
    }
}
