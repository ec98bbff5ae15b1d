//! Conformance cases made of a function's `@permission` line and its parameters.
//!
//! In: a function of the WIT. Out: the cases that show whether it passes the gate; or what is lacking to make them, in
//! words that say what to add and where.

use airssys_wasm::suite::{Case, DiscoveredCase};
use airssys_wasm::wit::annotation::{Permission, parameter, permissions};
use serde_json::{Value, json};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

use super::class::{all_but, class, just, rule};
use super::value::{Given, arguments};

/// The cases of a function; `all` are the functions among which there is one that makes a handle, should it need one.
pub(crate) fn cases(
    resolve: &Resolve,
    all: &[(String, &Function)],
    (interface, function): (&str, &Function),
) -> Result<Vec<DiscoveredCase>, String> {
    let name = format!("{interface}.{}", function.name);
    let needed = permissions(resolve, function).map_err(|why| format!("{name}: {why}"))?;
    let given = given(resolve, all, (interface, function), &needed);
    let made = given.and_then(|(given, maker)| {
        let call = format!("call airssys:{name}({})", arguments(resolve, function, &given)?);
        let script = Script { name: &name, function: &function.name, call, maker };
        match needed.as_slice() {
            [] => Ok(vec![script.free()?]),
            needed => script.gated(needed),
        }
    });
    made.map_err(|why| format!("{name}: {why}"))
}

/// What the guest does.
struct Script<'a> {
    /// The function with its interface.
    name: &'a str,
    function: &'a str,
    call: String,
    maker: Option<Maker>,
}

/// The call that makes the handle which a function is about.
struct Maker {
    function: String,
    call: String,
    /// The record that it leaves.
    record: Value,
}

impl Script<'_> {
    /// Without any grant: never denied, never recorded.
    fn free(&self) -> Result<DiscoveredCase, String> {
        let expect = json!({ "mentions": [self.function], "conceals": ["permission-denied"] });
        self.case("free", json!({}), self.steps(expect, &[], &[]))
    }

    /// Denied with every other grant there is, granted with just the one; one record either way.
    fn gated(&self, needed: &[Permission]) -> Result<Vec<DiscoveredCase>, String> {
        // Of several permissions that suffice, a denial names the first, and a grant the one that was there.
        let (first, class_of_first) = (&needed[0], class(&needed[0])?);
        let record = |outcome: &str| json!({ "class": first.class, "action": first.action, "resource": class_of_first.resource, "outcome": outcome });

        let made = self.maker.iter().map(|maker| format!("{} -> ok(_)", maker.function));
        let lines: Vec<_> = made.chain([format!("{} -> err(permission-denied(_))", self.function)]).collect();
        let mut denial = record("denied");
        denial["reason"] = json!(true);
        let mut steps = self.steps(json!({ "transcript": lines }), &[denial], needed);
        steps.extend(untouched(self.maker.is_none()));
        let mut cases = vec![self.case("denied", all_but(needed, self.maker.is_some()), steps)?];

        for permission in needed {
            let class = class(permission)?;
            let mut grant = record("granted");
            grant["action"] = json!(permission.action);
            grant["rule"] = json!(rule(class, permission.action));
            let expect = json!({ "mentions": [self.function], "conceals": ["permission-denied"] });
            let id = format!("granted-by-{}-{}", permission.class, permission.action);
            let steps = self.steps(expect, &[grant], &[]);
            cases.push(self.case(&id, just(class, permission.action), steps)?);
        }
        Ok(cases)
    }

    /// The steps up to the record of the call. A handle is made in the same call of the guest, which then sleeps, so
    /// that what `revoked` names can be taken away in between.
    fn steps(&self, expect: Value, records: &[Value], revoked: &[Permission]) -> Vec<Value> {
        let mut steps = vec![json!({ "load": "b" }), json!({ "load": "a" })];
        match &self.maker {
            None => steps.push(json!({ "execute": "a", "expect": expect })),
            Some(maker) => {
                steps.push(json!({ "execute": "a", "begin": "call" }));
                // Looking waits until the guest sleeps.
                steps.push(json!({ "inspect": true }));
                steps.push(json!({ "audit": true, "expect": { "accesses": [maker.record] } }));
                steps.extend(revoked.iter().filter_map(|permission| {
                    let pattern = class(permission).ok()?.pattern;
                    Some(json!({ "revoke": "a", "class": permission.class, "action": permission.action, "pattern": pattern }))
                }));
                steps.push(json!({ "advance": 1 }));
                steps.push(json!({ "await": "call", "expect": expect }));
            }
        }
        steps.push(json!({ "audit": true, "expect": { "accesses": records } }));
        steps
    }

    fn case(&self, id: &str, capabilities: Value, steps: Vec<Value>) -> Result<DiscoveredCase, String> {
        let made = self.maker.iter().flat_map(|maker| {
            [format!("{} as made", maker.call), "invoke airssys:core/host-services.sleep-millis(1)".to_owned()]
        });
        let execute: Vec<_> = made.chain([self.call.clone(), "return ok($transcript)".to_owned()]).collect();
        let mut case = world();
        case["title"] = json!(format!("{}: {id}", self.name));
        case["components"] = json!({ "a": { "manifest": { "capabilities": capabilities }, "guest": { "contract": "1.1", "execute": execute } }, "b": {} });
        case["steps"] = json!(steps);
        let table = toml::Table::try_from(case).map_err(|why| format!("the case `{id}` is no table: {why}"))?;
        let source = toml::to_string(&table).map_err(|why| format!("the case `{id}` cannot be written: {why}"))?;
        let case: Case = table.try_into().map_err(|why| format!("the case `{id}` is none: {why}"))?;
        Ok(DiscoveredCase {
            id: format!("gate/{}/{id}", self.name),
            area: "permission".to_owned(),
            source,
            case,
            contract: None,
        })
    }
}

/// Where everything that the cases are about is there, so that only the gate is in the way.
fn world() -> Value {
    json!({
        "requirements": ["audit.every-access"],
        "since": "1.1",
        "files": { "root/data/x": "text:x" },
        "executables": { "root/bin/tool": "text:#!/bin/sh\n" },
        "names": { "host.example": ["93.184.216.34"] },
        "servers": { "host": { "at": ["93.184.216.34:80"] } },
        "host-functions": { "f": "echo" },
        "storage": { "a:b": { "x": "text:x" } },
    })
}

/// What the world must look like after a denial.
fn untouched(without_processes: bool) -> Vec<Value> {
    let processes = without_processes.then(|| json!({ "inspect": true, "expect": { "processes": 0 } }));
    let mut steps = vec![
        json!({ "look-at": "root/data", "expect": { "names": ["x"] } }),
        json!({ "look-at": "root/data/x", "expect": { "content": "text:x" } }),
        json!({ "requests": "host", "expect": { "received": [] } }),
    ];
    steps.extend(processes);
    steps
}

/// What stands in the parameters that the annotation names, and the call that makes the handle among them.
fn given(
    resolve: &Resolve,
    all: &[(String, &Function)],
    (interface, function): (&str, &Function),
    needed: &[Permission],
) -> Result<(Given, Option<Maker>), String> {
    let (mut given, mut maker) = (Given::new(), None);
    for permission in needed {
        let path = &permission.parameter;
        let text = match parameter(resolve, function, path).map(|ty| aliased(resolve, ty)) {
            Some((Type::String, _)) => format!("{:?}", class(permission)?.resource),
            Some((_, names)) => {
                maker = Some(find_maker(resolve, all, (interface, path), permission, &names)?);
                "$made.ok".to_owned()
            }
            None => return Err(format!("there is no parameter `{path}`")),
        };
        if let Some(other) = given.insert(path.clone(), text.clone()).filter(|other| *other != text) {
            return Err(format!("`{path}` would have to be {other} and {text}: let each class have a parameter"));
        }
    }
    Ok((given, maker))
}

/// A type behind its aliases, and the names that it has on the way.
fn aliased(resolve: &Resolve, mut ty: Type) -> (Type, Vec<TypeId>) {
    let mut names = Vec::new();
    while let Type::Id(id) = ty {
        names.push(id);
        let TypeDefKind::Type(next) = resolve.types[id].kind else { break };
        ty = next;
    }
    (ty, names)
}

/// The function of the interface that returns such a handle for a resource that the same permission is about.
fn find_maker(
    resolve: &Resolve,
    all: &[(String, &Function)],
    (interface, path): (&str, &str),
    permission: &Permission,
    names: &[TypeId],
) -> Result<Maker, String> {
    let ok = |function: &Function| {
        let Some(Type::Id(id)) = function.result else { return None };
        let TypeDefKind::Result(result) = &resolve.types[id].kind else { return None };
        result.ok
    };
    let makes = |function: &Function| matches!(ok(function), Some(Type::Id(id)) if names.contains(&id));
    let same = |one: &Permission| (&one.class, &one.action) == (&permission.class, &permission.action);
    for (_, function) in all.iter().filter(|(of, function)| of == interface && makes(function)) {
        let needed = permissions(resolve, function).map_err(|why| why.to_string())?;
        let [one] = needed.as_slice() else { continue };
        if !same(one)
            || parameter(resolve, function, &one.parameter).map(|ty| aliased(resolve, ty).0) != Some(Type::String)
        {
            continue;
        }
        let resource = class(one)?.resource;
        let given = Given::from([(one.parameter.clone(), format!("{resource:?}"))]);
        let call = format!("call airssys:{interface}.{}({})", function.name, arguments(resolve, function, &given)?);
        let record = json!({ "class": one.class, "action": one.action, "resource": resource, "outcome": "granted" });
        return Ok(Maker { function: function.name.clone(), call, record });
    }
    Err(format!(
        "`{path}` is no string, and no function of {interface} returns such a handle under {}.{}: let the annotation \
         name a string, or teach `find_maker` in tests/gate/case.rs where the handle comes from",
        permission.class, permission.action
    ))
}
