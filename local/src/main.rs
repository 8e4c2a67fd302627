//! The command `flowgate`.

use std::process::ExitCode;

use flowgate::{cli, supervise};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.next_if(|arg| arg == supervise::SUBCOMMAND).is_some() {
        return supervise::main(args);
    }
    cli::main()
}
