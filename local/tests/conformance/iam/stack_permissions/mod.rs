mod every_action;
mod operations;
mod reading;
mod refusals;
mod replaced;
