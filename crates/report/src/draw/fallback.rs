//! Fonts of the machine for letters that the program's own font lacks.

use super::font::{BOLD, FAMILY, REGULAR, has_letter};
use resvg::usvg::fontdb::{Database, ID};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use ttf_parser::Face;

/// Missing letters that are shown.
const MOST_SHOWN: usize = 24;

/// The program's own font.
static OWN: LazyLock<Arc<Database>> = LazyLock::new(|| Arc::new(own()));
/// With those of the machine. They are looked for once, and only if a text needs them.
static ALL: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = own();
    fonts.load_system_fonts();
    Arc::new(fonts)
});
fn own() -> Database {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    fonts
}

/// The fonts that are needed to draw these texts.
pub fn fonts<'a>(texts: impl Iterator<Item = &'a str>) -> Arc<Database> {
    match lacking(texts).is_empty() {
        true => OWN.clone(),
        false => ALL.clone(),
    }
}

/// The letters of these texts that no font of this machine has, at most the first few; empty if
/// there are none.
pub fn missing_letters<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let lacking = lacking(texts);
    if lacking.is_empty() {
        return String::new();
    }
    let mut missing = lacking;
    let ids: Vec<ID> = ALL.faces().map(|face| face.id).collect();
    for id in ids {
        if missing.is_empty() {
            break;
        }
        ALL.with_face_data(id, |data, index| {
            if let Ok(face) = Face::parse(data, index) {
                missing.retain(|letter| face.glyph_index(*letter).is_none());
            }
        });
    }
    let codes = missing
        .iter()
        .take(MOST_SHOWN)
        .map(|c| format!("U+{:04X}", *c as u32));
    codes.collect::<Vec<_>>().join(" ")
}

/// The letters of these texts that the program's own font lacks.
fn lacking<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<char> {
    let letters = texts.flat_map(str::chars);
    letters.filter(|letter| !has_letter(*letter)).collect()
}
