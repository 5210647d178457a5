//! stub
#[derive(Clone)] pub struct PersonName(String);
#[derive(Clone,Copy,Debug,PartialEq,Eq,thiserror::Error)] #[error("name")] pub struct NameError;
impl PersonName { pub fn parse(t:&str)->Result<Self,NameError>{ if t.is_empty() {return Err(NameError);} Ok(Self(t.to_owned())) } pub fn masked(&self)->String{ self.0.chars().take(1).collect::<String>()+"*" } }
