//! Reads the marks of a scene: what a reader of the chart sees, instead of the bytes of a file.

use convsweep_report::draw::color::Color;
use convsweep_report::draw::scene::{Scene, SceneItem};
use convsweep_report::draw::style::Dash;
use convsweep_report::draw::text::Text;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// A line through points.
#[derive(Clone, Copy, Debug)]
pub struct LineMark<'a> {
    pub points: &'a [(f64, f64)],
    pub color: Color,
    pub width: f64,
    pub dash: Dash,
}

/// The texts in the order in which they were drawn.
pub fn words(scene: &Scene) -> Vec<&str> {
    scene.texts().map(|text| text.text.as_str()).collect()
}

/// The only text that reads `words`.
pub fn text<'a>(scene: &'a Scene, words: &str) -> &'a Text {
    let mut found = scene.texts().filter(|text| text.text == words);
    match (found.next(), found.next()) {
        (Some(text), None) => text,
        (None, _) => panic!("{words:?} is not in {:?}", self::words(scene)),
        _ => panic!("{words:?} is there more than once"),
    }
}

/// Filled rectangles of one colour.
pub fn bars(scene: &Scene, wanted: Color) -> Vec<Rectangle> {
    let mut found = Vec::new();
    for item in &scene.items {
        if let SceneItem::Polygon { points, color, .. } = item
            && *color == wanted
            && let [a, b, c, d] = points[..]
            && a.1 == b.1
            && b.0 == c.0
            && c.1 == d.1
            && d.0 == a.0
        {
            found.push(rectangle(a, c));
        }
    }
    found
}

/// Filled rectangles of any colour with their colours.
pub fn fields(scene: &Scene) -> Vec<(Rectangle, Color)> {
    let mut colors: Vec<Color> = Vec::new();
    for item in &scene.items {
        if let SceneItem::Polygon { color, .. } = item
            && !colors.contains(color)
        {
            colors.push(*color);
        }
    }
    let mut found = Vec::new();
    for color in colors {
        found.extend(bars(scene, color).into_iter().map(|bar| (bar, color)));
    }
    found
}

/// Outlined rectangles of one colour.
pub fn outlines(scene: &Scene, wanted: Color) -> Vec<Rectangle> {
    let closed = lines(scene).filter(|line| line.color == wanted && line.points.len() == 6);
    closed
        .map(|line| rectangle(line.points[4], line.points[2]))
        .collect()
}

fn rectangle(top_left: (f64, f64), bottom_right: (f64, f64)) -> Rectangle {
    Rectangle {
        left: top_left.0,
        top: top_left.1,
        width: bottom_right.0 - top_left.0,
        height: bottom_right.1 - top_left.1,
    }
}

/// All lines that nothing shines through.
pub fn lines(scene: &Scene) -> impl Iterator<Item = LineMark<'_>> {
    lines_of(scene, |alpha| alpha == 1.0)
}

/// All lines that others shine through.
pub fn faint_lines(scene: &Scene) -> impl Iterator<Item = LineMark<'_>> {
    lines_of(scene, |alpha| alpha < 1.0)
}

fn lines_of(scene: &Scene, is_wanted: fn(f64) -> bool) -> impl Iterator<Item = LineMark<'_>> {
    scene.items.iter().filter_map(move |item| match item {
        SceneItem::Line {
            points,
            color,
            width,
            dash,
            alpha,
        } if is_wanted(*alpha) => Some(LineMark {
            points,
            color: *color,
            width: *width,
            dash,
        }),
        _ => None,
    })
}

/// Centres and radii of circles.
pub fn discs(scene: &Scene) -> Vec<((f64, f64), f64)> {
    let mut found = Vec::new();
    for item in &scene.items {
        if let SceneItem::Disc { at, radius, .. } = item {
            found.push((*at, *radius));
        }
    }
    found
}

/// Centres of markers of one colour: circles, and polygons other than rectangles along the axes.
pub fn markers(scene: &Scene, wanted: Color) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    for item in &scene.items {
        match item {
            SceneItem::Disc { at, color, .. } if *color == wanted => found.push(*at),
            SceneItem::Polygon {
                points,
                color,
                alpha,
            } if *color == wanted && *alpha == 1.0 => found.push(centre(points)),
            _ => {}
        }
    }
    found
}

fn centre(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let x: f64 = points.iter().map(|p| p.0).sum();
    let y: f64 = points.iter().map(|p| p.1).sum();
    (x / n, y / n)
}
