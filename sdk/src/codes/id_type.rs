//! 证件类型: which document the consumer identified with. Knows nothing of its number.

use super::open::code_table;

code_table! {
    /// Which document the consumer identified with (证件类型).
    ///
    /// The form names the field and no table (certainty C); the values are ours.
    pub enum IdType {
        /// Its number is a [`ResidentId`](super::ResidentId).
        ResidentId = "resident_id", "居民身份证";
        /// A passport of any country.
        Passport = "passport", "护照";
        /// Any other document.
        Other = "other", "其他证件";
    }
}
