//! What the reader of `@permission` lines makes of a doc comment.

use airssys_wasm::wit::annotation::{permissions, written};
use rstest::rstest;
use wit_parser::Resolve;

#[rstest]
#[case("/// @permission filesystem.read(path)", Ok("filesystem.read(path)"))]
#[case(
    "/// @permission network.outbound(request.url) | storage.read(path)",
    Ok("network.outbound(request.url) | storage.read(path)")
)]
#[case("/// @permission none", Ok("none"))]
#[case("/// Reads.", Err("0 lines with @permission"))]
#[case("/// @permission none\n/// @permission none", Err("2 lines with @permission"))]
#[case("/// see @permission none", Err("`see @permission none` does not start with @permission"))]
#[case("/// @permission", Err("`@permission` does not start with @permission"))]
#[case("/// @permission read", Err("`read`: no class"))]
#[case("/// @permission filesystem.read", Err("`filesystem.read`: no parameter"))]
#[case("/// @permission filesystem.read(path", Err("`filesystem.read(path`: not closed"))]
#[case("/// @permission files.read(path)", Err("`files.read(path)`: unknown class"))]
#[case("/// @permission storage.spawn(path)", Err("`storage.spawn(path)`: unknown action"))]
#[case("/// @permission storage.read(paths)", Err("`storage.read(paths)`: unknown parameter"))]
#[case("/// @permission storage.read(path.x)", Err("`storage.read(path.x)`: unknown parameter"))]
#[case("/// @permission storage.read(request.uri)", Err("`storage.read(request.uri)`: unknown parameter"))]
#[case(
    "/// @permission storage.read(path)|storage.list(path)",
    Err("`storage.read(path)|storage.list(path)`: unknown parameter")
)]
#[case("/// @permission none | none", Err("`none`: no class"))]
#[case("/// @permission topics.publish(request.url)", Ok("topics.publish(request.url)"))]
#[case("/// @permission topics.send(path)", Err("`topics.send(path)`: unknown action"))]
fn the_reader_of_permissions_sees(#[case] docs: &str, #[case] expected: Result<&str, &str>) {
    let text = format!(
        "package a:b;\ninterface i {{ record request {{ url: string }}\n{docs}\nf: func(path: string, request: request); }}"
    );
    let mut resolve = Resolve::default();
    resolve.push_str("a.wit", &text).unwrap();
    let (_, interface) = resolve.interfaces.iter().next().unwrap();
    let found = permissions(&resolve, &interface.functions["f"]).map(|permissions| written(&permissions));
    assert_eq!(found.map_err(|why| why.to_string()), expected.map(str::to_owned).map_err(str::to_owned));
}
