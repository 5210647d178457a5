//! 个人信息查阅记录: who looked at which fields of whom, and when. Why, is among the words of the
//! case and goes with them.

use axum::extract::{Query, State};
use green_channel::channel::RevealEntry;
use green_channel::codes::visible;
use serde::Deserialize;

use super::names::Names;
use super::pages::parts::Section;
use super::pages::reveals::{RevealLine, RevealsPage};
use super::shell::Visitor;
use super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::Permission;

const PATH: &str = "/console/reveals";
/// How many looks one sheet shows.
const SHEET: usize = 50;
/// One more than a sheet tells whether there is another.
const READ: u32 = 51;

#[derive(Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    after: String,
}

pub(super) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<ListParams>,
) -> PageResult {
    visitor.require(Permission::ReadReveals)?;
    let mut entries = app.engine.reveals(&params.after, READ).await?;
    let more = entries.len() > SHEET;
    entries.truncate(SHEET);
    let next = entries.last().filter(|_| more);
    let next_href = next.map(|last| format!("{PATH}?after={}", last.place)).unwrap_or_default();
    let names = Names::load(&app).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in &entries {
        rows.push(line(&app, &names, entry).await?);
    }
    let page = RevealsPage {
        shell: visitor.shell(&app, Section::Reveals).await?,
        shown: format!("本页 {} 条", rows.len()),
        next_href,
        first_href: if params.after.is_empty() { String::new() } else { PATH.to_owned() },
        rows,
    };
    Ok(render(&page))
}

async fn line(app: &App, names: &Names, entry: &RevealEntry) -> Result<RevealLine, Trouble> {
    let numbered = app.engine.summary(entry.case_id).await?;
    let fields: Vec<String> = entry.fields.iter().map(|field| field_zh(field)).collect();
    Ok(RevealLine {
        at: format!("{}年{}", entry.at.civil_date().year(), format::moment(entry.at)),
        who: names.of(entry.actor),
        role: entry.role.label_zh().to_owned(),
        fields: fields.join("、"),
        complaint_no: numbered.complaint_no.unwrap_or_else(|| "（已删除）".to_owned()),
        case_href: format!("/console/cases/{}", entry.case_id),
    })
}

/// A field of the consumer by its word on the case page.
fn field_zh(field: &str) -> String {
    match field {
        "name" => "姓名".to_owned(),
        "phone" => "联系电话".to_owned(),
        "id_number" => "证件号码".to_owned(),
        "address" => "联系地址".to_owned(),
        other => format!("新取值：{}", visible(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::field_zh;

    #[test]
    fn a_field_has_its_word_and_a_new_one_is_still_told() {
        assert_eq!(field_zh("id_number"), "证件号码");
        assert_eq!(field_zh("email"), "新取值：email");
    }
}
