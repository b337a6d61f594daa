//! A scene as a PDF file of one page: shapes stay shapes, and fonts are embedded.

mod compression;
mod drawing;
mod embedding;
mod typeface;

use super::pen::RenderError;
use crate::draw::scene::Scene;
use compression::compressed;
use drawing::{Drawing, POINTS};
use image::RgbImage;
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

/// The version of the format, which every LaTeX in use includes.
const VERSION: (u8, u8) = (1, 4);

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFORMATION: Ref = Ref::new(5);
/// The first of the numbers that fonts, opacities and images get one after another.
const FIRST_RESOURCE: i32 = 6;

/// The scene as a PDF file, without a background.
///
/// # Errors
/// Where an embedded font cannot be read.
pub fn pdf(scene: &Scene) -> Result<Vec<u8>, RenderError> {
    let mut drawing = Drawing::new(scene.height)?;
    for item in &scene.items {
        drawing.item(item);
    }
    let mut pdf = Pdf::new();
    pdf.set_version(VERSION.0, VERSION.1);
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    pdf.document_info(INFORMATION)
        .title(TextStr(&scene.description))
        .subject(TextStr(&scene.figures));
    let content = compressed(drawing.content.as_bytes())?;
    pdf.stream(CONTENT, &content).filter(Filter::FlateDecode);
    let resources = write_resources(&mut pdf, &drawing)?;
    write_page(&mut pdf, scene, &resources);
    Ok(pdf.finish())
}

/// The names in the page's content with the numbers of their objects.
#[derive(Default)]
struct Resources {
    fonts: Vec<(&'static str, Ref)>,
    opacities: Vec<(String, Ref)>,
    images: Vec<(String, Ref)>,
}

fn write_resources(pdf: &mut Pdf, drawing: &Drawing) -> Result<Resources, RenderError> {
    let mut resources = Resources::default();
    let mut next = Ref::new(FIRST_RESOURCE);
    for typeface in drawing.typefaces().filter(|t| t.is_used()) {
        let font = embedding::embed(pdf, typeface, &mut next)?;
        resources.fonts.push((typeface.name, font));
    }
    for &percent in &drawing.opacities {
        let id = next.bump();
        let alpha = f32::from(percent) / 100.0;
        pdf.ext_graphics(id)
            .stroking_alpha(alpha)
            .non_stroking_alpha(alpha);
        resources
            .opacities
            .push((drawing::opacity_name(percent), id));
    }
    for (i, image) in drawing.images.iter().enumerate() {
        let id = next.bump();
        write_image(pdf, id, image)?;
        resources.images.push((drawing::image_name(i), id));
    }
    Ok(resources)
}

fn write_image(pdf: &mut Pdf, id: Ref, image: &RgbImage) -> Result<(), RenderError> {
    let pixels = compressed(image.as_raw())?;
    let mut object = pdf.image_xobject(id, &pixels);
    object.filter(Filter::FlateDecode);
    object.width(image.width() as i32);
    object.height(image.height() as i32);
    object.color_space().device_rgb();
    object.bits_per_component(8);
    Ok(())
}

fn write_page(pdf: &mut Pdf, scene: &Scene, resources: &Resources) {
    let mut page = pdf.page(PAGE);
    let [width, height] = [scene.width, scene.height].map(|length| (length * POINTS) as f32);
    page.media_box(Rect::new(0.0, 0.0, width, height));
    page.parent(PAGES);
    page.contents(CONTENT);
    let mut dictionary = page.resources();
    let mut fonts = dictionary.fonts();
    for (name, id) in &resources.fonts {
        fonts.pair(Name(name.as_bytes()), id);
    }
    fonts.finish();
    let mut opacities = dictionary.ext_g_states();
    for (name, id) in &resources.opacities {
        opacities.pair(Name(name.as_bytes()), id);
    }
    opacities.finish();
    let mut images = dictionary.x_objects();
    for (name, id) in &resources.images {
        images.pair(Name(name.as_bytes()), id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::color::SERIES;
    use crate::draw::style::SOLID;
    use crate::draw::text::{Anchor, Text};

    fn file(scene: &Scene) -> String {
        String::from_utf8_lossy(&pdf(scene).expect("renders")).into_owned()
    }

    fn shapes() -> Scene {
        let mut scene = Scene::new(720.0, 360.0, "made-up (shapes) – é");
        scene.rect((10.0, 10.0), (30.0, 30.0), SERIES[0], 0.5);
        scene.disc((60.0, 20.0), 4.0, SERIES[1], 1.0);
        scene.line(vec![(0.0, 0.0), (9.0, 9.0)], SERIES[2], 1.0, &[3.0, 2.0]);
        scene.line(vec![], SERIES[2], 1.0, SOLID);
        scene
    }

    #[test]
    fn shapes_are_vectors_on_a_page_of_7_inches() {
        let file = file(&shapes());
        assert!(file.starts_with("%PDF-1.4"), "{}", &file[..20]);
        assert!(file.contains("/MediaBox [0 0 504 252]"), "{file}");
        assert!(file.contains("/ca 0.5"), "{file}");
        assert!(!file.contains("/Subtype /Image"), "{file}");
        assert!(!file.contains("/FontFile"), "no text needs no font");
    }

    #[test]
    fn each_font_is_embedded_once() {
        let mut scene = shapes();
        for bold in [false, true, false] {
            let text = Text::new((50.0, 30.0), "accuracy (%) ± 1", Anchor::End);
            scene.text(if bold { text.bold() } else { text.upright() });
        }
        let file = file(&scene);
        assert_eq!(file.matches("/FontFile3 ").count(), 2, "{file}");
        assert_eq!(
            file.matches("/ToUnicode ").count(),
            2,
            "text can be searched"
        );
        assert!(!file.contains("/Subtype /Image"));
        assert!(file.len() < 30_000, "only the letters used: {}", file.len());
    }

    #[test]
    fn pixels_are_images() {
        let mut scene = shapes();
        scene.pixels((60.0, 10.0), (8.0, 8.0), RgbImage::new(2, 3));
        let file = file(&scene);
        assert_eq!(file.matches("/Subtype /Image").count(), 1, "{file}");
        assert!(file.contains("/Width 2"), "{file}");
        assert!(file.contains("/Height 3"), "{file}");
    }
}
