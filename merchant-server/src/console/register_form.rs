//! The form of a walk-in complaint (消费者投诉登记表): what it shows, and what it stands for when
//! it comes back. What a complaint must be is the SDK's check.

use green_channel::channel::{DeskComplaint, TenantRow};
use green_channel::codes::{Code, Goods, IdType, Issue, Open, Request, ResidentId};
use green_channel::money::Fen;
use green_channel::protocol::{Consumer, DeskConsent, GoodsInfo, Respondent};
use green_channel::tenants::{Tenant, TenantStatus};
use green_channel::time::Date;

use super::desk_consent::{AGREE_NEGOTIATE, AGREE_REPORT, AGREE_TENANT, Wording};
use super::form::{Misfit, Typed};
use super::pages::forms::{Choice, Field, Select};
use super::pages::register::RegisterForm;
use super::pages::tenants::Input;
use crate::config::Config;

/// Name, label, kind, longest, required, hint.
struct Shape(&'static str, &'static str, &'static str, u32, bool, &'static str);

const WHO: [Shape; 2] = [
    Shape("name", "姓名", "text", 64, true, ""),
    Shape("phone", "联系电话", "tel", 32, true, "手机或座机，可带分机号。"),
];
const PAPERS: [Shape; 2] = [
    Shape("id_number", "证件号码（可不填）", "text", 64, false, "属敏感个人信息，非必需不填。"),
    Shape("address", "联系地址（可不填）", "text", 300, false, ""),
];
const GOODS: [Shape; 5] = [
    Shape("goods_name", "商品或服务名称", "text", 200, true, ""),
    Shape("brand", "品牌（可不填）", "text", 200, false, ""),
    Shape("order_no", "订单号或小票号（可不填）", "text", 128, false, ""),
    Shape("purchased_on", "消费日期（可不填）", "date", 0, false, ""),
    Shape("happened_on", "争议发生日期（可不填）", "date", 0, false, ""),
];
const METHODS: [(&str, &str); 2] = [("paper", "纸质签字"), ("screen", "屏幕签字")];

/// The form with what was typed, if anything was, and what is wrong with it.
pub(super) struct Shown<'a> {
    pub(super) typed: Option<&'a Typed>,
    pub(super) misfit: Option<&'a Misfit>,
}

/// Whom it may be about: what was looked for, the shops that were found, and the chosen one.
pub(super) struct Shops<'a> {
    pub(super) found: &'a [TenantRow],
    pub(super) chosen: Option<&'a TenantRow>,
    /// Whether there are more than were found.
    pub(super) more: bool,
}

impl Shown<'_> {
    fn value(&self, name: &str) -> String {
        self.typed.map(|typed| typed.value(name).to_owned()).unwrap_or_default()
    }

    fn error(&self, name: &str) -> String {
        let misfit = self.misfit.filter(|misfit| misfit.field == name);
        misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> Field {
        Field { value: self.value(name), error: self.error(name) }
    }

    fn inputs(&self, shapes: &[Shape]) -> Vec<Input> {
        let input = |shape: &Shape| {
            let Shape(name, label, kind, max, required, hint) = *shape;
            Input { name, label, kind, hint, max, required, field: self.field(name) }
        };
        shapes.iter().map(input).collect()
    }

    fn select<'b>(
        &self,
        name: &str,
        options: impl IntoIterator<Item = (&'b str, &'b str)>,
    ) -> Select {
        let typed = self.typed.map(|typed| typed.values(name)).unwrap_or_default();
        let option = |(code, label): (&str, &str)| choice(code, label, typed.contains(&code));
        Select { options: options.into_iter().map(option).collect(), error: self.error(name) }
    }
}

fn choice(code: &str, label: &str, chosen: bool) -> Choice {
    Choice { code: code.to_owned(), label: label.to_owned(), chosen }
}

fn table<T: Code>() -> impl Iterator<Item = (&'static str, &'static str)> {
    T::ALL.iter().map(|value| (value.code(), value.label_zh()))
}

/// The form as it is shown.
pub(super) fn form(
    config: &Config,
    shown: &Shown<'_>,
    shops: &Shops<'_>,
    wording: Wording,
) -> RegisterForm {
    RegisterForm {
        who: shown.inputs(&WHO),
        id_type: shown.select("id_type", table::<IdType>()),
        papers: shown.inputs(&PAPERS),
        tenant_q: shown.value("tenant_q"),
        tenant: tenants(config, shown, shops),
        tenant_more: shops.more,
        goods: shown.inputs(&GOODS),
        goods_kind: shown.select("goods_kind", table::<Goods>()),
        issue: shown.select("issue", table::<Issue>()),
        requests: shown.select("requests", table::<Request>()),
        amount: shown.field("amount_yuan"),
        facts: shown.field("facts"),
        agree: agree(shown, shops.chosen.map(|row| &row.tenant), &wording),
        method: shown.select("method", METHODS),
        signature: shown.field("signature"),
        wording_sha256: wording.sha256,
        wording: wording.text,
    }
}

fn tenants(config: &Config, shown: &Shown<'_>, shops: &Shops<'_>) -> Select {
    let chosen = shops.chosen.map(|row| row.id);
    let own = format!("本单位（{}）", config.merchant.name);
    let mut options = vec![choice("", &own, chosen.is_none())];
    let absent = |row: &&TenantRow| shops.found.iter().all(|found| found.id != row.id);
    let rows = shops.chosen.filter(absent).into_iter().chain(shops.found);
    options.extend(rows.map(|row| {
        choice(&row.id.to_string(), &tenant_label(&row.tenant), chosen == Some(row.id))
    }));
    Select { options, error: shown.error("tenant") }
}

/// `示例童装 B1-07（已退场）`
fn tenant_label(tenant: &Tenant) -> String {
    let mut label = tenant.name.clone();
    if let Some(stall) = &tenant.stall_no {
        label.push(' ');
        label.push_str(stall);
    }
    match tenant.status {
        TenantStatus::Active => label,
        TenantStatus::Suspended | TenantStatus::Left => {
            format!("{label}（{}）", tenant.status.label_zh())
        }
    }
}

/// The boxes of the consent. A tick counts for the text that was read: under another text none is
/// kept.
fn agree(shown: &Shown<'_>, tenant: Option<&Tenant>, wording: &Wording) -> Select {
    let to_tenant = tenant.map(|tenant| format!("同意向该商户（{}）提供", tenant.name));
    let mut options =
        vec![(AGREE_NEGOTIATE, "同意协商办理（必选）"), (AGREE_REPORT, "同意将结果报送12315中心")];
    if let Some(label) = &to_tenant {
        options.push((AGREE_TENANT, label.as_str()));
    }
    let mut agree = shown.select("agree", options);
    if shown.value("wording") != wording.sha256 {
        for option in &mut agree.options {
            option.chosen = false;
        }
    }
    agree
}

/// The complaint that the form stands for.
pub(super) fn complaint(
    typed: &Typed,
    config: &Config,
    tenant: Option<&Tenant>,
    consent: DeskConsent,
    today: Date,
) -> Result<DeskComplaint, Misfit> {
    let text = |name: &str| Some(typed.value(name).to_owned()).filter(|text| !text.is_empty());
    Ok(DeskComplaint {
        report_to_center: typed.values("agree").contains(&AGREE_REPORT),
        consumer: consumer(typed)?,
        respondent: respondent(config, tenant),
        goods: GoodsInfo {
            kind: Open::Known(chosen(typed, "goods_kind")?),
            name: typed.value("goods_name").to_owned(),
            brand: text("brand"),
            order_no: text("order_no"),
            purchased_on: past_day(typed, "purchased_on", today)?,
        },
        issue: Open::Known(chosen(typed, "issue")?),
        requests: requests(typed)?,
        amount_fen: match typed.value("amount_yuan") {
            "" => None,
            yuan => Some(Fen::parse_yuan(yuan).map_err(|_| misfit("amount_yuan"))?),
        },
        facts: typed.value("facts").to_owned(),
        happened_on: past_day(typed, "happened_on", today)?,
        consent,
    })
}

fn consumer(typed: &Typed) -> Result<Consumer, Misfit> {
    let text = |name: &str| Some(typed.value(name).to_owned()).filter(|text| !text.is_empty());
    let id_number = text("id_number");
    let id_type = match (typed.value("id_type"), &id_number) {
        ("", None) => None,
        ("", Some(_)) => return Err(misfit("id_type")),
        (_, None) => return Err(misfit("id_number")),
        (_, Some(number)) => {
            let id_type: IdType = chosen(typed, "id_type")?;
            if id_type == IdType::ResidentId && ResidentId::parse(number).is_err() {
                return Err(misfit("id_number"));
            }
            Some(Open::Known(id_type))
        }
    };
    Ok(Consumer {
        name: typed.value("name").to_owned(),
        phone: typed.value("phone").to_owned(),
        id_type,
        id_number,
        address: text("address"),
    })
}

fn respondent(config: &Config, tenant: Option<&Tenant>) -> Respondent {
    match tenant {
        Some(tenant) => Respondent {
            uscc: tenant.uscc.to_string(),
            name: tenant.name.clone(),
            stall_no: tenant.stall_no.clone(),
            address: tenant.address.clone(),
        },
        None => Respondent {
            uscc: config.merchant.uscc.clone(),
            name: config.merchant.name.clone(),
            stall_no: None,
            address: None,
        },
    }
}

fn chosen<T: Code>(typed: &Typed, name: &'static str) -> Result<T, Misfit> {
    T::from_code(typed.value(name)).ok_or_else(|| misfit(name))
}

fn requests(typed: &Typed) -> Result<Vec<Open<Request>>, Misfit> {
    let codes = typed.values("requests");
    if codes.is_empty() {
        return Err(misfit("requests"));
    }
    let read = |code: &str| Request::from_code(code).ok_or_else(|| misfit("requests"));
    codes.into_iter().map(|code| read(code).map(Open::Known)).collect()
}

/// A day that is given or not, and is over or today.
fn past_day(typed: &Typed, name: &'static str, today: Date) -> Result<Option<Date>, Misfit> {
    match typed.value(name) {
        "" => Ok(None),
        text => {
            let day = text.parse::<Date>().ok().filter(|day| *day <= today);
            day.map(Some).ok_or_else(|| misfit(name))
        }
    }
}

/// What is said at a field that does not fit.
pub(super) fn misfit(field: &'static str) -> Misfit {
    Misfit { field, problem: problem_zh(field).to_owned() }
}

fn problem_zh(field: &str) -> &'static str {
    match field {
        "name" => "请填写姓名，不超过 64 字",
        "phone" => "请填写可拨打的电话：手机或座机，可带分机号",
        "id_type" => "填写了证件号码，请选择证件类型",
        "id_number" => "证件号码有误：居民身份证须为 18 位并通过校验；未填号码的不选类型",
        "address" => "联系地址不超过 300 字",
        "tenant" => "没有找到该商户或其登记资料有误，请重新查找并选用",
        "goods_name" => "请填写商品或服务名称，不超过 200 字",
        "goods_kind" => "请选择商品或服务类别",
        "brand" => "品牌不超过 200 字",
        "order_no" => "订单号不超过 128 字",
        "purchased_on" | "happened_on" => "请选择今天或以前的日期，不清楚的可不填",
        "issue" => "请选择问题类别",
        "requests" => "请至少勾选一项诉求",
        "amount_yuan" => "请填写金额（元），最多两位小数，例如 1299.00；没有的不填",
        "facts" => "请填写事实，不超过 4000 字",
        "agree" => "消费者须同意协商办理才能登记；不同意的不登记、不保存，请告知其他投诉途径",
        "method" => "请选择签字方式",
        "signature" => "请注明消费者如何签字，不超过 200 字，例如纸质同意书存放处",
        _ => "请核对后重新填写",
    }
}

/// The form's name of a field of the complaint.
pub(super) fn form_name(field: &str) -> &'static str {
    match field {
        "consumer.name" => "name",
        "consumer.phone" => "phone",
        "consumer.id_number" => "id_number",
        "consumer.address" => "address",
        "respondent.uscc" | "respondent.name" | "respondent.stall_no" | "respondent.address" => {
            "tenant"
        }
        "goods.name" => "goods_name",
        "goods.brand" => "brand",
        "goods.order_no" => "order_no",
        "requests" => "requests",
        "amount_fen" => "amount_yuan",
        "facts" => "facts",
        "consent.purposes" => "agree",
        "desk_consent.method" => "method",
        "desk_consent.signature" => "signature",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::desk_consent::{consent, wording};

    const TODAY: &str = "2026-11-26";

    fn config() -> Config {
        toml::from_str(crate::config::DEFAULT).unwrap()
    }

    fn typed(changes: &[(&str, &str)]) -> Typed {
        let mut pairs = vec![
            ("name", "林某"),
            ("phone", "13900005520"),
            ("id_type", ""),
            ("id_number", ""),
            ("goods_name", "羽绒服"),
            ("goods_kind", "clothing"),
            ("purchased_on", "2026-11-20"),
            ("issue", "quality"),
            ("requests", "refund"),
            ("requests", "apology"),
            ("amount_yuan", "1299.5"),
            ("facts", "穿了两次就钻绒。"),
            ("agree", "negotiate"),
            ("method", "paper"),
            ("signature", "同意书第1号"),
        ];
        pairs.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        pairs.extend(changes);
        Typed(pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    fn read(changes: &[(&str, &str)]) -> Result<DeskComplaint, &'static str> {
        let (config, typed) = (config(), typed(changes));
        let now = "2026-11-26T10:00:00+08:00".parse().unwrap();
        let consent = consent(&typed, &config, None, &wording(&config, None), now);
        complaint(&typed, &config, None, consent, TODAY.parse().unwrap())
            .map_err(|misfit| misfit.field)
    }

    #[test]
    fn a_form_becomes_a_complaint_about_ourselves() {
        let complaint = read(&[]).unwrap();
        assert_eq!(complaint.respondent.uscc, config().merchant.uscc);
        assert_eq!(complaint.amount_fen, Some(Fen::new(129_950)));
        assert_eq!(complaint.requests.len(), 2);
        assert_eq!(complaint.consumer.id_type, None);
        assert!(!complaint.report_to_center, "not ticked, not told");
        let told = read(&[("agree", "report")]).unwrap();
        assert!(told.report_to_center);
    }

    #[test]
    fn a_slip_of_the_pen_is_named_at_its_field() {
        for (change, field) in [
            (("id_number", "11010519491231002X"), "id_type"),
            (("id_type", "passport"), "id_number"),
            (("goods_kind", "gold"), "goods_kind"),
            (("purchased_on", "2026-11-27"), "purchased_on"),
            (("happened_on", "yesterday"), "happened_on"),
            (("issue", ""), "issue"),
            (("requests", "gold"), "requests"),
            (("amount_yuan", "1,299"), "amount_yuan"),
        ] {
            assert_eq!(read(&[change]).err(), Some(field), "{change:?}");
        }
        let wrong = [("id_type", "resident_id"), ("id_number", "110105194912310021")];
        assert_eq!(read(&wrong).err(), Some("id_number"));
    }

    #[test]
    fn ticks_do_not_outlive_the_text_they_were_given_for() {
        let config = config();
        let shops = Shops { found: &[], chosen: None, more: false };
        let ticked = |sha256: &str| {
            let typed = typed(&[("wording", sha256)]);
            let shown = Shown { typed: Some(&typed), misfit: None };
            let form = form(&config, &shown, &shops, wording(&config, None));
            form.agree.options.iter().filter(|option| option.chosen).count()
        };
        assert_eq!(ticked(&wording(&config, None).sha256), 1);
        assert_eq!(ticked("another"), 0);
        let fresh = Shown { typed: None, misfit: None };
        let form = form(&config, &fresh, &shops, wording(&config, None));
        assert!(form.agree.options.iter().all(|option| !option.chosen), "none beforehand");
    }
}
