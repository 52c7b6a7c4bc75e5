//! What a picture shows, free of how it is drawn.

/// A picture: a title, panels two abreast, and sentences below.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// Who or what it is about.
    pub title: String,
    /// Under which conditions.
    pub subtitle: String,
    /// Names of the hues; empty where panels name their lines themselves.
    pub legend: Vec<Named>,
    /// In reading order.
    pub panels: Vec<Panel>,
    /// What it means, in words.
    pub captions: Vec<String>,
}

/// A hue and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// In words.
    pub label: String,
    /// Its number; see [`Series::hue`].
    pub hue: usize,
}

/// One coordinate system.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// What it shows, with the unit.
    pub title: String,
    /// Rightwards.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
    /// Horizontal limits.
    pub limits: Vec<Limit>,
    /// Vertical marks.
    pub marks: Vec<Limit>,
    /// Spans that lie behind the lines.
    pub shades: Vec<Shade>,
    /// Areas behind everything.
    pub regions: Vec<Region>,
    /// Names of single points.
    pub tags: Vec<Tag>,
    /// What to say where there is nothing to draw.
    pub empty: String,
}

/// A direction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Axis {
    /// What grows along it; empty for nothing.
    pub label: String,
    /// How it grows.
    pub scale: Scale,
}

/// How values become distances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equally far, from zero.
    #[default]
    Linear,
    /// Doublings are equally far; ticks stand where points do.
    Log2,
    /// Tenfold steps are equally far.
    Log10,
}

/// A line through points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Its name at its right end; none where the legend says it.
    pub label: Option<String>,
    /// Which colour; equal numbers look alike.
    pub hue: usize,
    /// Drawn through or broken.
    pub stroke: Stroke,
    /// By rising x. Points that a scale cannot place are not drawn.
    pub points: Vec<(f64, f64)>,
    /// Where a point may lie: x, low and high.
    pub intervals: Vec<(f64, f64, f64)>,
}

/// The look of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stroke {
    /// Drawn through.
    #[default]
    Solid,
    /// Broken.
    Dashed,
    /// Drawn through without dots: what was sampled so often that they would hide the line.
    Trace,
    /// Its points alone.
    Dots,
}

/// A straight line across a panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limit {
    /// Where it stands.
    pub at: f64,
    /// What it says.
    pub label: String,
}

/// A span of a panel's x axis that lies behind its lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shade {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it says above; left out where there is no room.
    pub label: String,
}

/// An area of a panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Region {
    /// From and to, rightwards; none for the edge.
    pub x: (Option<f64>, Option<f64>),
    /// From and to, upwards; none for the edge.
    pub y: (Option<f64>, Option<f64>),
    /// What it is.
    pub label: String,
}

/// The name of a point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    /// The point.
    pub at: (f64, f64),
    /// Its name.
    pub label: String,
}
