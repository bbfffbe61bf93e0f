use service_kit::Timestamp;

use super::expression::{Expression, Friendship, Literal, Order, Predicate, Span, Test, Unit};
use super::token::{Token, tokens};
use super::{SegmentError, moment};
use crate::domain::{AttributeName, Language};

const BYTES: usize = 4096;
/// As deep may `not` and parentheses lie in each other.
const DEPTH: u32 = 16;
const PREDICATES: u32 = 64;
/// About eleven years of hours.
const LONGEST: f64 = 100_000.0;

pub(super) fn expression(raw: &str) -> Result<Expression, SegmentError> {
    if raw.len() > BYTES {
        let (expected, at) = ("4096 bytes or fewer", 1);
        return Err(SegmentError { expected, at });
    }
    let mut parser = Parser {
        tokens: tokens(raw)?,
        place: 0,
        predicates: 0,
    };
    let expression = parser.any(0)?;
    match parser.peek() {
        Token::End => Ok(expression),
        _ => Err(parser.expected("and, or, or the end")),
    }
}

struct Parser {
    /// The last is [`Token::End`], and is never passed.
    tokens: Vec<(usize, Token)>,
    place: usize,
    predicates: u32,
}

impl Parser {
    fn any(&mut self, depth: u32) -> Result<Expression, SegmentError> {
        self.series(depth, "or", Self::all, Expression::Or)
    }

    fn all(&mut self, depth: u32) -> Result<Expression, SegmentError> {
        self.series(depth, "and", Self::one, Expression::And)
    }

    fn series(
        &mut self,
        depth: u32,
        word: &str,
        part: fn(&mut Self, u32) -> Result<Expression, SegmentError>,
        whole: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, SegmentError> {
        let first = part(self, depth)?;
        if !self.peek_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self, depth)?);
        }
        Ok(whole(parts))
    }

    fn one(&mut self, depth: u32) -> Result<Expression, SegmentError> {
        let parenthesis = *self.peek() == Token::Sign("(");
        if !parenthesis && !self.peek_word("not") {
            return self.predicate().map(Expression::Is);
        }
        if depth == DEPTH {
            return Err(self.expected("not and parentheses in 16 levels or fewer"));
        }
        self.pass();
        if parenthesis {
            let inner = self.any(depth + 1)?;
            self.sign(")", "and, or, or )")?;
            return Ok(inner);
        }
        self.one(depth + 1)
            .map(|inner| Expression::Not(inner.into()))
    }

    fn predicate(&mut self) -> Result<Predicate, SegmentError> {
        const SUBJECT: &str = "not, (, tag, topic, consent, language, friendship, joined, last_active or \
             attribute.name";
        if self.predicates == PREDICATES {
            return Err(self.expected("64 conditions or fewer"));
        }
        self.predicates += 1;
        let Token::Word(word) = self.peek().clone() else {
            return Err(self.expected(SUBJECT));
        };
        let name = word.strip_prefix("attribute.");
        let name = name.filter(|name| AttributeName::parse(name).is_ok());
        let known = [
            "tag",
            "topic",
            "consent",
            "language",
            "friendship",
            "joined",
            "last_active",
        ];
        if !known.contains(&word.as_str()) && name.is_none() {
            return Err(self.expected(SUBJECT));
        }
        self.pass();
        Ok(match word.as_str() {
            "tag" => Predicate::Tag(self.one_of(Self::text)?),
            "topic" => Predicate::Topic(self.one_of(Self::text)?),
            "consent" => Predicate::Consent(self.one_of(Self::text)?),
            "language" => Predicate::Language(self.one_of(Self::language)?),
            "friendship" => Predicate::Friendship(self.one_of(Self::friendship)?),
            "joined" => Predicate::Joined(self.span()?),
            "last_active" => Predicate::LastActive(self.span()?),
            _ => Predicate::Attribute(name.unwrap_or_default().to_owned(), self.test()?),
        })
    }

    /// `= value` or `in (value, …)`.
    fn one_of<T>(
        &mut self,
        value: fn(&mut Self) -> Result<T, SegmentError>,
    ) -> Result<Vec<T>, SegmentError> {
        if self.take_sign("=") {
            return Ok(vec![value(self)?]);
        }
        if !self.take_word("in") {
            return Err(self.expected("= or in (and not in front, for all others)"));
        }
        self.sign("(", "( and the list")?;
        let mut values = vec![value(self)?];
        while self.take_sign(",") {
            values.push(value(self)?);
        }
        self.sign(")", ", or )")?;
        Ok(values)
    }

    fn test(&mut self) -> Result<Test, SegmentError> {
        if self.take_word("exists") {
            return Ok(Test::Exists);
        }
        if self.take_sign("!=") {
            return self.literal().map(Test::Other);
        }
        if let Some(order) = self.take_order() {
            return match self.peek() {
                Token::Text(_) | Token::Number(_) => {
                    self.literal().map(|value| Test::Compare(order, value))
                }
                _ => Err(self.expected("a text in \" or a number")),
            };
        }
        match self.peek() {
            Token::Sign("=") => {}
            Token::Word(word) if word == "in" => {}
            _ => return Err(self.expected("= != < <= > >= in or exists")),
        }
        self.one_of(Self::literal).map(Test::OneOf)
    }

    fn span(&mut self) -> Result<Span, SegmentError> {
        if let Some(order) = self.take_order() {
            return self.moment().map(|at| Span::Compare(order, at));
        }
        if self.take_word("between") {
            let from = self.moment()?;
            if !self.take_word("and") {
                return Err(self.expected("and"));
            }
            return self.moment().map(|until| Span::Between(from, until));
        }
        if !self.take_word("within") {
            return Err(self.expected("< <= > >= between or within"));
        }
        let count = self.count()?;
        let unit = match self.peek() {
            Token::Word(word) if word == "hour" || word == "hours" => Unit::Hours,
            Token::Word(word) if word == "day" || word == "days" => Unit::Days,
            _ => return Err(self.expected("days or hours")),
        };
        self.pass();
        Ok(Span::Within(count, unit))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole, and in a range that fits"
    )]
    fn count(&mut self) -> Result<u32, SegmentError> {
        match *self.peek() {
            Token::Number(count) if (1.0..=LONGEST).contains(&count) && count.fract() == 0.0 => {
                self.pass();
                Ok(count as u32)
            }
            _ => Err(self.expected("a whole number from 1 to 100000")),
        }
    }

    fn text(&mut self) -> Result<String, SegmentError> {
        let Token::Text(text) = self.peek().clone() else {
            return Err(self.expected("a text in \""));
        };
        self.pass();
        Ok(text)
    }

    fn literal(&mut self) -> Result<Literal, SegmentError> {
        let literal = match self.peek() {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Number(number) => Literal::Number(*number),
            Token::Word(word) if word == "true" => Literal::Truth(true),
            Token::Word(word) if word == "false" => Literal::Truth(false),
            _ => return Err(self.expected("a text in \", a number, true or false")),
        };
        self.pass();
        Ok(literal)
    }

    fn language(&mut self) -> Result<String, SegmentError> {
        let Token::Text(range) = self.peek() else {
            return Err(self.expected("a language tag in \""));
        };
        if range != "*" && Language::parse(range).is_err() {
            return Err(self.expected("a language tag, such as \"zh-TW\", or \"*\""));
        }
        let range = range.to_ascii_lowercase();
        self.pass();
        Ok(range)
    }

    fn friendship(&mut self) -> Result<Friendship, SegmentError> {
        let state = match self.peek() {
            Token::Word(word) => Friendship::ALL.into_iter().find(|it| it.as_str() == word),
            _ => None,
        };
        let state = state.ok_or_else(|| self.expected("following, blocked or unknown"))?;
        self.pass();
        Ok(state)
    }

    fn moment(&mut self) -> Result<Timestamp, SegmentError> {
        let moment = match self.peek() {
            Token::Text(text) => moment::parse(text),
            _ => None,
        };
        let moment = moment.ok_or_else(|| {
            self.expected(
                "a date such as \"2026-01-31\", or a moment such as \"2026-01-31T09:00:00+09:00\"",
            )
        })?;
        self.pass();
        Ok(moment)
    }

    fn take_order(&mut self) -> Option<Order> {
        Order::ALL
            .into_iter()
            .find(|order| self.take_sign(order.as_str()))
    }

    fn sign(&mut self, sign: &str, expected: &'static str) -> Result<(), SegmentError> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(self.expected(expected))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.peek(), Token::Sign(next) if *next == sign);
        if here {
            self.pass();
        }
        here
    }

    fn take_word(&mut self, word: &str) -> bool {
        let here = self.peek_word(word);
        if here {
            self.pass();
        }
        here
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(next) if next == word)
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.place].1
    }

    /// Goes on to the next.
    fn pass(&mut self) {
        self.place = (self.place + 1).min(self.tokens.len() - 1);
    }

    fn expected(&self, expected: &'static str) -> SegmentError {
        let at = self.tokens[self.place].0;
        SegmentError { expected, at }
    }
}
