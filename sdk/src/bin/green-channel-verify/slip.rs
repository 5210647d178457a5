//! `green-channel-verify slip`: a consumer's slip, held against a policy and, if they are at hand, the
//! merchant's public keys.

use std::process::ExitCode;

use green_channel::log::TrustPolicy;
use green_channel::protocol::KeySet;
use green_channel::slip::{Slip, SlipError, SlipProved};
use serde_json::json;

use super::{USAGE, say, unreadable};

#[derive(Default)]
struct Asked {
    slip: Option<String>,
    policy: Option<String>,
    keys: Option<String>,
    json: bool,
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => asked.json = true,
            "--policy" if asked.policy.is_none() => asked.policy = Some(arguments.next()?),
            "--keys" if asked.keys.is_none() => asked.keys = Some(arguments.next()?),
            _ if asked.slip.is_none() && !argument.starts_with('-') => asked.slip = Some(argument),
            _ => return None,
        }
    }
    Some(asked)
}

/// Checks what was named: 0 it holds, 1 it does not, 2 it cannot be read.
pub(super) fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let asked = asked(arguments);
    let Some(Asked { slip: Some(slip), policy: Some(policy), keys, json }) = asked else {
        say(USAGE);
        return ExitCode::from(2);
    };
    let policy = std::fs::read_to_string(&policy).map_err(|error| format!("{policy}：{error}"));
    let policy = policy.and_then(|text| {
        TrustPolicy::parse(&text).map_err(|error| format!("信任策略第 {} 行", error.line))
    });
    let policy = match policy {
        Ok(policy) => policy,
        Err(what) => return unreadable(&what),
    };
    let keys = keys.map(|path| {
        let bytes = std::fs::read(&path).map_err(|error| format!("{path}：{error}"))?;
        KeySet::from_jwks(&bytes).map_err(|error| format!("{path}：{error}"))
    });
    let keys = match keys.transpose() {
        Ok(keys) => keys,
        Err(what) => return unreadable(&what),
    };
    // A file that holds it, or the thing itself.
    let text = std::fs::read_to_string(&slip).unwrap_or(slip);
    match Slip::parse(&text).and_then(|slip| slip.check(&policy, keys.as_ref())) {
        Ok(proved) => {
            say(&if json { as_json(&proved) } else { as_text(&proved) });
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&refused(&error, json));
            ExitCode::FAILURE
        }
    }
}

fn as_text(proved: &SlipProved) -> String {
    let SlipProved { receipt, receipt_checked, index, head } = proved;
    let names: Vec<_> = head.witnesses.iter().map(|(name, at)| format!("{name}（{at}）")).collect();
    let names = if names.is_empty() { "无".to_owned() } else { names.join("、") };
    let signed = if *receipt_checked {
        "回执签名相符。"
    } else {
        "未给出商户公钥（--keys），回执签名未核；存证位置与检查点已核。"
    };
    format!(
        "凭条有效。\n受理单位：{}\n存证编号：{}\n收到时间：{}\n存证位置：{} 第 {} 条\n检查点：{} 条\n联署：{names}\n{signed}",
        receipt.iss,
        receipt.stream,
        receipt.received_at,
        receipt.log_origin,
        index + 1,
        head.checkpoint.size,
    )
}

fn as_json(proved: &SlipProved) -> String {
    let names = proved.head.witnesses.iter().map(|(name, _)| name.as_str());
    json!({
        "ok": true,
        "receipt": proved.receipt,
        "receipt_checked": proved.receipt_checked,
        "index": proved.index,
        "size": proved.head.checkpoint.size,
        "witnesses": names.collect::<Vec<_>>(),
    })
    .to_string()
}

fn refused(error: &SlipError, json: bool) -> String {
    if json {
        let message = error.message_zh();
        return json!({ "ok": false, "fault": error.to_string(), "message": message }).to_string();
    }
    format!("凭条无效：{}。\n详情：{error}", error.message_zh())
}
