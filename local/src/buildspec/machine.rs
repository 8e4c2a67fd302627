//! What a project's environment asks for that this machine is not.

/// Why builds of a project with this `Environment.Type` cannot run here, if they cannot.
pub fn refusal(environment_type: &str) -> Option<String> {
    let foreign = ["WINDOWS", "MAC"].iter().any(|system| environment_type.starts_with(system));
    foreign.then(|| format!("{environment_type} cannot run here; use a Linux environment"))
}
