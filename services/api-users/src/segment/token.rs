use super::SegmentError;

/// The smallest parts of a text, each with the character where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
    End,
}

/// Longer ones before their beginnings.
const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

pub(super) fn tokens(raw: &str) -> Result<Vec<(usize, Token)>, SegmentError> {
    let chars: Vec<char> = raw.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = chars.get(at) {
        let rest = &chars[at..];
        let (length, token) = match first {
            white if white.is_whitespace() => {
                at += 1;
                continue;
            }
            '"' => text(rest).map_err(|(place, expected)| wrong(at + place, expected))?,
            'a'..='z' | 'A'..='Z' => word(rest),
            '0'..='9' | '-' => number(rest)
                .ok_or_else(|| wrong(at, "a number that is written like -1, 2.5 or 3e8"))?,
            _ => sign(rest).ok_or_else(|| {
                wrong(
                    at,
                    "a word, a number, a text in \", or one of = != < <= > >= ( ) ,",
                )
            })?,
        };
        tokens.push((at + 1, token));
        at += length;
    }
    tokens.push((at + 1, Token::End));
    Ok(tokens)
}

fn wrong(place: usize, expected: &'static str) -> SegmentError {
    SegmentError {
        expected,
        at: place + 1,
    }
}

/// A text in double quotes; `\"` and `\\` stand for those two. No control characters: a database may not take them.
fn text(chars: &[char]) -> Result<(usize, Token), (usize, &'static str)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        match chars.get(at) {
            Some('"') => return Ok((at + 1, Token::Text(text))),
            Some('\\') => match chars.get(at + 1) {
                Some(escaped @ ('"' | '\\')) => {
                    text.push(*escaped);
                    at += 2;
                }
                _ => return Err((at + 1, "\" or \\")),
            },
            Some(char) if char.is_control() => return Err((at, "no control character")),
            Some(char) => {
                text.push(*char);
                at += 1;
            }
            None => return Err((at, "the \" that ends the text")),
        }
    }
}

fn word(chars: &[char]) -> (usize, Token) {
    let word: String = chars
        .iter()
        .take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'))
        .collect();
    (word.len(), Token::Word(word))
}

fn number(chars: &[char]) -> Option<(usize, Token)> {
    let number: String = chars
        .iter()
        .take_while(|char| matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
        .collect();
    let value: f64 = number.parse().ok()?;
    value
        .is_finite()
        .then_some((number.len(), Token::Number(value)))
}

fn sign(chars: &[char]) -> Option<(usize, Token)> {
    SIGNS
        .into_iter()
        .find(|sign| sign.chars().eq(chars.iter().copied().take(sign.len())))
        .map(|sign| (sign.len(), Token::Sign(sign)))
}
