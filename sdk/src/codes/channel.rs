//! 来源渠道: by which way the consumer reached the center. Knows nothing of how a case reached us.

use super::open::code_table;

code_table! {
    /// By which way the consumer reached the center (来源渠道).
    pub enum Channel {
        /// B
        Web = "web", "PC端";
        /// B
        App = "app", "手机APP";
        /// B
        WechatMiniProgram = "wechat_mini_program", "微信小程序";
        /// B
        WechatOfficialAccount = "wechat_official_account", "微信公众号";
        /// B
        AlipayMiniProgram = "alipay_mini_program", "支付宝小程序";
        /// B
        AlipayCityService = "alipay_city_service", "支付宝城市服务";
        /// B
        BaiduMiniProgram = "baidu_mini_program", "百度小程序";
        /// B
        Phone = "phone", "电话";
        /// B, also printed as 来函.
        Letter = "letter", "来信";
        /// B
        Visit = "visit", "来访";
        /// B: passed on by 12345 or another authority.
        Transferred = "transferred", "其他部门转办";
        /// B
        Email = "email", "邮箱";
    }
}
