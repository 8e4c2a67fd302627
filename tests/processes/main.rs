//! The functions as real processes against the local cloud: killed, paused, and watched on the wire.
