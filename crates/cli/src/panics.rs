//! Errors in the program itself: one message for the user, and exit code 70.

use crate::logging::note_internal_error;
use crate::streams::say_error;
use convsweep_serve::door::THREAD_NAME;
use convsweep_spec::words::internal_error;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The environment variable by which tests name a place where the program is to panic.
const TEST_VARIABLE: &str = "CONVSWEEP_PANIC_AT";

/// Whether a thread has panicked, other than one that answers a browser.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// From now on, a panic of any thread becomes a message that says what happened and where to report
/// it.
pub fn install() {
    panic::set_hook(Box::new(report));
}

/// Whether any thread has panicked. One that answers a browser does not count: the page is not
/// what the program was asked for.
pub fn has_panicked() -> bool {
    HAS_PANICKED.load(Ordering::Acquire)
}

/// What the work returns; `None` if it panicked, which the user has been told then.
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Panics if a test asks for that here.
#[track_caller]
pub fn test_point(name: &str) {
    if std::env::var_os(TEST_VARIABLE).is_some_and(|value| value == name) {
        panic!("{TEST_VARIABLE} is {name}");
    }
}

fn report(info: &PanicHookInfo) {
    if thread::current().name() != Some(THREAD_NAME) {
        HAS_PANICKED.store(true, Ordering::Release);
    }
    let what = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(ToString::to_string);
    let version = concat!("convsweep ", env!("CARGO_PKG_VERSION"));
    let message = internal_error(version, what, &place.unwrap_or_default());
    note_internal_error(&message);
    say_error(&message);
}
