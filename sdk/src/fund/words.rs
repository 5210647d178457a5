//! Amounts in words (人民币大写), as vouchers and receipts carry them: 支付结算办法 (银发〔1997〕393号)
//! 附件一, 正确填写票据和结算凭证的基本规定.

use crate::money::Fen;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
/// What has a name of its own, the largest first.
const GROUPS: [(u64, &str); 2] = [(100_000_000, "亿"), (10_000, "万")];

/// The amount in words, beginning with 人民币; below zero with 负 before the digits.
///
/// ```
/// use green_channel::fund::rmb_words;
/// use green_channel::money::Fen;
/// assert_eq!(rmb_words(Fen::new(140_950)), "人民币壹仟肆佰零玖元伍角");
/// assert_eq!(rmb_words(Fen::new(10_000)), "人民币壹佰元整");
/// ```
#[must_use]
pub fn rmb_words(amount: Fen) -> String {
    let fen = amount.as_fen().unsigned_abs();
    let sign = if amount < Fen::ZERO { "负" } else { "" };
    let (yuan, jiao, cents) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = format!("人民币{sign}");
    if yuan > 0 || fen == 0 {
        text.push_str(&whole(yuan));
        text.push('元');
    }
    if jiao == 0 && cents == 0 {
        text.push('整');
        return text;
    }
    if jiao > 0 {
        text.push_str(digit(jiao));
        text.push('角');
    } else if yuan > 0 {
        text.push('零');
    }
    if cents > 0 {
        text.push_str(digit(cents));
        text.push('分');
    }
    text
}

fn digit(n: u64) -> &'static str {
    usize::try_from(n).ok().and_then(|n| DIGITS.get(n)).copied().unwrap_or_default()
}

/// A whole number of yuan: what stands before 亿 or 万 is such a number itself.
fn whole(yuan: u64) -> String {
    for (power, name) in GROUPS {
        if yuan < power {
            continue;
        }
        let (high, low) = (yuan / power, yuan % power);
        let mut text = whole(high);
        text.push_str(name);
        if low > 0 {
            // A gap is told by one 零.
            if low < power / 10 {
                text.push_str(DIGITS[0]);
            }
            text.push_str(&whole(low));
        }
        return text;
    }
    if yuan == 0 { DIGITS[0].to_owned() } else { four(yuan) }
}

/// Up to four digits, without what stands before the first.
fn four(group: u64) -> String {
    let mut text = String::new();
    let mut gap = false;
    for (place, unit) in PLACES.iter().enumerate().rev() {
        let power = 10_u64.pow(u32::try_from(place).unwrap_or(0));
        let n = group / power % 10;
        if n == 0 {
            gap = gap || !text.is_empty();
            continue;
        }
        if gap {
            text.push_str(DIGITS[0]);
        }
        text.push_str(digit(n));
        text.push_str(unit);
        gap = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The regulation's own examples, and the edges. Where it lets 零 stand or not, we write what most
    /// of the libraries do that we are held against (`tests/oracles/money`): none after a 0 in the
    /// place of 元, 万 or 亿 (壹拾万柒仟元伍角叁分), one where there are no ten thousands at all.
    #[test]
    fn amounts_are_written_as_the_regulation_writes_them() {
        for (fen, words) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角"),
            (11, "壹角壹分"),
            (100, "壹元整"),
            (101, "壹元零壹分"),
            (110, "壹元壹角"),
            (1_000, "壹拾元整"),
            (140_950, "壹仟肆佰零玖元伍角"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (10_000_000, "壹拾万元整"),
            (10_000_100, "壹拾万零壹元整"),
            (100_000_000_000, "壹拾亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (350_000_600_300, "叁拾伍亿零陆仟零叁元整"),
            (300_000_900_000, "叁拾亿零玖仟元整"),
            (100_000_000_000_000, "壹万亿元整"),
            (100_010_000_000_000, "壹万零壹亿元整"),
            (9_007_199_254_740_991, "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分"),
            (-5_000, "负伍拾元整"),
        ] {
            let written = rmb_words(Fen::new(fen));
            assert_eq!(written.strip_prefix("人民币"), Some(words), "{fen}");
        }
    }
}
