//! From a program to a core module: one function an export, the code of each action.

use std::collections::BTreeMap;

use wasm_encoder::{BlockType, Instruction, ValType};
use wasm_wave::untyped::{UntypedFuncCall, UntypedValue};
use wit_parser::abi::AbiVariant;
use wit_parser::{
    Function, LiftLowerAbi, ManglingAndAbi, Resolve, SizeAlign, Type, WasmExport, WasmExportKind, WorldId, WorldItem,
    WorldKey,
};

use super::ProgramError;
use super::action::Action;
use super::body::{Body, Place};
use super::flat::{Flat, core_type};
use super::holes::Named;
use super::image::{Layout, Template, offsets};
use super::imports::{Imported, imports};
use super::module::{self, COUNTER, HEAP, HEAP_START, Module};
use super::names::{Names, TAKEN};
use super::program::Program;
use super::script::Actions;
use crate::contract::{TrapKind, payload};

pub(super) const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

struct Compiler<'a> {
    resolve: &'a Resolve,
    module: Module<'a>,
    imported: BTreeMap<String, Imported<'a>>,
    names: Names,
    /// Whether anything is kept. It outlives the call that brought it, so the heap then does too.
    keeps: bool,
}

/// What an action may refer to.
struct Scope {
    /// The parameters of the export.
    params: Vec<Named>,
    /// The export's result; none where an export returns nothing or where no export is compiled.
    result: Option<Type>,
    /// Whether the result is returned by its address.
    by_pointer: bool,
}

pub(super) fn module(
    program: &Program,
    metadata: &BTreeMap<String, String>,
    resolve: &Resolve,
    world: WorldId,
) -> Result<Vec<u8>, ProgramError> {
    let mut sizes = SizeAlign::default();
    sizes.fill(resolve);
    let actions = Actions::parse(program, metadata)?;
    let (imports, imported) = imports(program, &actions, resolve, world)?;
    let module = Module::new(Flat { resolve, sizes: &sizes }, imports);
    let names = Names::find(&module, &imported, &actions, world)?;
    let mut compiler = Compiler { resolve, module, imported, names, keeps: actions.keep() };

    compiler.realloc(&actions.realloc)?;
    if !actions.start.is_empty() {
        let start = compiler.helper(0, &actions.start).map_err(|why| why.within("start"))?;
        compiler.module.start(start);
    }
    for (key, item) in &resolve.worlds[world].exports {
        match item {
            WorldItem::Interface { id, .. } => {
                for function in resolve.interfaces[*id].functions.values() {
                    compiler.export(Some(key), function, &actions)?;
                }
            }
            WorldItem::Function(function) => compiler.export(None, function, &actions)?,
            WorldItem::Type { .. } => {}
        }
    }
    compiler.module.finish(program)
}

impl<'a> Compiler<'a> {
    fn realloc(&mut self, actions: &[Action]) -> Result<(), ProgramError> {
        let mut body = Body::new(4);
        let scope = Scope { params: Vec::new(), result: None, by_pointer: false };
        self.actions(&mut body, actions, &scope).map_err(|why| why.within("realloc"))?;
        module::realloc(&mut body);
        let function = self.module.support.realloc;
        self.module.define(function, body);
        self.module.export(self.resolve.wasm_export_name(ABI, WasmExport::Realloc), function);
        Ok(())
    }

    /// A function without parameters that matter and without results.
    fn helper(&mut self, params: usize, actions: &[Action]) -> Result<u32, ProgramError> {
        let function = self.module.declare(&vec![ValType::I32; params], &[]);
        let mut body = Body::new(params);
        if params > 0 && !self.keeps {
            body.op(Instruction::GlobalGet(HEAP_START)).op(Instruction::GlobalSet(HEAP));
        }
        self.actions(&mut body, actions, &Scope { params: Vec::new(), result: None, by_pointer: false })?;
        self.module.define(function, body);
        Ok(function)
    }

    fn export(&mut self, key: Option<&WorldKey>, function: &Function, actions: &Actions) -> Result<(), ProgramError> {
        let fallback = [Action::Trap(TrapKind::Unreachable)];
        let own = actions.exports.get(function.name.as_str()).map_or(&fallback[..], Vec::as_slice);
        let name = |kind| self.resolve.wasm_export_name(ABI, WasmExport::Func { interface: key, func: function, kind });
        let (normal, post) = (name(WasmExportKind::Normal), name(WasmExportKind::PostReturn));

        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        let params: Vec<ValType> = signature.params.iter().copied().map(core_type).collect();
        let results: Vec<ValType> = signature.results.iter().copied().map(core_type).collect();
        let index = self.module.declare(&params, &results);
        let mut body = Body::new(params.len());
        let scope = Scope {
            params: self.params(&mut body, function, signature.indirect_params, &params)?,
            result: function.result,
            by_pointer: signature.retptr,
        };
        if let Some((key, path, table)) = actions.by_payload(&function.name) {
            for (bytes, actions) in table {
                let place = format!("{key}.\"{}\"", payload::render(bytes));
                self.on(&mut body, (path, bytes), actions, &scope).map_err(|why| why.within(&place))?;
            }
        }
        self.actions(&mut body, own, &scope).map_err(|why| why.within(&function.name))?;
        body.op(Instruction::Unreachable);
        self.module.define(index, body);
        self.module.export(normal, index);

        // Values of a result that lives in memory may be freed when the host has read them.
        if results == [ValType::I32] && signature.retptr {
            let after = if function.name == "execute" { actions.post_execute.as_slice() } else { &[] };
            let after = self.helper(1, after).map_err(|why| why.within("post-execute"))?;
            self.module.export(post, after);
        }
        Ok(())
    }

    /// Lays the parameters out in memory, where everything else expects values.
    fn params(
        &mut self,
        body: &mut Body,
        function: &Function,
        indirect: bool,
        core: &[ValType],
    ) -> Result<Vec<Named>, ProgramError> {
        let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
        let start = if indirect {
            Place::at(0)
        } else {
            let layout = self.module.flat.sizes.params(&types);
            Place::fixed(self.module.image.alloc(layout.size.size_wasm32(), layout.align.align_wasm32()))
        };
        let flat: Vec<(u32, ValType)> = (0..).zip(core.iter().copied()).collect();
        let mut flat = flat.as_slice();
        let mut named = Vec::new();
        for (param, offset) in function.params.iter().zip(offsets(self.module.flat.sizes, &types)) {
            let place = start.plus(offset);
            if !indirect {
                self.module.flat.store(body, &param.ty, place, &mut flat)?;
            }
            named.push(Named { name: param.name.clone(), ty: param.ty, place });
        }
        Ok(named)
    }

    /// Does the actions and ends the export if the value at the path is these bytes.
    fn on(
        &mut self,
        body: &mut Body,
        (path, bytes): (&str, &[u8]),
        actions: &[Action],
        scope: &Scope,
    ) -> Result<(), ProgramError> {
        let incoming = self.module.named(path, &scope.params)?;
        let (pointer, length) = self.module.image.text(bytes);
        self.module.flat.load(body, &incoming.ty, incoming.place)?;
        body.i32(pointer).i32(length).call(self.module.support.same).op(Instruction::If(BlockType::Empty));
        self.actions(body, actions, scope)?;
        body.op(Instruction::Unreachable).op(Instruction::End);
        Ok(())
    }

    fn actions(&mut self, body: &mut Body, actions: &[Action], scope: &Scope) -> Result<(), ProgramError> {
        actions.iter().try_for_each(|action| self.action(body, action, scope))
    }

    fn action(&mut self, body: &mut Body, action: &Action, scope: &Scope) -> Result<(), ProgramError> {
        match action {
            Action::Call { function, args, keep, record } => {
                self.call(body, function, args, scope, (keep.as_deref(), *record))
                    .map_err(|why| why.within(function))?;
            }
            Action::Remember { path, name } => self.remember(body, path, name, scope)?,
            Action::Repeat(count, inner) => {
                body.i32(*count);
                let mut outcome = Ok(());
                body.times(|body, _| outcome = self.action(body, inner, scope));
                outcome?;
            }
            Action::Record(None) => {
                scope.params.iter().try_for_each(|param| self.record(body, &param.name, param))?;
            }
            Action::Record(Some(path)) => {
                let visible = self.visible(scope, [path.as_str()]);
                let value = self.module.named(path, &visible)?;
                self.record(body, path, &value)?;
            }
            Action::Note(text) => self.module.put(body, &format!("{text}\n")),
            Action::Count(n) => {
                body.op(Instruction::GlobalGet(COUNTER)).op(Instruction::I64Const(*n as i64));
                body.op(Instruction::I64Add).op(Instruction::GlobalSet(COUNTER));
            }
            Action::Trap(kind) => self.trap(body, *kind),
            Action::Spin(None) => {
                body.op(Instruction::Loop(BlockType::Empty)).op(Instruction::Br(0)).op(Instruction::End);
            }
            Action::Spin(Some(count)) => {
                let left = body.local(ValType::I64);
                body.op(Instruction::I64Const(*count as i64)).set(left).op(Instruction::Loop(BlockType::Empty));
                body.get(left).op(Instruction::I64Const(1)).op(Instruction::I64Sub).op(Instruction::LocalTee(left));
                body.op(Instruction::I64Const(0)).op(Instruction::I64GtS).op(Instruction::BrIf(0));
                body.op(Instruction::End);
            }
            Action::Fill => {
                let start = body.local(ValType::I32);
                body.op(Instruction::GlobalGet(HEAP)).set(start).op(Instruction::Loop(BlockType::Empty));
                body.get(start).i32(0xaa).op(Instruction::MemorySize(0)).i32(16).op(Instruction::I32Shl);
                body.get(start).op(Instruction::I32Sub).op(Instruction::MemoryFill(0));
                body.op(Instruction::Br(0)).op(Instruction::End);
            }
            Action::GrowMemory { pages, index } => {
                body.i32(*pages).op(Instruction::MemoryGrow(*index));
                self.grown(body, "grow-memory");
            }
            Action::GrowTable { elements, index } => {
                body.op(Instruction::RefNull(wasm_encoder::HeapType::FUNC)).i32(*elements);
                body.op(Instruction::TableGrow(*index));
                self.grown(body, "grow-table");
            }
            Action::Recurse(depth) => {
                let depth = depth.map_or(-1, |depth| depth as i64);
                body.op(Instruction::I64Const(depth)).call(self.module.support.recurse).op(Instruction::Drop);
            }
            Action::RecurseCall(function) => self.recurse_call(body, function)?,
            Action::Return(value) => self.returns(body, value, scope)?,
            Action::ReturnPointer(address) => {
                if !scope.by_pointer {
                    return Err(ProgramError::new("nothing is returned by its address here"));
                }
                body.i32(*address).op(Instruction::Return);
            }
        }
        Ok(())
    }

    /// What the paths may lead to: parameters, which come first, and kept values.
    fn visible<'p>(&mut self, scope: &Scope, paths: impl IntoIterator<Item = &'p str>) -> Vec<Named> {
        for path in paths {
            let head = path.split('.').next().unwrap_or_default();
            if !TAKEN.contains(&head) && !scope.params.iter().any(|param| param.name == head) {
                self.names.place(&mut self.module, head);
            }
        }
        self.names.placed().chain(scope.params.iter().cloned()).collect()
    }

    fn remember(&mut self, body: &mut Body, path: &str, name: &str, scope: &Scope) -> Result<(), ProgramError> {
        let visible = self.visible(scope, [path]);
        let value = self.module.named(path, &visible)?;
        let kept = self.names.place(&mut self.module, name);
        let kept = kept.ok_or_else(|| ProgramError::new(format!("nothing is kept as `{name}`")))?;
        let size = self.module.flat.sizes.size(&value.ty).size_wasm32() as u32;
        self.module.present(body, path, &visible)?;
        body.when(|body| {
            body.address(kept.place).address(value.place).i32(size);
            body.op(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
        });
        Ok(())
    }

    fn record(&mut self, body: &mut Body, label: &str, value: &Named) -> Result<(), ProgramError> {
        let printer = self.module.printer(&value.ty)?;
        self.module.put(body, &format!("{label} -> "));
        body.address(value.place).call(printer);
        self.module.put(body, "\n");
        Ok(())
    }

    fn grown(&mut self, body: &mut Body, label: &str) {
        let old = body.local(ValType::I64);
        body.op(Instruction::I64ExtendI32S).set(old);
        self.module.put(body, &format!("{label} -> "));
        body.get(old).call(self.module.support.put_s64);
        self.module.put(body, "\n");
    }

    fn call(
        &mut self,
        body: &mut Body,
        name: &str,
        args: &str,
        scope: &Scope,
        (keep, record): (Option<&str>, bool),
    ) -> Result<(), ProgramError> {
        let imported = self.imported.get(name).ok_or_else(|| ProgramError::new("the function is not imported"))?;
        let (function, index) = (imported.function, imported.index);
        let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
        let sizes = self.module.flat.sizes;
        let layout = sizes.params(&types);
        let start = self.module.image.alloc(layout.size.size_wasm32(), layout.align.align_wasm32());
        let places: Vec<u32> = offsets(sizes, &types).into_iter().map(|offset| start + offset).collect();

        let template = Template::new(&format!("f({args})"));
        let call = UntypedFuncCall::parse(template.text())?;
        let nodes: Vec<_> = match call.params_node() {
            Some(node) => node.as_tuple()?.collect(),
            None => Vec::new(),
        };
        if nodes.len() != types.len() {
            return Err(ProgramError::new(format!("takes {} arguments, {} are given", types.len(), nodes.len())));
        }
        let mut layout = Layout { resolve: self.resolve, sizes, image: &mut self.module.image, holes: Vec::new() };
        for ((node, ty), place) in nodes.into_iter().zip(&types).zip(&places) {
            layout.place(&template, node, ty, *place)?;
        }
        let holes = layout.holes;
        let visible = self.visible(scope, holes.iter().map(|hole| hole.name.as_str()));
        holes.iter().try_for_each(|hole| self.module.fill(body, hole, &visible))?;

        let signature = self.resolve.wasm_signature(AbiVariant::GuestImport, function);
        if signature.indirect_params {
            body.i32(start);
        } else {
            for (ty, place) in types.iter().zip(&places) {
                self.module.flat.load(body, ty, Place::fixed(*place))?;
            }
        }
        let kept = keep.and_then(|name| self.names.place(&mut self.module, name));
        let result = function.result.map(|ty| {
            let (size, align) = (sizes.size(&ty).size_wasm32(), sizes.align(&ty).align_wasm32());
            let place = kept.map_or_else(|| Place::fixed(self.module.image.alloc(size, align)), |kept| kept.place);
            (ty, place)
        });
        let label = name.rsplit('.').next().unwrap_or(name);
        let Some((ty, place)) = result else {
            body.call(index);
            if record {
                self.module.put(body, &format!("{label}\n"));
            }
            return Ok(());
        };
        if signature.retptr {
            body.address(place).call(index);
        } else {
            body.call(index);
            let core = signature.results.first().copied().map_or(ValType::I32, core_type);
            let local = body.local(core);
            body.set(local);
            self.module.flat.store(body, &ty, place, &mut &[(local, core)][..])?;
        }
        if record {
            self.record(body, label, &Named { name: label.to_owned(), ty, place })?;
        }
        Ok(())
    }

    fn trap(&mut self, body: &mut Body, kind: TrapKind) {
        let nothing = self.module.core_type(&[], &[]);
        let recursion = self.module.core_type(&[ValType::I64], &[ValType::I64]);
        let call = |ty| Instruction::CallIndirect { type_index: ty, table_index: 0 };
        match kind {
            TrapKind::MemoryOutOfBounds => {
                let far = super::body::mem(Place::fixed(u32::MAX));
                body.i32(u32::MAX).op(Instruction::I32Load8U(far)).op(Instruction::Drop)
            }
            // Element 0 is a function of one type, element 1 is null, and there are no others.
            TrapKind::IndirectCallMismatch => body.i32(0).op(call(nothing)),
            TrapKind::NullReference => {
                body.op(Instruction::I64Const(0)).i32(1).op(call(recursion)).op(Instruction::Drop)
            }
            TrapKind::TableOutOfBounds => {
                body.op(Instruction::I64Const(0)).i32(1 << 30).op(call(recursion)).op(Instruction::Drop)
            }
            TrapKind::IntegerOverflow => body.i32(1 << 31).i32(u32::MAX).op(Instruction::I32DivS).op(Instruction::Drop),
            TrapKind::DivideByZero => body.i32(1).i32(0).op(Instruction::I32DivU).op(Instruction::Drop),
            TrapKind::BadConversion => {
                body.op(Instruction::F32Const(f32::NAN.into())).op(Instruction::I32TruncF32S).op(Instruction::Drop)
            }
            _ => body.op(Instruction::Unreachable),
        };
    }

    fn recurse_call(&mut self, body: &mut Body, name: &str) -> Result<(), ProgramError> {
        let imported = self.imported.get(name).ok_or_else(|| ProgramError::new("the function is not imported"))?;
        let signature = self.resolve.wasm_signature(AbiVariant::GuestImport, imported.function);
        if !signature.params.is_empty() || signature.results.len() != 1 {
            return Err(ProgramError::new(format!(
                "`{name}` is not a function without parameters and with one number as its result"
            )));
        }
        let index = imported.index;
        let function = self.module.declare(&[ValType::I64], &[ValType::I64]);
        self.module.define(function, module::recurse(function, Some(index)));
        body.op(Instruction::I64Const(-1)).call(function).op(Instruction::Drop);
        Ok(())
    }

    fn returns(&mut self, body: &mut Body, value: &str, scope: &Scope) -> Result<(), ProgramError> {
        let ty = scope.result.ok_or_else(|| ProgramError::new("nothing is returned here"))?;
        let sizes = self.module.flat.sizes;
        let address = self.module.image.alloc(sizes.size(&ty).size_wasm32(), sizes.align(&ty).align_wasm32());
        let template = Template::new(value);
        let parsed = UntypedValue::parse(template.text())?;
        let mut layout = Layout { resolve: self.resolve, sizes, image: &mut self.module.image, holes: Vec::new() };
        layout.place(&template, parsed.node(), &ty, address)?;
        let holes = layout.holes;
        let visible = self.visible(scope, holes.iter().map(|hole| hole.name.as_str()));
        holes.iter().try_for_each(|hole| self.module.fill(body, hole, &visible))?;
        if scope.by_pointer {
            body.i32(address);
        } else {
            self.module.flat.load(body, &ty, Place::fixed(address))?;
        }
        body.op(Instruction::Return);
        Ok(())
    }
}
