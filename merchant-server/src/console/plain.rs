//! The forms that are only their fields: what waits for this person, what else there is to do, and
//! what the consumer says at the desk. Which of them are open is the case's to say.

use green_channel::case::{Action, Exchange};
use green_channel::money::Fen;
use green_channel::time::Date;

use super::actions_view::{Filled, amount_names, term_boxes};
use super::case_page::Remarks;
use super::pages::forms::{PlainField, PlainForm, PlainKind};
use super::pages::parts::Tone;

/// What is sent and what is read, of something to choose.
pub(super) type Listed = (String, String);

/// What the forms are made from.
pub(super) struct Material<'a> {
    /// The actions that are open to this person.
    pub(super) open: Vec<Action>,
    /// What was typed before, and what was wrong with it.
    pub(super) remarks: &'a Remarks,
    /// The id of the offer that waits for the consumer; empty for none.
    pub(super) offer_id: String,
    /// The id of the consumer's proposal that waits for us; empty for none.
    pub(super) counter_id: String,
    /// That proposal in words.
    pub(super) counter: String,
    /// Who asks this person to take over; empty for nobody.
    pub(super) handed_by: String,
    /// Who could take the case over.
    pub(super) people: Vec<Listed>,
    /// Which shops could answer for it.
    pub(super) tenants: Vec<Listed>,
    /// The day of today.
    pub(super) today: Date,
    /// A day by which the consumer could add something.
    pub(super) reply_by: Date,
    /// What a clerk may agree to alone.
    pub(super) limit: Fen,
}

/// A form in the making.
pub(super) struct Sketch<'a> {
    filled: Filled<'a>,
    pub(super) form: PlainForm,
}

impl<'a> Sketch<'a> {
    fn of(action: Action, remarks: &'a Remarks, hint: &str) -> Self {
        Self::named(action.code(), action.label_zh(), remarks, hint)
    }

    /// A form for something that is no action of a case.
    pub(super) fn named(code: &'static str, label: &str, remarks: &'a Remarks, hint: &str) -> Self {
        let filled = Filled { action: code, remarks };
        let form = PlainForm {
            action: code.to_owned(),
            open: filled.refused(),
            title: label.to_owned(),
            hint: hint.to_owned(),
            submit_label: label.to_owned(),
            ..PlainForm::default()
        };
        Self { filled, form }
    }

    /// An amount that must be given; `proposal` stands there at first.
    pub(super) fn yuan(self, name: &str, label: &str, proposal: &str) -> Self {
        let field = self.field(PlainKind::Amount, name, label, proposal);
        self.with(field)
    }

    /// A day of the past, or today.
    pub(super) fn day(self, name: &str, label: &str, proposal: &str) -> Self {
        let field = self.field(PlainKind::Date, name, label, proposal);
        self.with(field)
    }

    /// Unfolded from the start.
    pub(super) fn unfolded(mut self) -> Self {
        self.form.open = true;
        self
    }

    pub(super) fn intro(mut self, text: impl Into<String>) -> Self {
        self.form.intro = text.into();
        self
    }

    pub(super) fn asking(mut self, question: &str) -> Self {
        self.form.confirm = Some(question.to_owned());
        self
    }

    pub(super) fn grave(mut self) -> Self {
        self.form.tone = Tone::Bad;
        self
    }

    pub(super) fn submit(mut self, label: &str) -> Self {
        label.clone_into(&mut self.form.submit_label);
        self
    }

    fn field(&self, kind: PlainKind, name: &str, label: &str, proposal: &str) -> PlainField {
        PlainField {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            value: self.filled.value(name, proposal),
            error: self.filled.error(name),
            required: true,
            ..PlainField::default()
        }
    }

    fn with(mut self, field: PlainField) -> Self {
        self.form.fields.push(field);
        self
    }

    pub(super) fn text(self, name: &str, label: &str, hint: &str) -> Self {
        let field = self.field(PlainKind::Text, name, label, "");
        self.with(PlainField { hint: hint.to_owned(), ..field })
    }

    pub(super) fn area(self, name: &str, label: &str, hint: &str) -> Self {
        let field = self.field(PlainKind::Area, name, label, "");
        self.with(PlainField { hint: hint.to_owned(), ..field })
    }

    /// A text of many paragraphs.
    pub(super) fn long_area(self, name: &str, label: &str, max: u32, hint: &str) -> Self {
        let field = self.field(PlainKind::Area, name, label, "");
        self.with(PlainField { hint: hint.to_owned(), max, ..field })
    }

    /// Words that may be left out.
    fn some_area(self, name: &str, label: &str) -> Self {
        let field = self.field(PlainKind::Area, name, label, "");
        self.with(PlainField { required: false, ..field })
    }

    fn amount(self, name: &str, label: &str) -> Self {
        let field = self.field(PlainKind::Amount, name, label, "");
        self.with(PlainField { required: false, ..field })
    }

    fn date(self, name: &str, label: &str, proposal: &str, today: Date) -> Self {
        let field = self.field(PlainKind::Date, name, label, proposal);
        self.with(PlainField { earliest: today.to_string(), ..field })
    }

    pub(super) fn hidden(self, name: &str, value: &str) -> Self {
        let field = self.field(PlainKind::Hidden, name, "", "");
        self.with(PlainField { value: value.to_owned(), ..field })
    }

    pub(super) fn select(self, name: &str, label: &str, options: &[(&str, &str)]) -> Self {
        self.choice(PlainKind::Select, name, label, options)
    }

    pub(super) fn checks(self, name: &str, label: &str, options: &[(&str, &str)]) -> Self {
        self.choice(PlainKind::Checks, name, label, options)
    }

    fn choice(self, kind: PlainKind, name: &str, label: &str, options: &[(&str, &str)]) -> Self {
        let options = self.filled.select(name, options, "").options;
        let field = self.field(kind, name, label, "");
        self.with(PlainField { options, ..field })
    }

    /// How the consumer signed, where a clerk writes down what they said.
    fn signature(self) -> Self {
        let hint = "例如：本人签字，回执第 12 号。加密保存。";
        self.text("signature", "消费者签字确认", hint)
    }
}

fn pairs(options: &[Listed]) -> Vec<(&str, &str)> {
    options.iter().map(|(code, label)| (code.as_str(), label.as_str())).collect()
}

impl Material<'_> {
    fn sketch(&self, action: Action, hint: &str) -> Option<Sketch<'_>> {
        self.open.contains(&action).then(|| Sketch::of(action, self.remarks, hint))
    }

    /// A form with nothing but a reason.
    fn reasoned(&self, action: Action, hint: &str, label: &str, help: &str) -> Option<PlainForm> {
        self.sketch(action, hint).map(|form| form.area("reason", label, help).form)
    }

    /// What waits for this person.
    pub(super) fn waiting(&self) -> Vec<PlainForm> {
        let take = self.sketch(Action::TakeTransfer, "由您担任首问责任人").map(|form| {
            let from = &self.handed_by;
            form.unfolded().intro(format!("{from}请您接手。接收后由您负责到底。")).form
        });
        let refuse = self.reasoned(
            Action::RefuseTransfer,
            "仍由原首问责任人负责",
            "不接收的原因",
            "对方会看到。",
        );
        let accept = self.sketch(Action::AcceptCounter, "按消费者的方案和解").map(|form| {
            let limit = self.limit;
            form.unfolded()
                .intro(format!("{}\n合计超过 {limit} 的，须由另一人审核后才成立。", self.counter))
                .asking("接受后即按消费者的方案和解，并告知 12315 中心。确定接受？")
                .hidden("offer_id", &self.counter_id)
                .form
        });
        let decline = self.sketch(Action::DeclineCounter, "可另行提出方案").map(|form| {
            form.hidden("offer_id", &self.counter_id)
                .area("reason", "不接受的原因", "会告知 12315 中心。")
                .form
        });
        [take, refuse, accept, decline].into_iter().flatten().collect()
    }

    /// What else there is to do.
    pub(super) fn more(&self) -> Vec<PlainForm> {
        let link = self.sketch(Action::IssueLink, "消费者本人点开即可答复").map(|form| {
            form.intro("链接只显示一次，只发给消费者本人，不要发给他人或放在群里。").form
        });
        let transfer = self.sketch(Action::ProposeTransfer, "请另一人接手").map(|form| {
            form.select("to", "接手人", &pairs(&self.people))
                .area("reason", "移交原因", "接手人会看到。对方接收前仍由现首问责任人负责。")
                .form
        });
        let recall = self
            .sketch(Action::RecallTransfer, "对方尚未接收")
            .map(|form| form.intro("收回后仍由现首问责任人负责。").form);
        let supplement = self.sketch(Action::AskSupplement, "写明缺什么").map(|form| {
            form.date("reply_by", "补充期限", &self.reply_by.to_string(), self.today)
                .area("text", "需要补充的材料", "会经 12315 中心告知消费者。")
                .form
        });
        let exam = self.sketch(Action::Pause, "鉴定、检测所需时间不计入").map(|form| {
            form.date("until", "预计完成日期", "", self.today)
                .area("reason", "鉴定或检测项目", "项目、机构。到期未恢复的，计时自动继续。")
                .form
        });
        let examined =
            self.reasoned(Action::Resume, "鉴定、检测已完成", "鉴定或检测结论", "写明结论和日期。");
        let extensions = [
            self.reasoned(Action::AskExtension, "由 12315 中心决定", "延期理由", "中心凭此答复。"),
            self.reasoned(
                Action::Extend,
                "由主管决定",
                "延期理由",
                "报送中心的案件会告知 12315 中心。",
            ),
        ];
        let assign = self.sketch(Action::Assign, "由哪家商户承担").map(|form| {
            form.intro("同意书没有写明该商户的，系统不向其提供消费者信息。")
                .select("tenant", "责任商户", &pairs(&self.tenants))
                .form
        });
        let unassign =
            self.reasoned(Action::Unassign, "不再由该商户承担", "取消原因", "写明依据。");
        let stated = self
            .sketch(Action::TenantState, "说明本店的意见")
            .map(|form| form.area("text", "商户说明", "首问责任人会看到。").form);
        let first = [link, supplement, exam, examined].into_iter().chain(extensions);
        first.chain([assign, unassign, stated, transfer, recall]).flatten().collect()
    }

    /// What the consumer says at the desk.
    pub(super) fn at_desk(&self) -> Vec<PlainForm> {
        let answer = self.sketch(Action::Answer, "消费者在现场答复").map(|form| {
            form.hidden("offer_id", &self.offer_id)
                .select("accepted", "消费者的答复", &[("yes", "接受方案"), ("no", "不接受方案")])
                .some_area("text", "消费者的意见")
                .signature()
                .form
        });
        let supplement = self
            .sketch(Action::Supplement, "消费者带来的新材料")
            .map(|form| form.area("text", "补充内容", "材料名称和要点。加密保存。").form);
        let rate = self.sketch(Action::Rate, "消费者对办理的评价").map(|form| {
            let stars = [("5", "5 星"), ("4", "4 星"), ("3", "3 星"), ("2", "2 星"), ("1", "1 星")];
            form.select("stars", "评价", &stars).some_area("text", "消费者的话").signature().form
        });
        let reopen = self.sketch(Action::Reopen, "办结后消费者又提出").map(|form| {
            form.asking("重新办理后重新计算协商期限。确定？")
                .area("reason", "重新办理的原因", "消费者的说法。")
                .signature()
                .form
        });
        let withdraw = self.sketch(Action::Withdraw, "消费者不再投诉").map(|form| {
            form.grave()
                .intro("撤诉后本案结束，不能恢复。须由消费者本人提出。")
                .asking("撤诉后本案结束，不能恢复。确定登记撤诉？")
                .some_area("reason", "撤诉原因")
                .signature()
                .submit("登记撤诉")
                .form
        });
        let consent = self.sketch(Action::WithdrawConsent, "销毁消费者个人信息").map(|form| {
            form.grave()
                .intro(
                    "消费者撤回同意的，个人信息立即销毁，案件不能再办理；存证记录保留。\n\
                     由首问责任人以外的主管或负责人登记。",
                )
                .asking("个人信息立即销毁，不可恢复。确定撤回同意？")
                .text(
                    "paper_no",
                    "消费者签字的书面材料编号",
                    "例如 CH-2026-0031，4 至 32 个字母、数字或连字符；不要填电话或证件号码。\
                     编号写入存证，个人信息销毁后凭它查原件。",
                )
                .checks("confirmed", "确认", &[("yes", "我确认：删除后不可恢复")])
                .submit("撤回同意并删除")
                .form
        });
        let forms = [answer, self.counter(), supplement, rate, reopen, withdraw, consent];
        forms.into_iter().flatten().collect()
    }

    /// 消费者另提方案: the same boxes and amounts as an offer of ours.
    fn counter(&self) -> Option<PlainForm> {
        let form = self.sketch(Action::Counter, "消费者不接受，另提自己的方案")?;
        let given = Exchange::ALL.map(|given| (given.code(), given.label_zh()));
        let form = form.hidden("answers", &self.offer_id).checks(
            "kinds",
            "消费者要求的内容（可多选）",
            &term_boxes(),
        );
        let form =
            amount_names().into_iter().fold(form, |form, (name, label)| form.amount(name, label));
        let form = form
            .checks("in_exchange", "消费者愿意配合的事项（选填）", &given)
            .date("perform_by", "要求的履行期限", "", self.today)
            .area("text", "消费者的说法", "照消费者的话写。加密保存。")
            .signature();
        Some(form.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::form::{Misfit, Typed};

    fn material(open: &[Action], remarks: &Remarks) -> Vec<PlainForm> {
        let material = Material {
            open: open.to_vec(),
            remarks,
            offer_id: "ofr_1".to_owned(),
            counter_id: "ofr_2".to_owned(),
            counter: "退还货款和服务费用¥500.00".to_owned(),
            handed_by: "王芳".to_owned(),
            people: vec![("aa".to_owned(), "李强".to_owned())],
            tenants: vec![("tnt_1".to_owned(), "某服装店".to_owned())],
            today: "2026-11-26".parse().unwrap(),
            reply_by: "2026-12-03".parse().unwrap(),
            limit: Fen::new(100_000),
        };
        let groups = [material.waiting(), material.more(), material.at_desk()];
        groups.into_iter().flatten().collect()
    }

    fn refused(pairs: &[(&str, &str)], field: &'static str) -> Remarks {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Remarks {
            typed: Some(Typed(pairs.iter().map(own).collect())),
            misfit: Some(Misfit { field, problem: "请重填".to_owned() }),
            ..Remarks::default()
        }
    }

    fn field<'a>(form: &'a PlainForm, name: &str) -> &'a PlainField {
        form.fields.iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn a_form_is_there_only_when_its_action_is_open() {
        let none = Remarks::default();
        assert!(material(&[], &none).is_empty());
        for action in [
            Action::TakeTransfer,
            Action::RefuseTransfer,
            Action::RecallTransfer,
            Action::ProposeTransfer,
            Action::AskSupplement,
            Action::Pause,
            Action::Resume,
            Action::AskExtension,
            Action::Extend,
            Action::IssueLink,
            Action::Answer,
            Action::Counter,
            Action::AcceptCounter,
            Action::DeclineCounter,
            Action::Withdraw,
            Action::WithdrawConsent,
            Action::Supplement,
            Action::Assign,
            Action::Unassign,
            Action::TenantState,
            Action::Rate,
            Action::Reopen,
        ] {
            let forms = material(&[action], &none);
            assert_eq!(forms.len(), 1, "{}", action.code());
            assert_eq!(forms[0].action, action.code());
            assert!(forms[0].fields.iter().all(|field| field.error.is_empty()));
        }
    }

    #[test]
    fn a_form_that_was_refused_keeps_what_was_typed_and_names_the_field() {
        let remarks = refused(
            &[
                ("action", "counter"),
                ("kinds", "refund"),
                ("kinds", "apology"),
                ("refund_yuan", "12x"),
                ("in_exchange", "give_back_goods"),
                ("perform_by", "2026-12-24"),
                ("text", "退一半"),
                ("signature", "本人签字"),
            ],
            "refund_yuan",
        );
        let forms = material(&[Action::Counter, Action::Supplement], &remarks);
        let counter = forms.iter().find(|form| form.action == "counter").unwrap();
        assert!(counter.open);
        assert_eq!(field(counter, "refund_yuan").value, "12x");
        assert_eq!(field(counter, "refund_yuan").error, "请重填");
        assert_eq!(field(counter, "perform_by").value, "2026-12-24");
        assert_eq!(field(counter, "signature").value, "本人签字");
        assert_eq!(field(counter, "answers").value, "ofr_1", "the page's word, not the form's");
        let chosen = |name: &str| -> Vec<String> {
            let options = field(counter, name).options.iter().filter(|option| option.chosen);
            options.map(|option| option.code.clone()).collect()
        };
        assert_eq!(chosen("kinds"), ["refund", "apology"]);
        assert_eq!(chosen("in_exchange"), ["give_back_goods"]);
        let supplement = forms.iter().find(|form| form.action == "supplement").unwrap();
        assert!(!supplement.open);
        assert_eq!(field(supplement, "text").value, "", "another form's words stay there");
    }

    #[test]
    fn a_choice_from_a_list_is_kept_too() {
        let remarks =
            refused(&[("action", "propose_transfer"), ("to", "aa"), ("reason", "")], "reason");
        let forms = material(&[Action::ProposeTransfer], &remarks);
        assert!(field(&forms[0], "to").options[0].chosen);
        assert_eq!(field(&forms[0], "reason").error, "请重填");
    }

    #[test]
    fn withdrawing_the_consent_asks_for_a_tick_and_is_said_to_be_final() {
        let none = Remarks::default();
        let forms = material(&[Action::WithdrawConsent], &none);
        let tick = field(&forms[0], "confirmed");
        assert!(tick.is_needed_tick());
        assert_eq!(tick.options[0].label, "我确认：删除后不可恢复");
        assert!(forms[0].confirm.is_some());
        assert_eq!(forms[0].button(), "btn btn-danger");
    }
}
