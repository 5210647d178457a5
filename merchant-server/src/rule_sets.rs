//! The rule sets an operator wrote: `rules/*.json` in the data folder, beside those that are
//! shipped; which of them new cases are bound to, and how a set reads in Chinese. What a rule does
//! is the case's business.

use std::path::Path;

use clap::Subcommand;
use green_channel::case::{ClockRule, ClockUnit, LadderStep, RuleSet};

use crate::calendars::json_files;
use crate::cli::{CliError, DataArgs};
use crate::config::Config;
use crate::logging::say;

/// The folder's name in the data folder.
const FOLDER: &str = "rules";
const ID_BYTES_MAX: usize = 64;

/// `rules …`.
#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    /// 列出规则集：内置的与自定的，注明新案件适用哪一个
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// 说明一个规则集：时限、延长、暂停、提醒，各项依据的把握程度，来源与有效期
    Show {
        #[command(flatten)]
        data: DataArgs,
        /// 规则集的名称，如 odr-2026
        id: String,
    },
}

impl RulesCommand {
    /// Runs what was asked for.
    pub(crate) fn run(self) -> Result<(), CliError> {
        match self {
            Self::List { data } => list(&data.data),
            Self::Show { data, id } => show(&data.data, &id),
        }
    }
}

/// The rule sets of a data folder, shipped ones left out.
#[derive(Debug)]
pub(crate) struct RuleSets {
    own: Vec<RuleSet>,
}

impl RuleSets {
    /// Reads the rule sets of a data folder.
    pub(crate) fn read(data: &Path) -> Result<Self, CliError> {
        let mut own: Vec<RuleSet> = Vec::new();
        for path in json_files(&data.join(FOLDER))? {
            let set = set_of(&path)?;
            let (file, id) = (path.display(), &set.id);
            // A copy of a shipped one says nothing new.
            if RuleSet::named(id).is_ok_and(|shipped| shipped == set) {
                continue;
            }
            // Cases are bound by name; and a later release may ship the next of the family.
            if RuleSet::current(set.family()).is_ok() {
                let problem = "是内置规则集的名称或其系列，而内容不同；请换一个名称";
                return Err(format!("规则集文件 {file}：{id} {problem}").into());
            }
            if own.iter().any(|other| other.id == set.id) {
                let problem = "在多个文件中出现，请改名或移走其一";
                return Err(format!("规则集文件 {file}：{id} {problem}").into());
            }
            own.push(set);
        }
        Ok(Self { own })
    }

    /// The set that the configuration names: an operator's by its name, a shipped one by its name,
    /// or the newest of a shipped family.
    pub(crate) fn chosen(&self, name: &str) -> Result<RuleSet, CliError> {
        if let Some(own) = self.own.iter().find(|set| set.id == name) {
            return Ok(own.clone());
        }
        RuleSet::current(name).map_err(|_| {
            let known: Vec<String> = self.all().into_iter().map(|set| set.id).collect();
            format!("没有名为 {name} 的规则集，可用：{}", known.join("、")).into()
        })
    }

    /// The operator's sets but for this one: older cases may be bound to them.
    pub(crate) fn besides(self, chosen: &RuleSet) -> Vec<RuleSet> {
        self.own.into_iter().filter(|set| set.id != chosen.id).collect()
    }

    /// All of them, the shipped ones first.
    fn all(&self) -> Vec<RuleSet> {
        let mut all = RuleSet::shipped();
        all.extend(self.own.iter().cloned());
        all
    }
}

/// The files of the operator's rule sets, for an auditor: those that are shipped are not among them.
pub(crate) fn own_files(data: &Path) -> Result<Vec<String>, CliError> {
    let own = RuleSets::read(data)?.own;
    let mut files = Vec::new();
    for path in json_files(&data.join(FOLDER))? {
        let set = set_of(&path)?;
        if own.iter().any(|one| one.id == set.id) {
            files.push(std::fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

fn set_of(path: &Path) -> Result<RuleSet, CliError> {
    let file = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("读不到规则集文件 {file}：{error}"))?;
    let set = RuleSet::from_json(&text)
        .map_err(|error| format!("规则集文件 {file} 有误：{error}。请改正或移走该文件"))?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !(1..=ID_BYTES_MAX).contains(&set.id.len()) || !set.id.bytes().all(is_plain) {
        let problem = "名称 id 须为 1 至 64 个字母、数字或 - _ .";
        return Err(format!("规则集文件 {file} 有误：{problem}").into());
    }
    Ok(set)
}

fn list(data: &Path) -> Result<(), CliError> {
    let sets = RuleSets::read(data)?;
    let chosen = sets.chosen(&Config::load(data)?.rules.set)?;
    for set in sets.all() {
        let from = if sets.own.contains(&set) { "自定" } else { "内置" };
        let mark = if set.id == chosen.id { "\t新案件适用" } else { "" };
        say(&format!("{}\t{from}\t{}{mark}", set.id, set.title));
    }
    Ok(())
}

fn show(data: &Path, id: &str) -> Result<(), CliError> {
    let sets = RuleSets::read(data)?;
    // The first revision has the name of its family.
    let exact = sets.all().into_iter().find(|set| set.id == id);
    let set = exact.map_or_else(|| sets.chosen(id), Ok)?;
    for line in lines_zh(&set) {
        say(&line);
    }
    let meant = sets.chosen(id)?;
    if meant.id != set.id {
        say(&format!("[注意] 配置中写 {id}，指的是其最新修订 {}", meant.id));
    }
    Ok(())
}

/// What of a set no source confirms, for the operator to find out.
pub(crate) fn unconfirmed_zh(set: &RuleSet) -> Vec<String> {
    let is_open = |certainty: &str| matches!(certainty, "C" | "U");
    let mut open = Vec::new();
    for rule in set.clocks.iter().filter(|rule| is_open(&rule.certainty)) {
        open.push(format!("{}时限（{}）", rule.kind.label_zh(), rule.certainty));
    }
    for rule in set.extensions.iter().filter(|rule| is_open(&rule.certainty)) {
        open.push(format!("{}延长（{}）", rule.clock.label_zh(), rule.certainty));
    }
    for rule in set.pauses.iter().filter(|rule| is_open(&rule.certainty)) {
        open.push(format!("{}暂停计时（{}）", rule.on.label_zh(), rule.certainty));
    }
    if let Some(rule) = set.answers.as_ref().filter(|rule| is_open(&rule.certainty)) {
        open.push(format!("方案答复期上限（{}）", rule.certainty));
    }
    if let Some(rule) = set.unreachable.as_ref().filter(|rule| is_open(&rule.certainty)) {
        open.push(format!("联系不上的认定（{}）", rule.certainty));
    }
    open
}

/// A set in words: one line a rule.
fn lines_zh(set: &RuleSet) -> Vec<String> {
    let until =
        set.valid_until.map_or("，无截止日".to_owned(), |day| format!("，至 {day} 止"));
    let mut lines = vec![
        format!("规则集：{}", set.id),
        format!("名称：{}", set.title),
        format!("来源：{}", set.source),
        format!("有效期：{} 起{until}", set.valid_from),
    ];
    lines.extend(set.clocks.iter().map(clock_zh));
    for rule in &set.extensions {
        let unit = set.clock(rule.clock).map_or("个单位", |clock| unit_zh(clock.unit));
        lines.push(format!(
            "{}可延长：每次 {} {unit}，最多 {} 次，由{}准予{}",
            rule.clock.label_zh(),
            rule.length,
            rule.times,
            rule.granted_by.label_zh(),
            mark_zh(&rule.certainty)
        ));
    }
    for rule in &set.pauses {
        let clocks: Vec<&str> = rule.clocks.iter().map(|clock| clock.label_zh()).collect();
        let (on, mark) = (rule.on.label_zh(), mark_zh(&rule.certainty));
        let (clocks, times, days) = (clocks.join("、"), rule.times, rule.days);
        let bounds = format!("每个时限至多 {times} 次，每次至多 {days} 天");
        lines.push(format!("{on}：暂停计算{clocks}时限，{bounds}{mark}"));
    }
    if let Some(rule) = &set.answers {
        let mark = mark_zh(&rule.certainty);
        lines.push(format!("方案答复期：至多 {} 天{mark}", rule.days));
    }
    if let Some(rule) = &set.unreachable {
        let mark = mark_zh(&rule.certainty);
        let (attempts, days) = (rule.attempts, rule.days);
        let what = format!("{days} 个不同日期、共 {attempts} 次未果后可认定");
        lines.push(format!("联系不上：{what}{mark}"));
    }
    lines.extend(set.ladder.iter().map(step_zh));
    lines
}

fn clock_zh(rule: &ClockRule) -> String {
    format!(
        "{}：{} {}，自{}起算，到期{}{}",
        rule.kind.label_zh(),
        rule.length,
        unit_zh(rule.unit),
        rule.start.label_zh(),
        rule.on_expiry.label_zh(),
        mark_zh(&rule.certainty)
    )
}

fn step_zh(step: &LadderStep) -> String {
    let (clock, to) = (step.clock.label_zh(), step.to.label_zh());
    match step.hours {
        0 => format!("提醒：{clock}到期时，告知{to}"),
        hours => format!("提醒：{clock}{} {hours} 小时，告知{to}", step.when.label_zh()),
    }
}

const fn unit_zh(unit: ClockUnit) -> &'static str {
    match unit {
        ClockUnit::WorkingDays => "个工作日",
        ClockUnit::CalendarDays => "个自然日",
        ClockUnit::Hours => "小时",
        ClockUnit::NamedDay => "（指定日期）",
    }
}

/// How sure a rule is, in the words of the glossary.
fn mark_zh(certainty: &str) -> String {
    let words = match certainty {
        "A" => "已核对法规或通知原文",
        "B" => "主管部门或主流媒体公布",
        "C" => "只有单一来源，待确认",
        "U" => "未见明文，本系统默认值，待确认",
        _unknown => "把握程度不明，待确认",
    };
    format!("〔{certainty}：{words}〕")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    /// A shipped set under a name of the operator's, with one more day to settle.
    fn own(id: &str) -> RuleSet {
        let mut set = RuleSet::current("odr-2026").unwrap();
        id.clone_into(&mut set.id);
        for rule in &mut set.clocks {
            rule.length += 1;
        }
        set
    }

    fn put(scratch: &Scratch, name: &str, set: &RuleSet) {
        put_text(scratch, name, &serde_json::to_string(set).unwrap());
    }

    fn put_text(scratch: &Scratch, name: &str, text: &str) {
        let folder = scratch.path().join(FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }

    fn refused(scratch: &Scratch) -> String {
        RuleSets::read(scratch.path()).unwrap_err().to_string()
    }

    #[test]
    fn a_family_means_its_newest_revision_and_an_operators_set_its_own_name() {
        let scratch = Scratch::new("rules-chosen");
        put(&scratch, "mall.json", &own("mall-2026"));
        put(&scratch, "older.json", &own("mall-2025"));
        let sets = RuleSets::read(scratch.path()).unwrap();
        let newest = RuleSet::current("odr-2026").unwrap();
        assert_eq!(sets.chosen("odr-2026").unwrap(), newest);
        assert_eq!(sets.chosen(&newest.id).unwrap(), newest);
        let chosen = sets.chosen("mall-2026").unwrap();
        assert_eq!(chosen, own("mall-2026"));
        let error = sets.chosen("nope").unwrap_err().to_string();
        assert!(error.contains("nope") && error.contains("mall-2025"), "{error}");
        assert_eq!(sets.besides(&chosen), [own("mall-2025")]);
    }

    #[test]
    fn a_shipped_name_with_other_content_is_refused_and_a_copy_is_not() {
        let scratch = Scratch::new("rules-shadow");
        put(&scratch, "copy.json", &RuleSet::named("odr-2026").unwrap());
        assert!(RuleSets::read(scratch.path()).unwrap().own.is_empty());
        for id in ["odr-2026", "odr-2026.9"] {
            put(&scratch, "mine.json", &own(id));
            let error = refused(&scratch);
            assert!(error.contains("mine.json") && error.contains("换一个名称"), "{error}");
        }
    }

    #[test]
    fn a_file_that_does_not_fit_is_named_with_its_remedy() {
        let scratch = Scratch::new("rules-bad");
        put(&scratch, "a.json", &own("mall-2026"));
        put(&scratch, "b.json", &own("mall-2026"));
        assert!(refused(&scratch).contains("多个文件"));
        put(&scratch, "b.json", &own("two words"));
        assert!(refused(&scratch).contains("b.json"));
        put_text(&scratch, "b.json", "{");
        let error = refused(&scratch);
        assert!(error.contains("b.json") && error.contains("请改正"), "{error}");
    }

    #[test]
    fn every_shipped_set_reads_in_words_and_says_what_is_unconfirmed() {
        for set in RuleSet::shipped() {
            let text = lines_zh(&set).join("\n");
            for rule in &set.clocks {
                assert!(text.contains(rule.kind.label_zh()), "{}: {text}", set.id);
                assert!(!text.contains("不明"), "{}: {text}", set.id);
            }
        }
        let set = RuleSet::named("odr-2026").unwrap();
        assert_eq!(unconfirmed_zh(&set), ["首问响应时限（U）"]);
        let settle = lines_zh(&set).into_iter().find(|line| line.starts_with("协商和解"));
        let settle = settle.unwrap();
        assert!(settle.contains("10 个工作日") && settle.contains("〔B"), "{settle}");
    }
}
