//! A matrix under way.

use super::cells::{Cell, ServerKey};
use super::rows::{rows, sheet};
use super::run::{Front, MatrixEvent, Way};
use super::server::{Downfall, Server};
use super::spec::Matrix;
use super::store::{MatrixDir, Standing, StoreError, standing};
use crate::bench::{BenchOutcome, bench};
use farebox_core::verdict::Severity;
use farebox_core::{LoadCurve, RunState};
use farebox_measure::Cancel;
use farebox_price::CellTier;
use farebox_price::matrix::{CellRow, CellState, MatrixSheet, MatrixState};
use std::path::Path;
use tokio::sync::watch;

/// A matrix under way.
pub(super) struct Course<'a, F> {
    matrix: &'a Matrix,
    cells: &'a [Cell],
    dir: MatrixDir,
    sheet: MatrixSheet,
    way: &'a Way,
    front: &'a F,
    stop: watch::Receiver<bool>,
    /// How many cells are to be run, and how many have begun.
    due: usize,
    begun: usize,
}

impl<'a, F: Front> Course<'a, F> {
    pub(super) fn open(
        (matrix, cells): (&'a Matrix, &'a [Cell]),
        root: &Path,
        way: &'a Way,
        front: &'a F,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, StoreError> {
        let (dir, earlier) = MatrixDir::open(root)?;
        let mut sheet = sheet(matrix, rows(matrix, cells));
        sheet.servers_started = earlier.as_ref().map_or(0, |earlier| earlier.servers_started);
        let mut course = Self { matrix, cells, dir, sheet, way, front, stop, due: 0, begun: 0 };
        let mut left = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let was = earlier.as_ref().and_then(|it| it.cells.iter().find(|c| c.name == cell.name));
            left.push((was, course.left_of(index, was)?));
        }
        // Nothing is moved before it is known that nothing is refused.
        for (index, (was, left)) in left.into_iter().enumerate() {
            course.take_over(index, was, left)?;
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

    pub(super) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) fn is_due(&self, index: usize) -> bool {
        self.is_meant(index) && self.sheet.cells[index].state == CellState::Pending
    }

    fn is_meant(&self, index: usize) -> bool {
        let name = &self.cells[index].name;
        self.way.only.as_ref().is_none_or(|glob| glob.matches(name))
    }

    /// Runs one cell, on the server that is there if it is the right one; gives back the server
    /// that is there afterwards.
    pub(super) async fn cell(
        &mut self,
        index: usize,
        serving: Option<(ServerKey, Server)>,
    ) -> Result<Option<(ServerKey, Server)>, StoreError> {
        let cell = &self.cells[index];
        let (key, mut server) = match serving {
            Some((key, server)) if key == cell.server => (key, server),
            other => {
                if let Some((_, server)) = other {
                    server.stop().await;
                }
                match self.start(index).await? {
                    Some(server) => (cell.server.clone(), server),
                    None => return Ok(None),
                }
            }
        };
        self.begun += 1;
        self.sheet.cells[index].state = CellState::Running;
        self.write()?;
        self.front.hear(MatrixEvent::Cell(&self.sheet.cells[index], self.begun, self.due));
        let end = Box::pin(self.measure(index, &mut server)).await;
        let died = matches!(end, End::ServerDied(_));
        match end {
            End::Done(outcome) => {
                self.done(index, &outcome.curve, Some(outcome.verdict.verdict));
            }
            End::Failed(reason) => self.failed(index, Downfall { reason, log_tail: Vec::new() }),
            End::ServerDied(downfall) => self.failed(index, downfall),
            End::Stopped => self.sheet.cells[index].state = CellState::Pending,
        }
        self.sheet.rank();
        self.write()?;
        self.front.hear(MatrixEvent::Ended(&self.sheet.cells[index]));
        if died {
            server.stop().await;
            return Ok(None);
        }
        Ok(Some((key, server)))
    }

    /// Starts what serves a cell. Where that fails, so does every cell that needs it.
    async fn start(&mut self, index: usize) -> Result<Option<Server>, StoreError> {
        self.front.hear(MatrixEvent::Starting(&self.sheet.cells[index]));
        let mut stop = self.stop.clone();
        let log = self.dir.log(&self.server_name(index))?;
        let started = tokio::select! {
            started = Server::start(self.matrix, &self.cells[index], &self.way.launcher, &log) => {
                started
            }
            _ = stop.wait_for(|stop| *stop) => return Ok(None),
        };
        match started {
            Ok(server) => {
                self.sheet.servers_started += u32::from(server.is_ours());
                self.front.hear(MatrixEvent::Ready(&server.base_url()));
                Ok(Some(server))
            }
            Err(downfall) => {
                let key = &self.cells[index].server;
                for other in index..self.cells.len() {
                    let is_pending = self.sheet.cells[other].state == CellState::Pending;
                    if is_pending && self.cells[other].server == *key {
                        self.failed(other, downfall.clone());
                        self.front.hear(MatrixEvent::Ended(&self.sheet.cells[other]));
                    }
                }
                self.write()?;
                Ok(None)
            }
        }
    }

    /// What the log of a cell's server is called.
    fn server_name(&self, index: usize) -> String {
        let row = &self.sheet.cells[index];
        format!("{}-{}-tp{}", row.engine, row.precision, row.tp)
    }

    /// Measures a cell until it is done, its server has died, or it is asked to stop.
    async fn measure(&self, index: usize, server: &mut Server) -> End {
        let cell = &self.cells[index];
        let plan = match self.front.plan(cell, &server.base_url(), &self.dir.cell(&cell.name)) {
            Ok(plan) => plan,
            Err(reason) => return End::Failed(reason),
        };
        let cancel = Cancel::default();
        let listener = self.front.listener(&plan);
        let measuring = bench(plan, cancel.clone(), listener);
        tokio::pin!(measuring);
        let mut stop = self.stop.clone();
        let (mut death, mut asked) = (None, false);
        let outcome = loop {
            tokio::select! {
                outcome = &mut measuring => break outcome,
                reason = server.died(), if death.is_none() => {
                    death = Some(reason);
                    cancel.throw();
                }
                _ = stop.wait_for(|stop| *stop), if !asked => {
                    asked = true;
                    cancel.throw();
                }
            }
        };
        match (death, outcome) {
            (Some(reason), _) => End::ServerDied(reason),
            (None, Err(error)) => End::Failed(error.to_string()),
            (None, Ok(outcome)) => End::of(outcome),
        }
    }

    fn done(&mut self, index: usize, curve: &LoadCurve, verdict: Option<Severity>) {
        let cell = &self.cells[index];
        let price = self.matrix.engines[cell.server.engine].price.as_ref();
        let settings = price.and_then(|price| price.settings(cell.server.tp));
        let row = &mut self.sheet.cells[index];
        row.tiers = CellTier::all(curve, &self.matrix.slos, settings.as_ref());
        row.curve = Some(format!("{}/curve.json", row.dir));
        row.state = CellState::Done;
        row.verdict = verdict;
        self.sheet.rank();
    }

    fn failed(&mut self, index: usize, downfall: Downfall) {
        let row = &mut self.sheet.cells[index];
        row.state = CellState::Failed;
        row.reason = Some(downfall.reason);
        row.log_tail = downfall.log_tail;
    }

    pub(super) fn write(&self) -> Result<(), StoreError> {
        self.dir.write(&self.sheet)
    }

    pub(super) fn close(mut self) -> Result<MatrixSheet, StoreError> {
        let is_left = self.sheet.count(CellState::Pending) > 0;
        self.sheet.state = if is_left { MatrixState::Partial } else { MatrixState::Complete };
        self.write()?;
        Ok(self.sheet)
    }
}

/// How a cell ended.
enum End {
    Done(Box<BenchOutcome>),
    Failed(String),
    ServerDied(Downfall),
    Stopped,
}

impl End {
    fn of(outcome: BenchOutcome) -> Self {
        match (outcome.total_failure(), outcome.state) {
            (_, RunState::Interrupted | RunState::Running) => Self::Stopped,
            (Some(reasons), _) => Self::Failed(format!("every request failed: {reasons}")),
            (None, RunState::Complete) => Self::Done(Box::new(outcome)),
        }
    }
}
