//! What earlier runs left of a matrix, before its first cell is begun.

use super::Course;
use crate::matrix::cells::Cell;
use crate::matrix::rows::{rows, sheet};
use crate::matrix::run::{Front, MatrixEvent, Way};
use crate::matrix::server::Downfall;
use crate::matrix::spec::Matrix;
use crate::matrix::store::{MatrixDir, Standing, StoreError, standing};
use farebox_price::matrix::{CellRow, CellState};
use std::path::Path;
use tokio::sync::watch;

impl<'a, F: Front> Course<'a, F> {
    /// Opens the directory at `root`, takes over what is done, and moves aside what was cut short.
    pub(in crate::matrix) fn open(
        (matrix, cells): (&'a Matrix, &'a [Cell]),
        root: &Path,
        way: &'a Way,
        front: &'a F,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, StoreError> {
        let (dir, earlier) = MatrixDir::open(root)?;
        let mut sheet = sheet(matrix, rows(matrix, cells));
        sheet.servers_started = earlier.as_ref().map_or(0, |earlier| earlier.servers_started);
        sheet.no_longer_asked = dir.no_longer_asked(cells, earlier.as_ref());
        let mut course = Self { matrix, cells, dir, sheet, way, front, stop, due: 0, begun: 0 };
        let mut left = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let was = earlier.as_ref().and_then(|earlier| earlier.find(&cell.name));
            left.push((was, course.left_of(index, was)?));
        }
        // Nothing is moved before it is known that nothing is refused.
        for (index, (was, left)) in left.into_iter().enumerate() {
            course.take_over(index, was, left)?;
        }
        if !course.sheet.no_longer_asked.is_empty() {
            course.front.hear(MatrixEvent::NoLongerAsked(&course.sheet.no_longer_asked));
        }
        course.due = (0..cells.len()).filter(|index| course.is_due(*index)).count();
        Ok(course)
    }

    fn left_of(&self, index: usize, was: Option<&CellRow>) -> Result<Standing, StoreError> {
        let cell = &self.cells[index];
        match standing(self.dir.root(), cell, &self.sheet.cells[index], was) {
            Err(StoreError::Changed { .. }) if self.way.force => Ok(Standing::Cut),
            standing => standing,
        }
    }

    fn take_over(
        &mut self,
        index: usize,
        was: Option<&CellRow>,
        left: Standing,
    ) -> Result<(), StoreError> {
        match left {
            Standing::Fresh | Standing::Cut if !self.is_meant(index) => {
                if let Some(was) = was.filter(|was| was.state == CellState::Failed) {
                    let CellRow { reason, log_tail, .. } = was.clone();
                    let reason = reason.unwrap_or_default();
                    self.failed(index, Downfall { reason, log_tail });
                }
                Ok(())
            }
            Standing::Fresh => Ok(()),
            Standing::Cut => {
                let to = self.dir.set_aside(&self.cells[index].name)?;
                self.front.hear(MatrixEvent::SetAside(&self.sheet.cells[index], &to));
                Ok(())
            }
            Standing::Done(run, verdict) => {
                self.done(index, &run.curve, verdict);
                self.front.hear(MatrixEvent::Kept(&self.sheet.cells[index]));
                Ok(())
            }
        }
    }
}
