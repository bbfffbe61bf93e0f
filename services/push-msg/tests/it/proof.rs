//! The real program, as it is killed.

use std::fmt::Write as _;
use std::path::Path;

use service_kit::Clock;
use testkit::process::Program;

use crate::stage::Stage;

impl Stage {
    /// The program on this stage, as a shell starts it.
    pub(crate) fn program(&self) -> Program {
        let program = Program::at(Path::new(env!("CARGO_BIN_EXE_push-msg")));
        let with = |program: Program, (name, value)| program.env(name, value);
        self.settings().into_iter().fold(program, with)
    }

    /// A campaign that is due once, a moment ago by the machine's clock, with a text of its own for each of these languages.
    pub(crate) fn write_due(&self, variants: &[(&str, &str)]) {
        let at = Clock::system().now().as_seconds() - 1;
        let at = chrono::DateTime::from_timestamp(at, 0)
            .unwrap()
            .to_rfc3339();
        let mut yaml = format!(
            "name: today\nschedule: {{at: \"{at}\"}}\nnot_after: 12h\naudience: {{consent: news}}\nlanguage: en\n\
             messages: [{{type: text, text: Hello}}]\nvariants:\n"
        );
        for (language, text) in variants {
            writeln!(yaml, "  {language}: [{{type: text, text: \"{text}\"}}]").unwrap();
        }
        self.write_campaign("today.yaml", &yaml);
    }
}
