//! A font of a page with the characters that are used of it.

use crate::draw::render::RenderError;
use std::collections::BTreeMap;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

/// A font and what is used of it.
pub(super) struct Typeface {
    /// Its name in the page's content.
    pub name: &'static str,
    /// Its name for readers of the file.
    pub postscript_name: &'static str,
    /// The whole font, OpenType.
    pub file: &'static [u8],
    pub face: Face<'static>,
    /// From the font's glyphs to those of the embedded part.
    pub glyphs: GlyphRemapper,
    /// A character that each embedded glyph stands for.
    pub characters: BTreeMap<u16, char>,
}

impl Typeface {
    pub(super) fn new(
        name: &'static str,
        postscript_name: &'static str,
        file: &'static [u8],
    ) -> Result<Typeface, RenderError> {
        let face = Face::parse(file, 0).map_err(|e| RenderError::Drawing(e.to_string()))?;
        Ok(Typeface {
            name,
            postscript_name,
            file,
            face,
            glyphs: GlyphRemapper::new(),
            characters: BTreeMap::new(),
        })
    }

    pub(super) fn is_used(&self) -> bool {
        self.glyphs.num_gids() > 1
    }

    /// The codes of a text, two bytes a character; characters that the font lacks are its empty
    /// box.
    pub(super) fn codes(&mut self, text: &str) -> Vec<u8> {
        let mut codes = Vec::with_capacity(text.len() * 2);
        for c in text.chars() {
            let glyph = self.face.glyph_index(c).unwrap_or(GlyphId(0));
            let code = self.glyphs.remap(glyph.0);
            if glyph.0 != 0 {
                self.characters.entry(code).or_insert(c);
            }
            codes.extend(code.to_be_bytes());
        }
        codes
    }

    /// A length of the font in thousandths of an em.
    pub(super) fn thousandths(&self, length: i16) -> f32 {
        f32::from(length) * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// Widths of the embedded glyphs in thousandths of an em, in their order.
    pub(super) fn widths(&self) -> Vec<f32> {
        let units = f32::from(self.face.units_per_em());
        let advance = |glyph| f32::from(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0));
        let widths = self.glyphs.remapped_gids();
        widths
            .map(|glyph| advance(glyph) * 1000.0 / units)
            .collect()
    }
}
