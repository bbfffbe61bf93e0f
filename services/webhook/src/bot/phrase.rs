use super::Language;

/// Something the bot can say in every language it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phrase {
    /// To a stranger: where to become a member.
    JoinUs,
    /// To a member who comes back.
    WelcomeBack,
    /// To a group or a room that the bot comes into.
    HowToRegister,
    /// To whoever wants no messages any more: they get none, and where they may change their mind.
    OptedOut,
    /// The same of one topic.
    OptedOutOfTopic,
    /// To anyone, while nobody can tell who is a member.
    WentWrong,
}

impl Phrase {
    /// The words, with `link` leading to the website. Links come last: LINE takes what follows for a part of them.
    pub fn in_language(self, language: Language, link: &str) -> String {
        let words = match (self, language) {
            (Self::JoinUs, Language::En) => "You are not our members, please join us in ",
            (Self::JoinUs, Language::ZhTw) => "您還不是我們的會員，歡迎由此加入： ",
            (Self::JoinUs, Language::Ja) => "まだ会員ではないようです。こちらからご登録ください： ",
            (Self::JoinUs, Language::Th) => "คุณยังไม่ได้เป็นสมาชิกของเรา สมัครสมาชิกได้ที่ ",
            (Self::WelcomeBack, Language::En) => "Welcome back!",
            (Self::WelcomeBack, Language::ZhTw) => "歡迎回來！",
            (Self::WelcomeBack, Language::Ja) => "おかえりなさい！",
            (Self::WelcomeBack, Language::Th) => "ยินดีต้อนรับกลับมา!",
            (Self::HowToRegister, Language::En) => "Hello! To become a member, register at ",
            (Self::HowToRegister, Language::ZhTw) => "大家好！想成為會員，請由此註冊： ",
            (Self::HowToRegister, Language::Ja) => "はじめまして！会員登録はこちらからどうぞ： ",
            (Self::HowToRegister, Language::Th) => "สวัสดีทุกคน สมัครสมาชิกได้ที่ ",
            (Self::OptedOut, Language::En) => {
                "You will get no more news from us. If you change your mind: "
            }
            (Self::OptedOut, Language::ZhTw) => "我們不會再傳送訊息給您。若改變心意： ",
            (Self::OptedOut, Language::Ja) => "配信を停止しました。再開はこちらから： ",
            (Self::OptedOut, Language::Th) => "เราจะไม่ส่งข่าวสารให้คุณอีก หากเปลี่ยนใจ ",
            (Self::OptedOutOfTopic, Language::En) => {
                "You will get no more messages about this. If you change your mind: "
            }
            (Self::OptedOutOfTopic, Language::ZhTw) => {
                "我們不會再傳送這個主題的訊息給您。若改變心意： "
            }
            (Self::OptedOutOfTopic, Language::Ja) => {
                "このお知らせの配信を停止しました。再開はこちらから： "
            }
            (Self::OptedOutOfTopic, Language::Th) => "เราจะไม่ส่งข่าวสารเรื่องนี้ให้คุณอีก หากเปลี่ยนใจ ",
            (Self::WentWrong, Language::En) => "Something went wrong! Sorry.",
            (Self::WentWrong, Language::ZhTw) => "發生了一點問題，非常抱歉！",
            (Self::WentWrong, Language::Ja) => "問題が発生しました。申し訳ありません。",
            (Self::WentWrong, Language::Th) => "เกิดข้อผิดพลาดบางอย่าง ขออภัยด้วย",
        };
        let link = match self {
            Self::WelcomeBack | Self::WentWrong => "",
            _ => link,
        };
        format!("{words}{link}")
    }
}
