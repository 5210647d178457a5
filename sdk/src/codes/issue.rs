//! 投诉问题类别: what a complaint is about. Knows nothing of goods or of what is asked for.

use super::open::code_table;

code_table! {
    /// What a complaint is about (投诉问题类别).
    ///
    /// Reports of the authorities count 17 classes; 12 of them are named in print (certainty B),
    /// three more stand in older lists, and the rest is unconfirmed: it arrives as a new value.
    pub enum Issue {
        /// B: named among the 17.
        Quality = "quality", "质量";
        /// B: named among the 17.
        FoodSafety = "food_safety", "食品安全";
        /// B: named among the 17.
        AfterSales = "after_sales", "售后服务";
        /// B: named among the 17.
        Contract = "contract", "合同";
        /// B: named among the 17.
        Price = "price", "价格";
        /// B: named among the 17.
        Advertising = "advertising", "广告";
        /// B: named among the 17.
        UnfairCompetition = "unfair_competition", "不正当竞争";
        /// B: named among the 17.
        Measurement = "measurement", "计量";
        /// B: named among the 17.
        Safety = "safety", "安全";
        /// B: named among the 17.
        Trademark = "trademark", "商标";
        /// B: named among the 17.
        PersonalRights = "personal_rights", "人身权利";
        /// B in the list of the consumer associations; C in the older 12315 list.
        FalsePublicity = "false_publicity", "虚假宣传";
        /// B in the list of the consumer associations; C in the older 12315 list.
        Counterfeit = "counterfeit", "假冒";
        /// B in the list of the consumer associations (as 人格权益); C in the older 12315 list.
        Dignity = "dignity", "人格尊严";
        /// B: named among the 17.
        Other = "other", "其他投诉问题";
    }
}
