//! stub
#[derive(Clone)] pub struct ResidentId(String);
#[derive(Clone,Copy,Debug,PartialEq,Eq,thiserror::Error)] #[error("id")] pub struct ResidentIdError;
