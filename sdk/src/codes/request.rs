//! 诉求: what the consumer asks for. Knows nothing of what is offered or granted.

use super::open::code_table;

code_table! {
    /// What the consumer asks for (诉求).
    ///
    /// The first seven are the menu of 消费者权益保护法 Art. 52, which is also printed on the
    /// complaint form (certainty A).
    pub enum Request {
        /// A: Art. 52.
        Repair = "repair", "修理";
        /// A: Art. 52.
        Redo = "redo", "重作";
        /// A: Art. 52.
        Exchange = "exchange", "更换";
        /// A: Art. 52.
        ReturnGoods = "return_goods", "退货";
        /// A: Art. 52.
        MakeUpQuantity = "make_up_quantity", "补足商品数量";
        /// A: Art. 52.
        Refund = "refund", "退还货款和服务费用";
        /// A: Art. 52.
        Damages = "damages", "赔偿损失";
        /// A: Art. 55 of the same law, 食品安全法 Art. 148.
        StatutoryMultiple = "statutory_multiple", "加倍赔偿";
        /// A: Art. 50 of the same law.
        Apology = "apology", "赔礼道歉";
    }
}
