//! Reports as text, one form a file. Renderers only print what the report says.

pub mod human;
pub mod json;
pub mod line;
mod text;
pub mod uri;
