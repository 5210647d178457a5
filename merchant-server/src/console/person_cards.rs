//! The people of a case: the consumer and who speaks for them, the respondent, and what was agreed
//! to.

use green_channel::case::Action;
use green_channel::channel::{CaseView, PartyView};
use green_channel::codes::visible;
use green_channel::time::Timestamp;

use super::cards::fact;
use super::case_page::Remarks;
use super::format;
use super::pages::forms::{Choice, Field, RevealForm, Select};
use super::pages::parts::{Badge, ConsentCard, ConsumerCard, Fact, Tone};

pub(super) fn respondent(view: &CaseView) -> Vec<Fact> {
    let mut facts = vec![fact("名称", view.respondent.clone())];
    if let Some(stall) = &view.stall_no {
        facts.push(fact("摊位号", stall.clone()));
    }
    facts
}

pub(super) fn consumer(view: &CaseView, remarks: &Remarks) -> ConsumerCard {
    let shown =
        |field: &str, masked: String| remarks.revealed.get(field).cloned().unwrap_or(masked);
    let given = |given: bool| if given { "已提供（未显示）" } else { "未提供" }.to_owned();
    let withheld = view.withheld.clone().unwrap_or_default();
    let facts = if withheld.is_empty() {
        vec![
            fact("姓名", shown("name", view.consumer.name.clone())),
            fact("联系电话", shown("phone", view.consumer.phone.clone())),
            fact("证件号码", shown("id_number", given(view.consumer.has_id_number))),
            fact("联系地址", shown("address", given(view.consumer.has_address))),
        ]
    } else {
        Vec::new()
    };
    let mut parties = Vec::new();
    if let Some(size) = view.group_size {
        parties.push(fact("共同投诉", format!("{size} 人")));
    }
    if withheld.is_empty() {
        parties.extend(view.parties.iter().map(party));
    }
    let choice = view.choices.iter().find(|choice| choice.action == Action::Reveal.code());
    ConsumerCard {
        facts,
        parties,
        revealed: !remarks.revealed.is_empty(),
        reveal: choice
            .is_some_and(|choice| choice.allowed && withheld.is_empty())
            .then(|| reveal(remarks)),
        why_not: choice.and_then(|choice| choice.why_not_text.clone()).unwrap_or_default(),
        withheld,
    }
}

/// One who speaks for the consumer, with what they may do.
fn party(party: &PartyView) -> Fact {
    let mut said = format!("{} {}", party.name, party.phone);
    if !party.powers.is_empty() {
        let powers: Vec<_> = party.powers.iter().map(|power| power_zh(power)).collect();
        said.push_str(&format!("，授权：{}", powers.join("、")));
    }
    if let Some(until) = party.until {
        said.push_str(&format!("，至 {}", format::full_day(until)));
    }
    fact(&party.role_label, said)
}

fn power_zh(power: &str) -> String {
    match power {
        "negotiate" => "协商".to_owned(),
        "settle" => "和解".to_owned(),
        "withdraw" => "撤诉".to_owned(),
        "receive_money" => "代收款项".to_owned(),
        other => format!("新取值：{}", visible(other)),
    }
}

fn reveal(remarks: &Remarks) -> RevealForm {
    let (typed, misfit) = (remarks.typed.as_ref(), remarks.misfit.as_ref());
    let mine = typed.filter(|typed| typed.value("action") == "reveal");
    let error = |name: &str| match (mine, misfit) {
        (Some(_), Some(misfit)) if misfit.field == name => misfit.problem.clone(),
        _ => String::new(),
    };
    let options = [
        ("name", "姓名"),
        ("phone", "联系电话"),
        ("id_number", "证件号码"),
        ("address", "联系地址"),
    ];
    let option = |(code, label): &(&str, &str)| Choice {
        code: (*code).to_owned(),
        label: (*label).to_owned(),
        chosen: mine.is_some_and(|typed| typed.values("fields").contains(code)),
    };
    RevealForm {
        open: mine.is_some(),
        fields: Select { options: options.iter().map(option).collect(), error: error("fields") },
        reason: Field {
            value: mine.map(|typed| typed.value("reason").to_owned()).unwrap_or_default(),
            error: error("reason"),
        },
    }
}

pub(super) fn consent(view: &CaseView, now: Timestamp) -> ConsentCard {
    let Some(consent) = &view.consent else {
        // A reader from whom the data are withheld does not read what was agreed to either.
        let (text, tone) = if view.withheld.is_some() {
            ("不显示", Tone::Quiet)
        } else {
            ("已撤回", Tone::Bad)
        };
        return ConsentCard { state: Badge { text: text.to_owned(), tone }, facts: Vec::new() };
    };
    let word = |code: &String| match code.as_str() {
        "negotiate" => "协商和解".to_owned(),
        "report_outcome" => "向中心回传结果".to_owned(),
        "identity" => "身份信息".to_owned(),
        "contact" => "联系方式".to_owned(),
        "facts" => "投诉事实".to_owned(),
        "evidence" => "证据材料".to_owned(),
        other => format!("新取值：{}", visible(other)),
    };
    let method = match consent.method.as_str() {
        "web" => "网页".to_owned(),
        "app" => "手机应用".to_owned(),
        "phone" => "电话".to_owned(),
        "paper" => "书面".to_owned(),
        "screen" => "现场屏幕".to_owned(),
        other => format!("新取值：{}", visible(other)),
    };
    let good = consent.expires_at > now;
    let (text, tone) = if good { ("有效", Tone::Good) } else { ("已到期", Tone::Warn) };
    let list = |codes: &[String]| codes.iter().map(word).collect::<Vec<_>>().join("、");
    let mut facts = vec![
        fact("同意用途", list(&consent.purposes)),
        fact("信息范围", list(&consent.data_categories)),
        fact("同意时间", format::moment(consent.given_at)),
        fact("同意方式", method),
        fact("有效期至", format::full_day(consent.expires_at.civil_date())),
    ];
    if let Some(assigned) = &view.assigned {
        let named = if assigned.named {
            "已写明，可向其提供"
        } else {
            "未写明，不向其提供"
        };
        facts.push(fact("责任商户", named));
    }
    ConsentCard { state: Badge { text: text.to_owned(), tone }, facts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_shown_with_powers_and_their_end() {
        let view: PartyView = serde_json::from_value(serde_json::json!({
            "role": "agent", "role_label": "委托代理人", "name": "陈*", "phone": "139****5520",
            "powers": ["negotiate", "receive_money", "sue"], "until": "2026-12-31",
        }))
        .unwrap();
        let shown = party(&view);
        assert_eq!(shown.label, "委托代理人");
        assert_eq!(
            shown.value,
            "陈* 139****5520，授权：协商、代收款项、新取值：sue，至 2026年12月31日"
        );
    }
}
