//! The consent that a clerk captures at the desk: the wording the consumer reads, its digest, and
//! the record of what was ticked. Does not know who the consumer is.

use green_channel::hex_digest;
use green_channel::protocol::consent::{
    PURPOSE_NEGOTIATE, PURPOSE_REPORT_OUTCOME, RECIPIENT_MERCHANT, RECIPIENT_TENANT,
};
use green_channel::protocol::{DeskConsent, Recipient};
use green_channel::tenants::Tenant;
use green_channel::time::{DAY_MILLIS, Date, Timestamp};

use super::form::Typed;
use crate::config::Config;

/// The wording with places for names. Its digest is kept with every consent, so another text is
/// another digest; the releases of this file are what a digest is compared with.
const WORDING: &str = include_str!("../../assets/consent-wording.txt");
/// How long a consent holds, as the wording says.
const YEARS: i16 = 3;
const DATA_CATEGORIES: [&str; 4] = ["identity", "contact", "facts", "evidence"];

/// The boxes of the consent, sent as `agree`. Each is the consumer's own choice; none is ticked
/// beforehand (个人信息保护法 Art. 14, 23).
pub(super) const AGREE_NEGOTIATE: &str = "negotiate";
/// 报送12315中心
pub(super) const AGREE_REPORT: &str = "report";
/// 向该商户提供
pub(super) const AGREE_TENANT: &str = "tenant";

/// The wording as one consumer reads it.
pub(super) struct Wording {
    pub(super) text: String,
    /// SHA-256 of exactly this text, in hex.
    pub(super) sha256: String,
}

/// The wording of this merchant, naming the shop that the data may be given to.
pub(super) fn wording(config: &Config, tenant: Option<&Tenant>) -> Wording {
    let merchant = &config.merchant;
    let text = WORDING
        .trim_end()
        .replace("{years}", &config.rules.retention_years.to_string())
        .replace("{uscc}", &merchant.uscc)
        .replace("{merchant}", &merchant.name)
        .replace("{tenant}", &tenant_line(tenant));
    Wording { sha256: hex_digest(text.as_bytes()), text }
}

fn tenant_line(tenant: Option<&Tenant>) -> String {
    let Some(tenant) = tenant else {
        return "（三）本次投诉不向场内商户提供您的个人信息。".to_owned();
    };
    let place = tenant.stall_no.as_ref().map(|stall| format!("，摊位号：{stall}"));
    format!(
        "（三）场内商户{}（统一社会信用代码：{}{}；可经本单位服务台联系）：\
         仅在您单独勾选“同意向该商户提供”时，提供您的姓名、联系方式和投诉内容，\
         供其核实和协商；不勾选则该商户不能看到您的姓名、电话、证件号码和地址。",
        tenant.name,
        tenant.uscc,
        place.unwrap_or_default(),
    )
}

/// The consent that the ticked boxes stand for.
pub(super) fn consent(
    typed: &Typed,
    config: &Config,
    tenant: Option<&Tenant>,
    wording: &Wording,
    now: Timestamp,
) -> DeskConsent {
    let agreed = typed.values("agree");
    let purposes = [(AGREE_NEGOTIATE, PURPOSE_NEGOTIATE), (AGREE_REPORT, PURPOSE_REPORT_OUTCOME)];
    let purposes = purposes.into_iter().filter(|(agree, _)| agreed.contains(agree));
    let merchant = &config.merchant;
    let mut recipients = vec![recipient(RECIPIENT_MERCHANT, &merchant.uscc, &merchant.name)];
    if let Some(tenant) = tenant.filter(|_| agreed.contains(&AGREE_TENANT)) {
        recipients.push(recipient(RECIPIENT_TENANT, tenant.uscc.as_str(), &tenant.name));
    }
    DeskConsent {
        method: typed.value("method").to_owned(),
        wording_sha256: wording.sha256.clone(),
        purposes: purposes.map(|(_, purpose)| purpose.to_owned()).collect(),
        data_categories: DATA_CATEGORIES.map(str::to_owned).to_vec(),
        recipients,
        given_at: now,
        expires_at: expires(now),
        signature: typed.value("signature").to_owned(),
    }
}

fn recipient(kind: &str, uscc: &str, name: &str) -> Recipient {
    Recipient { kind: kind.to_owned(), uscc: Some(uscc.to_owned()), name: Some(name.to_owned()) }
}

/// The end of the same day three years later.
fn expires(now: Timestamp) -> Timestamp {
    let today = now.civil_date();
    let year = today.year() + YEARS;
    // No 29 February comes again after three years.
    let day =
        Date::new(year, today.month(), today.day()).or_else(|_| Date::new(year, today.month(), 28));
    day.map_or_else(|_| now.plus_millis(i64::from(YEARS) * 365 * DAY_MILLIS), Timestamp::end_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use green_channel::tenants::TenantDraft;

    fn config() -> Config {
        let mut config: Config = toml::from_str(crate::config::DEFAULT).unwrap();
        config.merchant.uscc = "91000000000000000K".to_owned();
        config.merchant.name = "示例商场".to_owned();
        config
    }

    fn tenant() -> Tenant {
        let draft: TenantDraft = serde_json::from_str(
            r#"{"uscc":"91350100M000100Y43","name":"示例童装","kind":"mall_shop","stall_no":"B1-07",
                "contact_name":"林某","contact_phone":"13900005520","contract_from":"2026-01-01",
                "status":"active","status_since":"2026-01-01"}"#,
        )
        .unwrap();
        draft.into_tenant().unwrap()
    }

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_wording_names_everybody_and_leaves_no_place_open() {
        let (config, tenant) = (config(), tenant());
        let alone = wording(&config, None);
        let shared = wording(&config, Some(&tenant));
        for text in [&alone.text, &shared.text] {
            assert!(text.contains("示例商场（统一社会信用代码：91000000000000000K）"));
            assert!(!text.contains(['{', '}']), "{text}");
        }
        assert!(alone.text.contains("不向场内商户提供"));
        assert!(shared.text.contains("示例童装（统一社会信用代码：91350100M000100Y43"));
        assert!(shared.text.contains("摊位号：B1-07；"));
        assert!(!shared.text.contains("13900005520"), "nor the shop's contact");
        assert_eq!(shared.sha256, hex_digest(shared.text.as_bytes()));
        assert_ne!(shared.sha256, alone.sha256);
    }

    #[test]
    fn only_what_is_ticked_is_agreed() {
        let (config, tenant) = (config(), tenant());
        let now: Timestamp = "2026-11-26T10:00:00+08:00".parse().unwrap();
        let given = |pairs: &[(&str, &str)], tenant: Option<&Tenant>| {
            consent(&typed(pairs), &config, tenant, &wording(&config, tenant), now)
        };
        let nothing = given(&[], Some(&tenant));
        assert!(nothing.purposes.is_empty());
        assert_eq!(nothing.recipients.len(), 1, "the shop is named by its own box alone");
        let all = [("agree", "negotiate"), ("agree", "report"), ("agree", "tenant")];
        let whole = given(&all, Some(&tenant));
        assert_eq!(whole.purposes, [PURPOSE_NEGOTIATE, PURPOSE_REPORT_OUTCOME]);
        assert_eq!(whole.recipients[1].uscc.as_deref(), Some("91350100M000100Y43"));
        assert_eq!(given(&all, None).recipients.len(), 1, "no shop, no recipient");
        assert_eq!(whole.expires_at, Timestamp::end_of("2029-11-26".parse().unwrap()));
    }

    #[test]
    fn a_consent_of_the_leap_day_ends_with_february() {
        let now: Timestamp = "2028-02-29T10:00:00+08:00".parse().unwrap();
        assert_eq!(expires(now), Timestamp::end_of("2031-02-28".parse().unwrap()));
    }
}
