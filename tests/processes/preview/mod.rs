//! The function `preview` as a process under its role: what comes by its URL, and what stands in the table then.

mod github;
mod killed;
mod lab;
mod sent;
mod webhooks;
