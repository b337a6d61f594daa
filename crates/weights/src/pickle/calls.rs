//! Which functions and classes a file of weights may name.

use super::symbol::Symbol;

/// Modules that reach the system, other code or the interpreter. Weights have no need of them, not
/// even of a class.
const DANGEROUS_MODULES: [&str; 44] = [
    "_pickle",
    "_posixsubprocess",
    "asyncio",
    "atexit",
    "bdb",
    "cloudpickle",
    "cmd",
    "code",
    "codeop",
    "commands",
    "ctypes",
    "dill",
    "ensurepip",
    "ftplib",
    "gc",
    "http",
    "importlib",
    "inspect",
    "io",
    "joblib",
    "linecache",
    "marshal",
    "multiprocessing",
    "nt",
    "operator",
    "os",
    "pdb",
    "pickle",
    "pip",
    "pkgutil",
    "posix",
    "profile",
    "pty",
    "requests",
    "runpy",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "threading",
    "timeit",
    "urllib",
    "webbrowser",
];

/// Built-in classes that are only containers or numbers.
const BUILTINS: [&str; 15] = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
];

/// Calls that rebuild tensors and plain values: a module with all that is in it, or one function.
const HARMLESS_CALLS: [(&str, &str); 27] = [
    ("torch._utils", ""),
    ("torch._tensor", ""),
    ("torch.nn", ""),
    ("torch", "device"),
    ("torch", "Size"),
    ("torch", "Tensor"),
    ("torch.serialization", "_get_layout"),
    ("torch.torch_version", "TorchVersion"),
    ("torchvision", ""),
    ("timm", ""),
    ("collections", ""),
    ("copyreg", "_reconstructor"),
    ("copy_reg", "_reconstructor"),
    ("_codecs", "encode"),
    ("functools", "partial"),
    ("datetime", ""),
    ("pathlib", "PosixPath"),
    ("pathlib", "PurePosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib", "PureWindowsPath"),
    ("argparse", "Namespace"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
];

/// Checks a class or function that a pickle names.
///
/// # Errors
/// If it is one that reaches beyond the file, phrased to follow the file's name.
pub(super) fn check_name(symbol: &Symbol) -> Result<(), String> {
    let Symbol::Name(module, name) = symbol else {
        return Ok(());
    };
    let root = module.split('.').next().unwrap_or_default();
    let is_builtin = matches!(root, "builtins" | "__builtin__");
    if DANGEROUS_MODULES.contains(&root) || (is_builtin && !BUILTINS.contains(name)) {
        return Err(refused("names", &format!("{module}.{name}")));
    }
    Ok(())
}

/// Checks what a pickle calls.
///
/// # Errors
/// If it is not one of the calls that rebuild tensors and plain values.
pub(super) fn check_call(symbol: &Symbol) -> Result<(), String> {
    let Symbol::Name(module, name) = symbol else {
        return Err(refused("calls", "a function that it computes"));
    };
    let is_builtin = matches!(*module, "builtins" | "__builtin__") && BUILTINS.contains(name);
    let is_harmless = |(known, function): &(&str, &str)| match *function {
        "" => module == known || is_within(module, known),
        function => module == known && *name == function,
    };
    if is_builtin || HARMLESS_CALLS.iter().any(is_harmless) {
        return Ok(());
    }
    Err(refused("calls", &format!("{module}.{name}")))
}

fn is_within(module: &str, package: &str) -> bool {
    let inner = module.strip_prefix(package);
    inner.is_some_and(|rest| rest.starts_with('.'))
}

fn refused(verb: &str, what: &str) -> String {
    format!(
        "is refused: its pickle {verb} {what}, which weights have no need of, so the file may hold \
         code; nothing of it was executed. Ask for the weights as a safetensors file, or for \
         torch.save(model.state_dict(), …)"
    )
}
