//! 管理操作: what was done to the house itself, each a leaf of the log.

use axum::extract::{Query, State};
use green_channel::case::Role;
use green_channel::channel::HostAct;
use serde::Deserialize;
use serde_json::Value;

use super::super::names::Names;
use super::super::pages::audit::{ActLine, ActsPage};
use super::super::pages::parts::Section;
use super::super::shell::Visitor;
use super::super::{PageResult, format, render};
use crate::app::App;
use crate::auth::Permission;
use crate::data_folder::operator;

/// How many acts one sheet shows.
const SHEET: u32 = 50;

#[derive(Deserialize)]
pub(super) struct ListParams {
    before: Option<u64>,
}

pub(super) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<ListParams>,
) -> PageResult {
    visitor.require(Permission::ReadAudit)?;
    let acts = app.engine.host_acts(params.before, SHEET).await?;
    let names = Names::load(&app).await?;
    let last = acts.last().map_or(0, |act| act.n);
    let page = ActsPage {
        shell: visitor.shell(&app, Section::Audit).await?,
        rows: acts.iter().map(|act| line(act, &names)).collect(),
        next_href: if last > 0 {
            format!("/console/audit/acts?before={last}")
        } else {
            String::new()
        },
    };
    Ok(render(&page))
}

fn line(act: &HostAct, names: &Names) -> ActLine {
    let role = Role::from_code(&act.role);
    let who = match role {
        Some(Role::System) => "系统".to_owned(),
        _ if act.actor == operator().pseudonym => "命令行".to_owned(),
        _ => names.of(act.actor),
    };
    ActLine {
        at: format::moment_full(act.at),
        who,
        role: role.map_or_else(|| act.role.clone(), |role| role.label_zh().to_owned()),
        what: what(&act.kind).to_owned(),
        facts: facts(&act.data, names),
        place: act.position.map(|at| format!("存证第 {} 号", at + 1)).unwrap_or_default(),
        proof_href: match act.position {
            Some(_) => format!("/log/proof/host/{}", act.n),
            None => String::new(),
        },
    }
}

/// The word for an act; one that is new is shown by its code.
fn what(kind: &str) -> &str {
    match kind {
        "opened" => "日志开始",
        "person_added" => "新增人员",
        "person_removed" => "删除人员",
        "person_unlocked" => "解锁人员",
        "roles_changed" => "更改岗位",
        "password_changed" => "更改密码",
        "password_reset" => "重置密码",
        "second_factor_set" => "启用两步验证",
        "second_factor_reset" => "重置两步验证",
        "sessions_ended" => "结束登录",
        "token_created" => "新建凭证",
        "token_revoked" => "作废凭证",
        "tenant_added" => "新增场内商户",
        "tenant_changed" => "更改场内商户",
        "calendar_loaded" => "载入日历",
        "looked" => "监管查阅",
        "bundle_taken" => "带走核验包",
        other => other,
    }
}

/// The facts in a line, in words: people by their names, roles by theirs.
fn facts(data: &Value, names: &Names) -> String {
    let Some(members) = data.as_object() else { return String::new() };
    let one = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| word(name, item, names));
                items.collect::<Vec<_>>().join("、")
            }
            value => word(name, value, names),
        };
        format!("{}：{text}", label(name))
    };
    members.iter().map(one).collect::<Vec<_>>().join("；")
}

fn word(name: &str, value: &Value, names: &Names) -> String {
    let Value::String(text) = value else {
        return match value {
            Value::Bool(true) => "是".to_owned(),
            Value::Bool(false) => "否".to_owned(),
            other => other.to_string(),
        };
    };
    match name {
        "person" => names.of_text(text),
        "role" | "roles" => {
            Role::from_code(text).map_or_else(|| text.clone(), |role| role.label_zh().to_owned())
        }
        "page" => page(text).to_owned(),
        _ => text.clone(),
    }
}

/// The word for a fact; one that is new is shown by its name.
fn label(name: &str) -> &str {
    match name {
        "page" => "页面",
        "stream" => "案件存证编号",
        "person" => "人员",
        "role" | "roles" => "岗位",
        "tenant" => "商户",
        "kind" => "类别",
        "status" => "状态",
        "token" => "凭证",
        "scopes" => "权限",
        "personal" => "个人凭证",
        "from" => "起",
        "to" => "止",
        "year" => "年度",
        "uscc" => "统一社会信用代码",
        other => other,
    }
}

/// The word for a page that was opened; another one is shown by its address.
fn page(route: &str) -> &str {
    match route {
        "/console" => "工作台",
        "/console/cases/{case_id}" => "案件",
        "/console/audit" => "监管查阅",
        "/console/audit/acts" => "管理操作",
        "/console/audit/figures" => "指标",
        "/console/reveals" => "查阅记录",
        "/console/log" => "存证",
        "/console/fund" => "先行赔付",
        "/console/account" => "我的账号",
        other => other,
    }
}
