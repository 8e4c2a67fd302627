//! The local cloud: installs and starts the emulator, stops it, and deploys stacks onto it.
