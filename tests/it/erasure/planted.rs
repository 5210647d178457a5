//! People who do not exist, planted in cases of every state, with words of theirs and about them
//! wherever words are kept. Each string stands nowhere else. Knows nothing of where they are looked
//! for.

use green_channel::testkit::Faults;
use green_channel::time::DAY_MILLIS;
use green_channel_tests::{
    Browser, NAME, Staff, TestApp, USCC, accept, breach, contact, hand_back, in_days, now, offer,
    perform, refusal, reject, reveal,
};
use serde_json::{Value, json};

const FIELDS: [&str; 4] = ["name", "phone", "id_number", "address"];

/// What makes a string different from every other one.
struct Mark {
    n: String,
    code: String,
    chinese: String,
}

/// Strings that stand nowhere else.
#[derive(Default)]
pub(super) struct Strings {
    /// Those that the merchant keeps.
    pub(super) kept: Vec<String>,
    /// Those that it is told and must not keep.
    pub(super) unkept: Vec<String>,
}

impl Strings {
    fn fresh(&mut self, write: impl FnOnce(Mark) -> String) -> String {
        const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
        let n = self.kept.len() + self.unkept.len();
        assert!(n < 1_000, "three digits are enough");
        let code = format!("{:04}", (n * 7_919 + 1_234) % 10_000);
        let chinese = code.bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect();
        let text = write(Mark { n: format!("{n:03}"), code, chinese });
        self.kept.push(text.clone());
        text
    }

    fn name(&mut self) -> String {
        match self.kept.len() % 4 {
            0 => self.fresh(|mark| format!("欧阳{}", mark.chinese)),
            1 => self.fresh(|mark| format!("Zoë Plänt{}{}", mark.code, mark.n)),
            2 => self.fresh(|mark| format!("买买提·植{}", mark.chinese)),
            _ => self.fresh(|mark| format!("𠮷田{}", mark.chinese)),
        }
    }

    fn phone(&mut self) -> String {
        self.fresh(|mark| format!("1547{}{}", mark.code, mark.n))
    }

    fn id_number(&mut self) -> String {
        self.fresh(|mark| format!("990000{}1231{}X", mark.code, mark.n))
    }

    fn address(&mut self) -> String {
        let write = |mark: Mark| format!("虚构市样本路{}号 Apt.{}", mark.chinese, mark.code);
        self.fresh(write)
    }

    fn order_no(&mut self) -> String {
        self.fresh(|mark| format!("TB-PLANTED-{}-{}", mark.code, mark.n))
    }

    fn complaint_no(&mut self) -> String {
        self.fresh(|mark| format!("GCPLANT-{}-{}", mark.code, mark.n))
    }

    /// A sentence; what is looked for is the middle of it.
    fn words(&mut self) -> String {
        let write = |mark: Mark| format!("{}号微信wx_{}_{}", mark.chinese, mark.code, mark.n);
        format!("消费者来电称：{}，请据此联系。", self.fresh(write))
    }

    /// Something that the merchant must not keep.
    fn unkept(&mut self, make: fn(&mut Self) -> String) -> String {
        let text = make(self);
        self.unkept.extend(self.kept.pop());
        text
    }

    /// One who speaks for others.
    fn speaker(&mut self) -> Value {
        json!({ "name": self.name(), "phone": self.phone() })
    }

    fn consumer(&mut self) -> Value {
        json!({
            "name": self.name(), "phone": self.phone(), "address": self.address(),
            "id_type": "other", "id_number": self.id_number(),
        })
    }
}

/// A case with somebody planted in it.
pub(super) struct Person {
    pub(super) no: String,
    pub(super) id: String,
    /// Whether the consumer withdraws the consent at the desk; else through the center.
    pub(super) at_desk: bool,
}

/// Who was planted, and where.
pub(super) struct Planting<'a> {
    app: &'a TestApp,
    pub(super) strings: Strings,
    pub(super) people: Vec<Person>,
    /// Cases in which the clerk may note a contact.
    open: Vec<String>,
}

/// The number and the id of a case.
type Case = (String, String);

impl<'a> Planting<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        Self { app, strings: Strings::default(), people: Vec::new(), open: Vec::new() }
    }

    fn clerk(&self) -> &'a Staff {
        self.app.clerk()
    }

    async fn notify(&self, no: &str, kind: &str, detail: Value) {
        let answer = self.app.center().notify(no, kind, detail).await;
        answer.unwrap_or_else(|error| panic!("{kind} of {no}: {error}"));
    }

    /// A complaint is diverted, with something changed in it.
    async fn diverted(&mut self, change: impl FnOnce(&mut Value, &mut Strings)) -> Case {
        let no = self.strings.complaint_no();
        let mut complaint = self.app.complaint(&no);
        complaint["consumer"] = self.strings.consumer();
        complaint["facts"] = json!(self.strings.words());
        complaint["goods"]["order_no"] = json!(self.strings.order_no());
        change(&mut complaint, &mut self.strings);
        self.app.center().divert(&complaint).await.expect("the complaint is taken");
        let id = self.clerk().find(&no).await;
        self.people.push(Person { no: no.clone(), id: id.clone(), at_desk: false });
        (no, id)
    }

    async fn accepted(&mut self) -> Case {
        let (no, id) = self.diverted(|_, _| {}).await;
        self.clerk().does(&id, accept()).await;
        (no, id)
    }

    async fn offers(&mut self, id: &str, refund_fen: i64) {
        self.clerk().does(id, offer(refund_fen, &self.strings.words())).await;
    }

    async fn offered(&mut self) -> Case {
        let (no, id) = self.accepted().await;
        self.offers(&id, 20_000).await;
        (no, id)
    }

    async fn settled(&mut self) -> Case {
        let (no, id) = self.offered().await;
        let offer_id = self.clerk().open_offer(&id).await;
        let text = self.strings.words();
        let detail = json!({ "offer_id": offer_id, "accepted": true, "text": text });
        self.notify(&no, "offer_answer", detail).await;
        (no, id)
    }

    async fn performs(&mut self, id: &str) {
        let mut command = perform(20_000);
        for field in ["proof", "process", "result"] {
            command[field] = json!(self.strings.words());
        }
        self.clerk().does(id, command).await;
    }

    /// Somebody in every state, words in every place.
    pub(super) async fn everywhere(&mut self) {
        self.diverted(|_, _| {}).await;
        let supervisor = self.examined().await;
        self.asked_and_kept(&supervisor).await;
        self.prolonged().await;
        self.awaiting().await;
        let (_, id) = self.offered().await;
        self.open.push(id);
        let (_, id) = self.settled().await;
        self.open.push(id);
        let (no, id) = self.settled().await;
        self.performs(&id).await;
        let rating = json!({ "stars": 2, "text": self.strings.words() });
        self.notify(&no, "rating", rating).await;
        self.answered_by_link().await;
        self.haggled().await;
        self.broken_and_reopened().await;
        self.rejected().await;
        let (no, _) = self.accepted().await;
        let reason = json!({ "reason": self.strings.words() });
        self.notify(&no, "complaint_withdrawn", reason).await;
        let (no, _) = self.accepted().await;
        // A kind that this version does not know is kept as it came.
        let news = json!({ "note": self.strings.words() });
        self.notify(&no, "visit_announced", news).await;
        for _ in 0..4 {
            self.handed_back().await;
        }
        self.at_the_desk().await;
    }

    /// Gives the supervisor's pseudonym.
    async fn examined(&mut self) -> Value {
        let (_, id) = self.diverted(|_, _| {}).await;
        let supervisor = self.app.supervisor();
        supervisor.does(&id, accept()).await;
        let (pause, resume) = (self.strings.words(), self.strings.words());
        let pause = json!({ "action": "pause", "until": in_days(5), "reason": pause });
        supervisor.does(&id, pause).await;
        supervisor.does(&id, json!({ "action": "resume", "reason": resume })).await;
        let view = supervisor.show(&id).await.expect("the case shows");
        view["summary"]["first_responder"].clone()
    }

    async fn asked_and_kept(&mut self, supervisor: &Value) {
        let (no, id) = self.accepted().await;
        self.clerk().does(&id, contact(&self.strings.words())).await;
        let reason = self.strings.words();
        let propose = json!({ "action": "propose_transfer", "to": supervisor, "reason": reason });
        self.clerk().does(&id, propose).await;
        let refuse = json!({ "action": "refuse_transfer", "reason": self.strings.words() });
        self.app.supervisor().does(&id, refuse).await;
        let (reply_by, text) = (in_days(5), self.strings.words());
        let ask = json!({ "action": "ask_supplement", "reply_by": reply_by, "text": text });
        self.clerk().does(&id, ask).await;
        let more = json!({ "text": self.strings.words() });
        self.notify(&no, "supplement", more).await;
    }

    async fn prolonged(&mut self) {
        let (no, id) = self.accepted().await;
        let ask = json!({ "action": "ask_extension", "reason": self.strings.words() });
        self.clerk().does(&id, ask).await;
        let granted = json!({ "granted": true, "text": self.strings.words() });
        self.notify(&no, "extension_answer", granted).await;
    }

    async fn awaiting(&mut self) {
        let (_, id) = self.accepted().await;
        self.offers(&id, 800_000).await;
        let back = json!({ "action": "send_back", "reason": self.strings.words() });
        self.app.supervisor().does(&id, back).await;
        self.offers(&id, 700_000).await;
        self.open.push(id);
    }

    async fn answered_by_link(&mut self) {
        let (_, id) = self.offered().await;
        let issued = self.clerk().does(&id, json!({ "action": "issue_link" })).await;
        let link = issued["link"].as_str().expect("the link is told once");
        let path = link.strip_prefix(self.app.url()).expect("it leads to us");
        let text = self.strings.words();
        let no = [("answer", "decline"), ("decline_text", text.as_str())];
        let page = Browser::new(self.app.url()).post(path, &no).await;
        assert_eq!(page.status, 200, "{}", page.text);
    }

    async fn haggled(&mut self) {
        let (no, id) = self.offered().await;
        let ours = self.clerk().open_offer(&id).await;
        let text = self.strings.words();
        let detail = json!({ "offer_id": ours, "terms": terms(), "text": text });
        self.notify(&no, "counter_offer", detail).await;
        let theirs = self.clerk().open_offer(&id).await;
        let reason = self.strings.words();
        let decline = json!({ "action": "decline_counter", "offer_id": theirs, "reason": reason });
        self.clerk().does(&id, decline).await;
        self.offers(&id, 25_000).await;
    }

    async fn broken_and_reopened(&mut self) {
        let (no, id) = self.settled().await;
        self.clerk().does(&id, breach(&self.strings.words())).await;
        self.offers(&id, 20_000).await;
        self.app.answer(&no, &id, true).await;
        self.performs(&id).await;
        let reason = json!({ "reason": self.strings.words() });
        self.notify(&no, "reopen", reason).await;
    }

    /// Once for good, and once overturned.
    async fn rejected(&mut self) {
        let (_, id) = self.diverted(|_, _| {}).await;
        self.clerk().does(&id, reject(&self.strings.words())).await;
        let (no, id) = self.diverted(|_, _| {}).await;
        self.clerk().does(&id, reject(&self.strings.words())).await;
        let review = json!({ "upheld": false, "text": self.strings.words() });
        self.notify(&no, "rejection_review", review).await;
    }

    /// Who speaks for the consumer the API shows to nobody; the dossier has it.
    async fn handed_back(&mut self) {
        let joint = |complaint: &mut Value, strings: &mut Strings| {
            complaint["group_size"] = json!(5);
            complaint["representatives"] = json!([strings.speaker(), strings.speaker()]);
            complaint["agent"] = strings.speaker();
            complaint["agent"]["authorisation_sha256"] = json!("5a".repeat(32));
            complaint["agent"]["powers"] = json!(["negotiate", "settle"]);
        };
        let (_, id) = self.diverted(joint).await;
        self.clerk().does(&id, accept()).await;
        self.clerk().does(&id, contact(&self.strings.words())).await;
        self.clerk().does(&id, hand_back(&self.strings.words())).await;
    }

    /// Somebody walks in and signs; the center hears of it. Gives the case, accepted.
    async fn walked_in(&mut self) -> String {
        let strings = &mut self.strings;
        let written = json!({
            "report_to_center": true,
            "consumer": strings.consumer(),
            "respondent": { "uscc": USCC, "name": NAME },
            "goods": { "kind": "clothing", "name": "羽绒服", "order_no": strings.order_no() },
            "issue": "quality",
            "requests": ["refund"],
            "facts": strings.words(),
            "consent": {
                "method": "paper",
                "wording_sha256": "ab".repeat(32),
                "purposes": ["negotiate", "report_outcome"],
                "data_categories": ["identity", "contact", "facts"],
                "recipients": [{ "kind": "merchant", "uscc": USCC, "name": NAME }],
                "given_at": now(),
                "expires_at": now().plus_millis(365 * DAY_MILLIS),
                "signature": strings.words(),
            },
        });
        let taken = self.clerk().post("/api/v1/desk-complaints", &written).await;
        let taken = taken.unwrap_or_else(|error| panic!("the desk: {error:?}"));
        let no = taken["complaint_no"].as_str().expect("it has a number").to_owned();
        self.strings.kept.push(no.clone());
        let id = self.clerk().find(&no).await;
        self.clerk().does(&id, accept()).await;
        self.people.push(Person { no, id: id.clone(), at_desk: true });
        id
    }

    async fn at_the_desk(&mut self) {
        let id = self.walked_in().await;
        self.offers(&id, 20_000).await;
        self.signs(&id, json!({ "action": "answer", "accepted": false }), "offer_id").await;
        self.offers(&id, 20_000).await;
        self.signs(&id, json!({ "action": "counter", "terms": terms() }), "answers").await;

        let id = self.walked_in().await;
        self.offers(&id, 20_000).await;
        self.signs(&id, json!({ "action": "answer", "accepted": true }), "offer_id").await;
        self.performs(&id).await;
        let (text, signature) = (self.strings.words(), self.strings.words());
        let rate = json!({ "action": "rate", "stars": 2, "text": text, "signature": signature });
        self.clerk().does(&id, rate).await;
        self.for_reason(&id, "reopen").await;

        let id = self.walked_in().await;
        self.for_reason(&id, "withdraw").await;
    }

    /// The consumer answers the open offer at the desk, in words, and signs.
    async fn signs(&mut self, id: &str, mut command: Value, offer: &str) {
        command[offer] = json!(self.clerk().open_offer(id).await);
        command["text"] = json!(self.strings.words());
        command["signature"] = json!(self.strings.words());
        self.clerk().does(id, command).await;
    }

    async fn for_reason(&mut self, id: &str, action: &str) {
        let (reason, signature) = (self.strings.words(), self.strings.words());
        let command = json!({ "action": action, "reason": reason, "signature": signature });
        self.clerk().does(id, command).await;
    }

    /// Words that nobody has heard yet: they wait to be sent until the center answers again.
    pub(super) async fn while_the_center_is_down(&mut self) {
        self.app.center().faults(Faults { unavailable_every: 1, ..Faults::default() });
        for id in &self.open {
            self.clerk().does(id, contact(&self.strings.words())).await;
        }
        let waiting = self.app.supervisor().reports("pending").await.expect("the reports list");
        assert_eq!(waiting.len(), self.open.len(), "control: they wait");
    }

    /// Everything that the merchant tells of them, its staff and the center.
    pub(super) async fn told(&mut self) -> String {
        let (clerk, mut told) = (self.clerk(), String::new());
        for Person { id, .. } in &self.people {
            let shown = clerk.does(id, reveal(&FIELDS, &self.strings.words())).await;
            let view = clerk.show(id).await.expect("the case shows");
            let history = clerk.history(id).await.expect("the history reads");
            told += &json!([shown, view, history]).to_string();
        }
        for report in self.app.center().reports() {
            told += &report.body.to_string();
        }
        told
    }

    /// What is refused is nowhere either, not even in the log of the server.
    pub(super) async fn refused(&mut self) {
        let (clerk, center) = (self.clerk(), self.app.center());
        let strings = &mut self.strings;
        let mut complaint = self.app.complaint("GCREFUSED-1");
        complaint["consumer"]["name"] = json!(strings.unkept(Strings::name));
        complaint["consumer"]["phone"] = json!(strings.unkept(Strings::words));
        assert_eq!(refusal(center.divert(&complaint).await).status, 422);
        let mut complaint = self.app.complaint("GCREFUSED-2");
        complaint["facts"] = json!(strings.unkept(Strings::words));
        complaint["consent"] = json!("e30.e30.e30");
        assert_eq!(refusal(center.divert(&complaint).await).status, 403);
        let Person { no, id, .. } = &self.people[0];
        let early = contact(&strings.unkept(Strings::words));
        assert_eq!(refusal(clerk.act(id, early).await).status, 409, "nobody has accepted it");
        // The one thing that is told at the level `debug` alone.
        let late = contact(&strings.unkept(Strings::words));
        let seen = json!(1);
        assert_eq!(refusal(clerk.act_at(&self.open[0], &seen, late).await).status, 409);
        let mut odd = accept();
        odd[strings.unkept(Strings::words).as_str()] = json!(true);
        assert_eq!(refusal(clerk.act(id, odd).await).status, 422, "no such member");
        let wrong = json!({ "text": 5, "note": strings.unkept(Strings::words) });
        assert_eq!(refusal(center.notify(no, "supplement", wrong).await).status, 422);
        let unknown = strings.unkept(Strings::complaint_no);
        assert_eq!(refusal(center.track(&unknown).await).status, 404);
        // In an address and in a query: neither is logged.
        let place = format!("/api/v1/cases/{}", strings.unkept(Strings::order_no));
        assert_eq!(refusal(clerk.text(&place).await).status, 404);
        let query = format!("/api/v1/cases?state={}", strings.unkept(Strings::order_no));
        refusal(clerk.text(&query).await);
    }
}

fn terms() -> Value {
    json!({
        "kinds": ["refund"], "refund_fen": 60_000, "damages_fen": 0, "multiple_fen": 0,
        "mental_damages_fen": 0, "perform_by": in_days(7),
    })
}
