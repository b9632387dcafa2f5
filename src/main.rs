//! The program: a window, or one of the commands.

use std::process::ExitCode;
use trainscope::cli;

fn main() -> ExitCode {
    let cli = cli::parse();
    let code = match cli.command {
        Some(command) => cli::run(command),
        None => match trainscope::app::run(cli.dir, cli.language) {
            Ok(()) => cli::EXIT_OK,
            Err(error) => {
                trainscope::say!("trainscope: {error}");
                cli::EXIT_USAGE
            }
        },
    };
    ExitCode::from(code)
}
