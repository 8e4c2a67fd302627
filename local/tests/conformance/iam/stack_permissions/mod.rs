mod every_action;
mod refusals;
