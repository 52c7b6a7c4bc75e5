//! The pages and the JSON API.
//!
//! Reading order: [`server`] (who is let in, and how much of it), `routes` (which path does
//! what), `ask` (what was typed, and what it means), `api` (answers for programs), `page`
//! (answers for people), `assets` (style and scripts).

mod api;
mod app;
mod ask;
mod assets;
mod error;
mod models;
mod page;
mod reply;
mod routes;
pub mod server;

pub use server::{AccessToken, Limits, ServeError, WebServer, WebSettings};
