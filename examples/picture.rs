//! Draws what a command prints, colours included, as SVG: one picture for light pages and
//! one for dark ones.
//!
//! ```sh
//! CLICOLOR_FORCE=1 LC_ALL=C.UTF-8 ./demo 2>/dev/null | cargo run --example picture docs/demo
//! ```

use std::io::Read;
use std::{env, fs, io};

use anstyle::RgbColor;
use anstyle_svg::Term;

fn main() -> io::Result<()> {
    let name = env::args().nth(1).unwrap_or_else(|| "picture".to_owned());
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let pictures = [
        (
            "light",
            RgbColor(0x24, 0x29, 0x2f),
            RgbColor(0xff, 0xff, 0xff),
        ),
        (
            "dark",
            RgbColor(0xe6, 0xed, 0xf3),
            RgbColor(0x0d, 0x11, 0x17),
        ),
    ];
    for (kind, ink, paper) in pictures {
        let term = Term::new().fg_color(ink.into()).bg_color(paper.into());
        fs::write(format!("{name}-{kind}.svg"), term.render_svg(&text))?;
    }
    Ok(())
}
