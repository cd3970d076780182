use std::ops::Range;

/// A fenced block of a document.
pub struct Block {
    /// `console`, `sh` and so on.
    pub language: String,
    /// The fixture that it runs against.
    pub server: Option<String>,
    /// What stands between the fences.
    pub body: String,
    /// Where that is.
    pub range: Range<usize>,
}

/// The blocks of a document, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut server = None;
    let mut open: Option<(String, usize)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.trim().to_owned(), end)),
            (Some(_), Some((language, start))) => blocks.push(Block {
                language,
                server: server.take(),
                body: text[start..offset].to_owned(),
                range: start..offset,
            }),
            (None, Some(block)) => open = Some(block),
            (None, None) => server = directive(line).or(server.filter(|_| line.trim().is_empty())),
        }
        offset = end;
    }
    blocks
}

fn directive(line: &str) -> Option<String> {
    let name = line
        .trim()
        .strip_prefix("<!-- server: ")?
        .strip_suffix(" -->")?;
    Some(name.to_owned())
}

impl Block {
    pub fn is_run(&self) -> bool {
        self.language == "console"
    }

    /// The command lines that start pgcheck, as arguments.
    pub fn command_lines(&self) -> Vec<Vec<String>> {
        let lines = self
            .body
            .lines()
            .map(|line| line.strip_prefix("$ ").unwrap_or(line));
        let of_shell = lines
            .clone()
            .flat_map(|line| line.split(['|', ';']).flat_map(|part| part.split("&&")))
            .filter_map(|part| {
                let words = words(part);
                let start = words.iter().position(|word| !word.contains('='))?;
                (words[start] == "pgcheck").then(|| words[start..].to_vec())
            });
        let of_json = lines.filter_map(|line| {
            let (_, rest) = line.split_once("[\"pgcheck\"")?;
            let list = format!("[\"pgcheck\"{}]", rest.split_once(']')?.0);
            serde_json::from_str(&list).ok()
        });
        let runs_commands = ["console", "sh", "dockerfile", "yaml", "json"];
        match runs_commands.contains(&self.language.as_str()) {
            true => of_shell.chain(of_json).collect(),
            false => Vec::new(),
        }
    }
}

/// The words of a simple command, as a shell sees them: quotes and comments, without
/// expansion.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn a_block_knows_its_server_its_commands_and_its_place() {
    let text = "x\n<!-- server: lax -->\n\n```console\n$ A=1 pgcheck -q 'a b' # why\nok\n```\n```sh\npgcheck && x\n```\n";
    let found = blocks(text);
    assert_eq!(found[0].server.as_deref(), Some("lax"));
    assert_eq!(found[1].server, None);
    assert_eq!(&text[found[0].range.clone()], found[0].body);
    assert_eq!(found[0].command_lines(), [["pgcheck", "-q", "a b"]]);
    assert_eq!(found[1].command_lines(), [["pgcheck"]]);
}
