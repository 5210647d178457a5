//! stub
#[derive(Clone)] pub struct Uscc(String);
#[derive(Clone,Copy,Debug,PartialEq,Eq,thiserror::Error)] #[error("uscc")] pub struct UsccError;
impl Uscc { pub fn parse(t:&str)->Result<Self,UsccError>{ if t.len()!=18 {return Err(UsccError);} Ok(Self(t.to_owned())) } }
