//! A scene as an SVG document.

use super::encoding::encoded;
use super::pen::{GRID, Pen, RenderError};
use crate::draw::color;
use crate::draw::font::FAMILY;
use crate::draw::scene::{Scene, SceneItem};
use crate::printable::without_controls;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use maud::html;
use plotters::backend::SVGBackend;

/// Fonts for readers who do not have the family.
const FALLBACK_FONTS: &str =
    "'Convsweep Sans', Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/// The scene as an SVG document.
///
/// # Errors
/// Where plotters or the encoder of embedded images reports one.
pub fn svg(scene: &Scene) -> Result<String, RenderError> {
    let mut images = String::new();
    for item in &scene.items {
        if let SceneItem::Pixels { at, size, image } = item {
            images += &image_element(*at, *size, image)?;
        }
    }
    document(scene, &images)
}

/// The scene as an SVG document with these elements instead of its images.
pub(super) fn document(scene: &Scene, images: &str) -> Result<String, RenderError> {
    let width = (scene.width * GRID).ceil() as u32;
    let height = (scene.height * GRID).ceil() as u32;
    let mut document = String::new();
    {
        let mut pen = Pen {
            backend: SVGBackend::with_string(&mut document, (width, height)),
        };
        pen.background(scene)?;
        pen.draw(scene)?;
    }
    Ok(finished(&document, scene, images))
}

/// Sets size, description, fonts and images, which plotters' SVG lacks.
fn finished(document: &str, scene: &Scene, images: &str) -> String {
    let shapes = document.split_once(">\n").map_or("", |(_, shapes)| shapes);
    let shapes = shapes.trim_end().trim_end_matches("</svg>");
    let shapes = shapes.replace(&format!("font-family=\"{FAMILY}\""), "");
    let (width, height) = (scene.width, scene.height);
    let (grid_width, grid_height) = (width * GRID, height * GRID);
    let title = html! { (scene.description) }.into_string();
    // A label of its own: browsers show titles as tooltips, for which all the figures are too long.
    let label = html! { (scene.spoken()) }.into_string();
    without_controls(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {grid_width:.0} {grid_height:.0}\" font-family=\"{FALLBACK_FONTS}\" \
         stroke-linejoin=\"round\" role=\"img\" aria-label=\"{label}\">\n\
         <title>{title}</title>\n{shapes}{images}</svg>\n"
    ))
}

fn image_element(
    at: (f64, f64),
    size: (f64, f64),
    image: &RgbImage,
) -> Result<String, RenderError> {
    let data = STANDARD.encode(encoded(image)?);
    let (x, y) = (at.0 * GRID, at.1 * GRID);
    let (width, height) = (size.0 * GRID, size.1 * GRID);
    Ok(format!(
        "<image x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         preserveAspectRatio=\"none\" image-rendering=\"pixelated\" \
         href=\"data:image/png;base64,{data}\"/>\n"
    ))
}

/// An SVG made by [`svg`] for use inside a page: the neutral colours become the page's own custom
/// properties.
pub fn themed(svg: &str) -> String {
    let mut text = svg.to_string();
    for (color, property) in [
        (color::INK, "ink"),
        (color::MUTED, "muted"),
        (color::GRID, "grid"),
        (color::FAINT, "faint"),
        (color::PAPER, "paper"),
    ] {
        text = text.replace(&color.hex(), &format!("var(--{property})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::text::{Anchor, Text};

    #[test]
    fn svg_has_size_text_and_images() {
        let mut scene = Scene::new(100.0, 50.0, "a <test>");
        scene.figures = "It is \"1\".".into();
        scene.text(Text::new((50.0, 30.0), "a & b", Anchor::Start));
        scene.pixels((60.0, 10.0), (8.0, 8.0), RgbImage::new(2, 2));
        let text = svg(&scene).expect("renders");
        for part in [
            "width=\"100\" height=\"50\" viewBox=\"0 0 1000 500\"",
            "<title>a &lt;test&gt;</title>",
            "aria-label=\"a &lt;test&gt;. It is &quot;1&quot;.\"",
            "a &amp; b",
            "data:image/png;base64,",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("<svg").count(), 1);
        assert_eq!(text.matches("</svg>").count(), 1);
        assert!(!themed(&text).contains(&color::INK.hex()));
    }
}
