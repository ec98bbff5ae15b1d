//! The names under which a program keeps values beyond the call that brought them: `call … as name` and
//! `remember path as name`.
//!
//! A name has one type and one place in static memory, wherever in the program it is written or read. The place is
//! zero until it is first written. In: the actions, and what each may refer to. Out: [`Names`]. What is kept, and
//! when, is the business of the code that [`super::compile`] makes.

use std::collections::BTreeMap;

use wit_parser::{Function, Resolve, Type, WorldId, WorldItem};

use super::ProgramError;
use super::action::Action;
use super::body::Place;
use super::holes::{Named, same_shape};
use super::imports::Imported;
use super::module::Module;
use super::script::Actions;

/// Names with a meaning of their own, which would hide a value kept under them.
pub(super) const TAKEN: [&str; 6] = ["transcript", "counter", "bulk", "bad-utf8", "bad-pointer", "bad-case"];

/// The actions of one export, and its parameters; their places do not matter here.
type Script<'a> = (Vec<Named>, &'a [Action]);

/// All names of a program.
#[derive(Default)]
pub(super) struct Names(Vec<Name>);

struct Name {
    name: String,
    ty: Type,
    /// None until some code needs it: programs that read nothing ahead of its keeping are laid out as they are written.
    place: Option<Place>,
}

impl Names {
    /// Finds every name and its type. What is remembered may itself be a kept value, and may stand before it in the
    /// program, so the search goes on until it finds nothing new.
    ///
    /// # Errors
    /// [`ProgramError`] if values of two types are kept under one name.
    pub(super) fn find(
        module: &Module<'_>,
        imported: &BTreeMap<String, Imported<'_>>,
        actions: &Actions,
        world: WorldId,
    ) -> Result<Self, ProgramError> {
        let scripts = scripts(actions, module.flat.resolve, world);
        let mut names = Self::default();
        loop {
            let known = names.0.len();
            for (params, actions) in &scripts {
                actions.iter().try_for_each(|action| names.note(module, imported, params, action))?;
            }
            if names.0.len() == known {
                return Ok(names);
            }
        }
    }

    fn note(
        &mut self,
        module: &Module<'_>,
        imported: &BTreeMap<String, Imported<'_>>,
        params: &[Named],
        action: &Action,
    ) -> Result<(), ProgramError> {
        let (name, ty) = match action {
            Action::Repeat(_, inner) => return self.note(module, imported, params, inner),
            Action::Call { function, keep: Some(name), .. } => {
                (name, imported.get(function).and_then(|imported| imported.function.result))
            }
            Action::Remember { path, name } => {
                let nowhere = |name: &Name| Named { name: name.name.clone(), ty: name.ty, place: Place::fixed(0) };
                let visible: Vec<Named> = self.0.iter().map(nowhere).chain(params.iter().cloned()).collect();
                (name, module.named(path, &visible).ok().map(|value| value.ty))
            }
            _ => return Ok(()),
        };
        // A path that leads nowhere is told where the action is compiled.
        let Some(ty) = ty else { return Ok(()) };
        match self.0.iter().find(|known| known.name == *name) {
            None => self.0.push(Name { name: name.clone(), ty, place: None }),
            Some(known) if same_shape(module.flat.resolve, &known.ty, &ty) => {}
            Some(_) => return Err(ProgramError::new(format!("values of two types are kept as `{name}`"))),
        }
        Ok(())
    }

    /// Where the value of a name lies; none if nothing is kept under it.
    pub(super) fn place(&mut self, module: &mut Module<'_>, name: &str) -> Option<Named> {
        let known = self.0.iter_mut().find(|known| known.name == name)?;
        let sizes = module.flat.sizes;
        let (size, align) = (sizes.size(&known.ty).size_wasm32(), sizes.align(&known.ty).align_wasm32());
        let place = *known.place.get_or_insert_with(|| Place::fixed(module.image.alloc(size, align)));
        Some(Named { name: name.to_owned(), ty: known.ty, place })
    }

    /// Those that have a place by now.
    pub(super) fn placed(&self) -> impl Iterator<Item = Named> {
        self.0
            .iter()
            .filter_map(|known| known.place.map(|place| Named { name: known.name.clone(), ty: known.ty, place }))
    }
}

/// All actions, with the parameters that they may refer to.
fn scripts<'a>(actions: &'a Actions, resolve: &Resolve, world: WorldId) -> Vec<Script<'a>> {
    let helpers = [&actions.realloc, &actions.start, &actions.post_execute];
    let mut scripts: Vec<Script<'a>> = helpers.map(|actions| (Vec::new(), actions.as_slice())).into();
    for item in resolve.worlds[world].exports.values() {
        let functions: Vec<&Function> = match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.values().collect(),
            WorldItem::Function(function) => vec![function],
            WorldItem::Type { .. } => Vec::new(),
        };
        for function in functions {
            let params = function.params.iter();
            let params = params.map(|param| Named { name: param.name.clone(), ty: param.ty, place: Place::fixed(0) });
            let params: Vec<Named> = params.collect();
            let own = actions.exports.get(function.name.as_str());
            let table = actions.by_payload(&function.name).into_iter().flat_map(|(_, _, table)| table);
            let all = table.map(|(_, actions)| actions).chain(own);
            scripts.extend(all.map(|actions| (params.clone(), actions.as_slice())));
        }
    }
    scripts
}
