//! A batch of changes as a list of set-wise statements, and how they are sent: all at once, in
//! order, in one transaction. It knows nothing of what the statements mean.
//!
//! Every statement answers with the numbers of the rows that did not go in; none means that all
//! expectations held.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::error::Try;
use super::rows::column;

/// A value of a statement.
pub(super) type Value<'a> = Box<dyn ToSql + Send + Sync + 'a>;

/// What it means when a row did not go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// The store may not be written any more: it was moved, or is being filled.
    Closed,
    /// The token was used before.
    Token,
    /// Somebody changed it in between.
    Conflict(&'static str),
    /// The complaint number, the id or the stream is taken; which, is asked afterwards.
    NewCase,
    /// Nothing: what the statement answers is not about rows that are missing.
    Nothing,
}

/// One statement over many rows.
pub(super) struct Step<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
    /// For every row, the change of the batch that it belongs to.
    pub(super) owners: Vec<usize>,
    pub(super) miss: Miss,
}

/// The statements of a batch, in the order in which they are sent.
#[derive(Default)]
pub(super) struct Plan<'a> {
    steps: Vec<Step<'a>>,
}

impl<'a> Plan<'a> {
    /// Adds a statement over rows with these owners; its first value is their numbers. Without
    /// rows there is nothing to do.
    pub(super) fn rows(
        &mut self,
        sql: &'static str,
        miss: Miss,
        owners: Vec<usize>,
        values: Vec<Value<'a>>,
    ) {
        if owners.is_empty() {
            return;
        }
        let mut all: Vec<Value<'a>> = vec![Box::new(numbers(owners.len()))];
        all.extend(values);
        self.steps.push(Step { sql, values: all, owners, miss });
    }

    /// Adds a statement of one change with exactly these values.
    pub(super) fn one(
        &mut self,
        sql: &'static str,
        miss: Miss,
        owner: usize,
        values: Vec<Value<'a>>,
    ) {
        self.steps.push(Step { sql, values, owners: vec![owner], miss });
    }
}

fn numbers(count: usize) -> Vec<i64> {
    (0..).take(count).collect()
}

/// A session of the writer, with its statements.
pub(super) struct Link {
    pub(super) client: Client,
    statements: HashMap<&'static str, Statement>,
    /// Which rows of `counts` are ours.
    pub(super) slot: i64,
}

impl Link {
    pub(super) fn new(client: Client, slot: i64) -> Self {
        Self { client, statements: HashMap::new(), slot }
    }

    async fn prepare(&mut self, sql: &'static str) -> Try<Statement> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Begins a transaction and sends the whole plan without waiting in between. Gives the changes
    /// that cannot go in, each with its first reason; the transaction is still open.
    ///
    /// The beginning is waited for: without it, every statement would be a transaction of its own.
    pub(super) async fn send(&mut self, plan: &Plan<'_>) -> Try<BTreeMap<usize, Miss>> {
        let mut prepared = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            prepared.push((self.prepare(step.sql).await?, step));
        }

        let client = &self.client;
        client.batch_execute("BEGIN").await?;
        let mut flight: Vec<Flying<'_>> = Vec::with_capacity(prepared.len());
        for (statement, step) in &prepared {
            flight.push(Box::pin(async move {
                let values: Vec<&(dyn ToSql + Sync)> =
                    step.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
                client.query(statement, &values).await
            }));
        }
        let mut answers = in_order(flight).await.into_iter();

        let (mut misses, mut failed) = (BTreeMap::new(), None);
        for step in &plan.steps {
            match answers.next() {
                Some(Ok(rows)) => step.note(&rows, &mut misses)?,
                Some(Err(error)) => failed = failed.or(Some(error)),
                None => {}
            }
        }
        // What a missing row led to later (a key of a case that did not go in) is not the cause.
        if misses.is_empty() {
            failed.map_or(Ok(()), Err)?;
        }
        Ok(misses)
    }
}

impl Step<'_> {
    fn note(&self, rows: &[Row], misses: &mut BTreeMap<usize, Miss>) -> Try<()> {
        if self.miss == Miss::Nothing {
            return Ok(());
        }
        for row in rows {
            let number: i64 = column(row, 0, "row")?;
            let owner = usize::try_from(number).ok().and_then(|n| self.owners.get(n));
            // A number of none of our rows cannot be; it would blame everybody.
            for owner in owner.map_or(self.owners.as_slice(), std::slice::from_ref) {
                misses.entry(*owner).or_insert(self.miss);
            }
        }
        Ok(())
    }
}

type Flying<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;

/// Polls all in order, so that they are sent in order, and waits for all.
async fn in_order(mut flight: Vec<Flying<'_>>) -> Vec<Result<Vec<Row>, Error>> {
    let mut answers: Vec<Option<Result<Vec<Row>, Error>>> = flight.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, answer) in flight.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(done) => *answer = Some(done),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}
