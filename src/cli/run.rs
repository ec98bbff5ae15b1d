//! `airssys-wasm run`.

use super::exit::Exit;
use super::work::Work;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Operations are written CODEC:TEXT, such as json:{\"add\":2} or raw:hello; text:TEXT and hex:DIGITS have no prefix.

Examples:
  airssys-wasm run fixtures/counter --op 'json:{\"add\":2}' --op 'json:{\"add\":3}'
  RUST_LOG=info airssys-wasm run plugins/mine --env MODE=test --config batch-size=10 --op raw:
  airssys-wasm run plugins/mine --cache ~/.cache/airssys-wasm --op raw:
  airssys-wasm run plugins/mine --root /srv/data --store mine.redb --audit audit.jsonl --policy policy.toml --op raw:

Exit status:
  0  every operation was answered
  1  an operation ended in an error of the component, a trap or a timeout
  2  the directory, the manifest, the wasm, an operation or another file that was named cannot be used
  3  the runtime itself failed")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    work: Work,
}

pub(crate) fn run(args: RunArgs) -> anyhow::Result<Exit> {
    args.work.run(|builder| builder, &mut std::io::stdout())
}
