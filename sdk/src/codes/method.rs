//! 协商方式: by which way the parties negotiated. Knows nothing of what was said.

use super::open::code_table;

code_table! {
    /// By which way the parties negotiated (协商方式).
    ///
    /// The merchant must record it on feedback (certainty B); the ways are those that the rules on
    /// mediation and the reply forms name.
    pub enum NegotiationMethod {
        /// A: named in the rules on mediation.
        Phone = "phone", "电话";
        /// C: a way of notice on the forms of 2026.
        Sms = "sms", "短信";
        /// A: 互联网, 音频, 视频 in the rules on mediation.
        Online = "online", "网络";
        /// A: named in the rules on mediation.
        OnSite = "on_site", "现场";
        /// C: a way of reply on forms, also printed as 信件.
        Letter = "letter", "信函";
    }
}
