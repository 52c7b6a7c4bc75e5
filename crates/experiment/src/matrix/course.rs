//! A matrix under way; `opening` is what it finds of earlier runs.

mod opening;

use super::cells::{Cell, ServerKey};
use super::rows::measured;
use super::run::{Front, MatrixEvent, Way};
use super::server::{Downfall, Server};
use super::spec::Matrix;
use super::store::{MatrixDir, StoreError};
use crate::bench::{BenchOutcome, bench};
use farebox_core::verdict::Severity;
use farebox_core::{LoadCurve, RunState};
use farebox_measure::Cancel;
use farebox_price::matrix::{CellState, MatrixSheet, MatrixState};
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

impl<F: Front> Course<'_, F> {
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
        let plan = self.front.plan(cell, &server.base_url(), &self.dir.cell(&cell.name));
        let mut plan = match plan {
            Ok(plan) => plan,
            Err(reason) => return End::Failed(reason),
        };
        plan.serving.processes = server.processes();
        plan.serving.told = server.told();
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
        let cell = (self.matrix, &self.cells[index]);
        measured(&mut self.sheet.cells[index], cell, curve, verdict);
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
