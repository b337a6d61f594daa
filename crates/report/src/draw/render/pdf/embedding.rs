//! Writes the used part of a font into a file.

use super::compression::compressed;
use super::typeface::Typeface;
use crate::draw::render::RenderError;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use subsetter::subset;
use ttf_parser::{RawFace, Tag};

/// Codes are the numbers of the embedded glyphs.
const IDENTITY: SystemInfo = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};
/// A usual width of stems in thousandths of an em, by which some programs choose a replacement.
const STEM: f32 = 90.0;

/// The objects of a font.
struct FontObjects {
    font: Ref,
    glyphs: Ref,
    descriptor: Ref,
    file: Ref,
    unicode: Ref,
}

/// Writes a font; the answer is its object.
pub(super) fn embed(
    pdf: &mut Pdf,
    typeface: &Typeface,
    next: &mut Ref,
) -> Result<Ref, RenderError> {
    let objects = FontObjects {
        font: next.bump(),
        glyphs: next.bump(),
        descriptor: next.bump(),
        file: next.bump(),
        unicode: next.bump(),
    };
    // Six letters in front say that only a part is embedded.
    let name = format!("CSWEEP+{}", typeface.postscript_name);
    let name = Name(name.as_bytes());
    pdf.type0_font(objects.font)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(objects.glyphs)
        .to_unicode(objects.unicode);
    let mut glyphs = pdf.cid_font(objects.glyphs);
    glyphs
        .subtype(CidFontType::Type0)
        .base_font(name)
        .system_info(IDENTITY)
        .font_descriptor(objects.descriptor)
        .default_width(0.0);
    glyphs.widths().consecutive(0, typeface.widths());
    glyphs.finish();
    write_descriptor(pdf, typeface, &objects, name);
    let outlines = compressed(&outlines(typeface)?)?;
    pdf.stream(objects.file, &outlines)
        .filter(Filter::FlateDecode)
        .pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    write_unicode(pdf, typeface, objects.unicode);
    Ok(objects.font)
}

fn write_descriptor(pdf: &mut Pdf, typeface: &Typeface, objects: &FontObjects, name: Name) {
    let face = &typeface.face;
    let length = |length| typeface.thousandths(length);
    let bounds = face.global_bounding_box();
    let capitals = face.capital_height().unwrap_or(face.ascender());
    pdf.font_descriptor(objects.descriptor)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(
            length(bounds.x_min),
            length(bounds.y_min),
            length(bounds.x_max),
            length(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(length(face.ascender()))
        .descent(length(face.descender()))
        .cap_height(length(capitals))
        .stem_v(STEM)
        .font_file3(objects.file);
}

/// Which characters the glyphs are, so that text can be copied and searched.
fn write_unicode(pdf: &mut Pdf, typeface: &Typeface, id: Ref) {
    let mut map = UnicodeCmap::new(Name(b"Convsweep"), IDENTITY);
    for (code, character) in &typeface.characters {
        map.pair(*code, *character);
    }
    let map = map.finish();
    pdf.cmap(id, map.as_slice());
}

/// The outlines of the used glyphs, in the compact font format.
fn outlines(typeface: &Typeface) -> Result<Vec<u8>, RenderError> {
    let failed = |reason: String| RenderError::Drawing(format!("embedding a font: {reason}"));
    let part = subset(typeface.file, 0, &typeface.glyphs).map_err(|e| failed(e.to_string()))?;
    let face = RawFace::parse(&part, 0).map_err(|e| failed(e.to_string()))?;
    let table = face.table(Tag::from_bytes(b"CFF "));
    let table = table.ok_or_else(|| failed("it has no outlines of the right kind".into()))?;
    Ok(table.to_vec())
}
