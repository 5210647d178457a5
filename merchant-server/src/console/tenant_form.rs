//! The forms of a tenant: what they show, and what they stand for when they come back.

use green_channel::tenants::{Tenant, TenantDraft, TenantKind, TenantStatus};
use green_channel::time::Date;

use super::form::{Misfit, Typed};
use super::format;
use super::pages::forms::{Choice, Field, Select};
use super::pages::parts::Fact;
use super::pages::tenants::{Input, StandingForm, TenantForm};

/// Which of the two forms of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// 资料
    Facts,
    /// 经营状态
    Standing,
}

/// A form that was refused.
pub(super) struct Refused {
    pub(super) which: Which,
    pub(super) typed: Typed,
    pub(super) misfit: Misfit,
}

/// A field of one line, before it has a value.
struct Shape(&'static str, &'static str, &'static str, u32, bool, &'static str);

/// Name, label, kind, longest, required, hint.
const SHAPES: [Shape; 9] = [
    Shape("name", "商户名称", "text", 200, true, "与营业执照一致。"),
    Shape("uscc", "统一社会信用代码", "text", 18, true, "营业执照上的 18 位，字母大写。"),
    Shape("stall_no", "柜台或摊位号", "text", 64, false, "同一主体有多个摊位的，每个各登记一家。"),
    Shape("address", "经营地址", "text", 300, false, "可不填。"),
    Shape("contact_name", "联系人", "text", 64, true, "处理纠纷时找谁。"),
    Shape("contact_phone", "联系电话", "tel", 32, true, "只存在商户资料中，不写入存证。"),
    Shape("contract_from", "合同起始日", "date", 0, true, ""),
    Shape("contract_until", "合同终止日", "date", 0, false, "没有约定的不填。"),
    Shape("deposit_account", "保证金账户", "text", 64, false, "子账户编号等，不填金额。"),
];
const SINCE: Shape = Shape("status_since", "起始日", "date", 0, true, "从哪一天起，含当天。");

/// The tenant that the form of its facts stands for. A new one trades from the first day of its
/// contract; the status of another one is not in this form.
pub(super) fn draft(typed: &Typed, current: Option<&Tenant>) -> Result<TenantDraft, Misfit> {
    let text = |name: &str| typed.value(name).to_owned();
    let kind = TenantKind::from_code(typed.value("kind"));
    let contract_from = day(typed, "contract_from")?;
    let contract_until = match typed.value("contract_until") {
        "" => None,
        _ => Some(day(typed, "contract_until")?),
    };
    let (status, status_reason, status_since) = match current {
        Some(tenant) => (tenant.status, tenant.status_reason.clone(), tenant.status_since),
        None => (TenantStatus::Active, String::new(), contract_from),
    };
    let lines = typed.value("commitments").lines().map(str::trim);
    Ok(TenantDraft {
        uscc: text("uscc"),
        name: text("name"),
        kind: kind.ok_or_else(|| misfit("kind"))?,
        stall_no: Some(text("stall_no")),
        address: Some(text("address")),
        contact_name: text("contact_name"),
        contact_phone: text("contact_phone"),
        contract_from,
        contract_until,
        deposit_account: Some(text("deposit_account")),
        commitments: lines.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        status,
        status_reason,
        status_since,
    })
}

/// The tenant with the status that the form of its status stands for.
pub(super) fn standing(typed: &Typed, current: &Tenant) -> Result<Tenant, Misfit> {
    let status = TenantStatus::from_code(typed.value("status"));
    let reason = typed.value("status_reason").split_whitespace().collect::<Vec<_>>().join(" ");
    let tenant = Tenant {
        status: status.ok_or_else(|| misfit("status"))?,
        status_reason: reason,
        status_since: day(typed, "status_since")?,
        ..current.clone()
    };
    tenant.check().map_err(|fault| misfit(fault.field))?;
    Ok(tenant)
}

fn day(typed: &Typed, name: &'static str) -> Result<Date, Misfit> {
    typed.value(name).parse().map_err(|_| misfit(name))
}

fn misfit(field: &'static str) -> Misfit {
    Misfit { field, problem: problem_zh(field).to_owned() }
}

/// What is said at a field that does not fit.
pub(super) fn problem_zh(field: &str) -> &'static str {
    match field {
        "uscc" => "统一社会信用代码有误：须为 18 位，字母大写，请照营业执照核对",
        "name" => "请填写商户名称，不超过 200 字，不含换行和不可见字符",
        "kind" => "请选择商户类型",
        "stall_no" => "柜台或摊位号不超过 64 字，不含换行和不可见字符",
        "address" => "经营地址不超过 300 字，不含换行和不可见字符",
        "contact_name" => "请填写联系人，不超过 64 字",
        "contact_phone" => "请填写可拨打的电话：手机或座机，可带分机号",
        "contract_from" => "请选择合同起始日",
        "contract_until" => "请选择不早于合同起始日的日期，没有约定的不填",
        "deposit_account" => "保证金账户不超过 64 字，不含换行和不可见字符",
        "commitments" => "每行一条服务承诺，最多 20 条，每条不超过 64 字，不重复",
        "status" => "请选择经营状态",
        "status_reason" => "请填写原因，不超过 400 字，不含不可见字符",
        "status_since" => "请选择起始日",
        _ => "请核对后重新填写",
    }
}

/// The form of the facts: as typed when it was refused, else as they stand.
pub(super) fn facts_form(refused: Option<&Refused>, current: Option<&Tenant>) -> TenantForm {
    let refused = refused.filter(|refused| refused.which == Which::Facts);
    let stands = |name: &str| current.map(|tenant| value(tenant, name)).unwrap_or_default();
    let kinds = TenantKind::ALL.map(|kind| (kind.code(), kind.label_zh()));
    TenantForm {
        open: refused.is_some(),
        kind: select(refused, "kind", &kinds, current.map_or("", |tenant| tenant.kind.code())),
        inputs: SHAPES.iter().map(|shape| input(refused, shape, stands(shape.0))).collect(),
        commitments: field(refused, "commitments", stands("commitments")),
    }
}

/// The form of the status; a fresh one proposes today.
pub(super) fn standing_form(
    refused: Option<&Refused>,
    current: &Tenant,
    today: Date,
) -> StandingForm {
    let refused = refused.filter(|refused| refused.which == Which::Standing);
    let all = TenantStatus::ALL.map(|status| (status.code(), status.label_zh()));
    StandingForm {
        open: refused.is_some(),
        status: select(refused, "status", &all, current.status.code()),
        since: input(refused, &SINCE, today.to_string()),
        reason: field(refused, "status_reason", String::new()),
    }
}

fn field(refused: Option<&Refused>, name: &str, stands: String) -> Field {
    match refused {
        Some(refused) => {
            Field { value: refused.typed.value(name).to_owned(), error: error(Some(refused), name) }
        }
        None => Field { value: stands, error: String::new() },
    }
}

fn error(refused: Option<&Refused>, name: &str) -> String {
    let misfit = refused.map(|refused| &refused.misfit).filter(|misfit| misfit.field == name);
    misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default()
}

fn select(refused: Option<&Refused>, name: &str, all: &[(&str, &str)], stands: &str) -> Select {
    let chosen = refused.map_or(stands, |refused| refused.typed.value(name));
    let option = |(code, label): &(&str, &str)| Choice {
        code: (*code).to_owned(),
        label: (*label).to_owned(),
        chosen: *code == chosen,
    };
    Select { options: all.iter().map(option).collect(), error: error(refused, name) }
}

fn input(refused: Option<&Refused>, shape: &Shape, stands: String) -> Input {
    let Shape(name, label, kind, max, required, hint) = *shape;
    Input { name, label, kind, hint, max, required, field: field(refused, name, stands) }
}

/// A fact as the form shows it.
fn value(tenant: &Tenant, name: &str) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match name {
        "uscc" => tenant.uscc.to_string(),
        "name" => tenant.name.clone(),
        "stall_no" => text(&tenant.stall_no),
        "address" => text(&tenant.address),
        "contact_name" => tenant.contact_name.expose().to_owned(),
        "contact_phone" => tenant.contact_phone.expose().to_owned(),
        "contract_from" => tenant.contract_from.to_string(),
        "contract_until" => tenant.contract_until.map(|day| day.to_string()).unwrap_or_default(),
        "deposit_account" => text(&tenant.deposit_account),
        "commitments" => tenant.commitments.join("\n"),
        _ => String::new(),
    }
}

/// The tenant in a list of facts; its contact in clear only for those who call it.
pub(super) fn facts(tenant: &Tenant, may_call: bool) -> Vec<Fact> {
    let (name, phone) = if may_call {
        (tenant.contact_name.shown().into_owned(), tenant.contact_phone.expose().to_owned())
    } else {
        (tenant.contact_name.masked(), tenant.contact_phone.masked())
    };
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| "未填".to_owned());
    let since = format::full_day(tenant.status_since);
    let mut facts = vec![
        ("统一社会信用代码", tenant.uscc.to_string()),
        ("类型", tenant.kind.label_zh().to_owned()),
        ("柜台或摊位号", given(&tenant.stall_no)),
        ("经营地址", given(&tenant.address)),
        ("联系人", name),
        ("联系电话", phone),
        ("合同期限", contract(tenant)),
        ("保证金账户", given(&tenant.deposit_account)),
        ("经营状态", format!("{}，{since}起", tenant.status.label_zh())),
    ];
    if !tenant.status_reason.is_empty() {
        facts.push(("状态原因", tenant.status_reason.clone()));
    }
    facts.into_iter().map(|(label, value)| Fact { label: label.to_owned(), value }).collect()
}

/// `2026年1月1日至2026年12月31日`
pub(super) fn contract(tenant: &Tenant) -> String {
    let from = format::full_day(tenant.contract_from);
    match tenant.contract_until {
        Some(until) => format!("{from}至{}", format::full_day(until)),
        None => format!("{from}起"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(changes: &[(&str, &str)]) -> Typed {
        let mut pairs = vec![
            ("name", "示例童装"),
            ("uscc", "91350100M000100Y43"),
            ("kind", "market_stall"),
            ("stall_no", ""),
            ("contact_name", "林某"),
            ("contact_phone", "13900005520"),
            ("contract_from", "2026-01-01"),
            ("contract_until", ""),
            ("commitments", "7天无理由退货\r\n\r\n 先行赔付 "),
        ];
        for (name, value) in changes.iter().copied() {
            pairs.retain(|(known, _)| *known != name);
            pairs.push((name, value));
        }
        Typed(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn tenant() -> Tenant {
        draft(&typed(&[]), None).unwrap().into_tenant().unwrap()
    }

    #[test]
    fn a_form_becomes_a_tenant_that_trades_from_its_first_day() {
        let tenant = tenant();
        assert_eq!(tenant.commitments, ["7天无理由退货", "先行赔付"]);
        assert_eq!((tenant.stall_no.as_deref(), tenant.contract_until), (None, None));
        assert_eq!(
            (tenant.status, tenant.status_since),
            (TenantStatus::Active, tenant.contract_from)
        );
    }

    #[test]
    fn what_a_form_shows_comes_back_as_the_same_tenant() {
        let before = tenant();
        let shown = facts_form(None, Some(&before));
        let mut pairs: Vec<(String, String)> =
            shown.inputs.into_iter().map(|i| (i.name.to_owned(), i.field.value)).collect();
        pairs.push(("commitments".to_owned(), shown.commitments.value));
        let kind = shown.kind.options.into_iter().find(|option| option.chosen).unwrap();
        pairs.push(("kind".to_owned(), kind.code));
        let after = draft(&Typed(pairs), Some(&before)).unwrap().into_tenant().unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn a_slip_of_the_pen_is_named_at_its_field() {
        for (name, value) in [("kind", "kiosk"), ("contract_from", "x"), ("contract_until", "x")] {
            let misfit = draft(&typed(&[(name, value)]), None).err().expect("it does not fit");
            assert_eq!(misfit.field, name);
        }
        let status = |pairs: &[(&str, &str)]| {
            standing(&typed(pairs), &tenant()).err().map(|misfit| misfit.field)
        };
        let since = ("status_since", "2026-05-01");
        assert_eq!(status(&[("status", "left"), since]), Some("status_reason"));
        assert_eq!(status(&[("status", "gone"), since]), Some("status"));
        assert_eq!(status(&[("status", "active"), since]), None);
    }

    #[test]
    fn whoever_only_looks_on_does_not_see_the_contact() {
        let text = |may_call| format!("{:?}", facts(&tenant(), may_call));
        assert!(text(true).contains("13900005520") && text(true).contains("林某"));
        assert!(!text(false).contains("13900005520") && !text(false).contains("林某"));
    }
}
