//! The `bangui` program. Everything it does is in the library.

fn main() -> std::process::ExitCode {
    bangui::cli::main()
}
