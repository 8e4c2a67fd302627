"""One patch a file; each has `apply(settings)`, where `settings` are the launcher's FLOWGATE_ variables."""
