//! 行政区划: provinces and the six-digit codes of GB/T 2260. Knows no county, and so nothing of
//! the many that were merged, renamed or dissolved while numbers made with them live on.

use std::fmt;

use super::open::code_table;

code_table! {
    /// A unit of the first level; its code is the first two digits of GB/T 2260.
    pub enum Province {
        /// 北京
        Beijing = "11", "北京市";
        /// 天津
        Tianjin = "12", "天津市";
        /// 河北
        Hebei = "13", "河北省";
        /// 山西
        Shanxi = "14", "山西省";
        /// 内蒙古
        InnerMongolia = "15", "内蒙古自治区";
        /// 辽宁
        Liaoning = "21", "辽宁省";
        /// 吉林
        Jilin = "22", "吉林省";
        /// 黑龙江
        Heilongjiang = "23", "黑龙江省";
        /// 上海
        Shanghai = "31", "上海市";
        /// 江苏
        Jiangsu = "32", "江苏省";
        /// 浙江
        Zhejiang = "33", "浙江省";
        /// 安徽
        Anhui = "34", "安徽省";
        /// 福建
        Fujian = "35", "福建省";
        /// 江西
        Jiangxi = "36", "江西省";
        /// 山东
        Shandong = "37", "山东省";
        /// 河南
        Henan = "41", "河南省";
        /// 湖北
        Hubei = "42", "湖北省";
        /// 湖南
        Hunan = "43", "湖南省";
        /// 广东
        Guangdong = "44", "广东省";
        /// 广西
        Guangxi = "45", "广西壮族自治区";
        /// 海南
        Hainan = "46", "海南省";
        /// 重庆
        Chongqing = "50", "重庆市";
        /// 四川
        Sichuan = "51", "四川省";
        /// 贵州
        Guizhou = "52", "贵州省";
        /// 云南
        Yunnan = "53", "云南省";
        /// 西藏
        Tibet = "54", "西藏自治区";
        /// 陕西
        Shaanxi = "61", "陕西省";
        /// 甘肃
        Gansu = "62", "甘肃省";
        /// 青海
        Qinghai = "63", "青海省";
        /// 宁夏
        Ningxia = "64", "宁夏回族自治区";
        /// 新疆
        Xinjiang = "65", "新疆维吾尔自治区";
        /// 台湾
        Taiwan = "71", "台湾省";
        /// 香港
        HongKong = "81", "香港特别行政区";
        /// 澳门
        Macau = "82", "澳门特别行政区";
    }
}

/// A six-digit region code (行政区划代码). Whether its county exists is not asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(u32);

impl Region {
    /// Reads six ASCII digits.
    ///
    /// # Errors
    /// Anything else. An unknown province is no error: see [`Region::province`].
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RegionError);
        }
        text.parse().map(Self).map_err(|_| RegionError)
    }

    /// The province, when the first two digits name one.
    #[must_use]
    pub fn province(self) -> Option<Province> {
        let code = format!("{:02}", self.0 / 10_000);
        Province::ALL.iter().copied().find(|province| province.code() == code)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({self})")
    }
}

/// The text is no region code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region code of six digits, like 110105")]
pub struct RegionError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_34_units_of_the_first_level() {
        assert_eq!(Province::ALL.len(), 34);
    }

    #[test]
    fn an_unknown_province_is_said_and_not_refused() {
        assert_eq!(Region::parse("110105").unwrap().province(), Some(Province::Beijing));
        assert_eq!(Region::parse("820000").unwrap().province(), Some(Province::Macau));
        for code in ["000000", "160000", "990000", "083000"] {
            let region = Region::parse(code).unwrap();
            assert_eq!(region.province(), None, "{code}");
            assert_eq!(region.to_string(), code);
        }
    }

    #[test]
    fn only_six_ascii_digits_are_a_region() {
        for bad in ["", "11010", "1101055", "11010X", "１１０", "+11010", " 11010"] {
            assert_eq!(Region::parse(bad), Err(RegionError), "{bad}");
        }
    }
}
