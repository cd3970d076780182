//! The pictures in docs/: what pgcheck prints of a good and of a lax server, with its
//! colours, for light pages and for dark ones. `UPDATE_DOCS=1` draws them anew.

use std::fs;
use std::path::Path;

use anstyle::RgbColor;
use anstyle_svg::{Palette, Term};
use regex::Regex;

use super::normal;
use super::server::{Setting, coloured};

const fn rgb(hex: u32) -> RgbColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RgbColor(red, green, blue)
}

/// A palette in which the first eight colours, those of [`anstyle::AnsiColor`], and the
/// bright ones are the same.
const fn palette(colours: [u32; 8]) -> Palette {
    let mut palette = [RgbColor(0, 0, 0); 16];
    let mut index = 0;
    while index < palette.len() {
        palette[index] = rgb(colours[index % 8]);
        index += 1;
    }
    Palette(palette)
}

const LIGHT: [u32; 8] = [
    0x24_292f, 0xcf_222e, 0x11_6329, 0x9a_6700, 0x09_69da, 0x82_50df, 0x1b_7c83, 0x6e_7781,
];
const DARK: [u32; 8] = [
    0x48_4f58, 0xff_7b72, 0x3f_b950, 0xd2_9922, 0x58_a6ff, 0xbc_8cff, 0x39_c5cf, 0xb1_bac4,
];

#[test]
fn the_pictures_show_what_pgcheck_prints() {
    let mut text = String::new();
    for server in ["enforced", "lax"] {
        text.push_str("$ pgcheck\n");
        text.push_str(&coloured("pgcheck", &Setting::new(server)));
        text.push('\n');
    }
    for (kind, ink, paper, colours) in [
        ("light", 0x24_292f, 0xff_ffff, LIGHT),
        ("dark", 0xe6_edf3, 0x0d_1117, DARK),
    ] {
        let term = Term::new()
            .palette(palette(colours))
            .fg_color(rgb(ink).into())
            .bg_color(rgb(paper).into());
        compare(kind, &term.render_svg(text.trim_end()));
    }
}

/// The text of a picture.
fn shown(picture: &str) -> String {
    let text = picture.split_once("</style>").map_or("", |(_, text)| text);
    let tags = Regex::new("<[^>]*>").expect("a pattern");
    let text = tags.replace_all(text, "").replace("&lt;", "<");
    text.replace("&gt;", ">").replace("&amp;", "&")
}

fn compare(kind: &str, picture: &str) {
    let name = format!("docs/pgcheck-{kind}.svg");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
    let drawn = fs::read_to_string(&path).unwrap_or_default();
    let same = normal::of(&shown(&drawn)) == normal::of(&shown(picture));
    if !same && std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, picture).expect("the picture is drawn");
    }
    assert!(same, "{name}: run the tests once with UPDATE_DOCS=1");
}
