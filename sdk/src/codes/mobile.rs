//! stub
#[derive(Clone)] pub struct Mobile(String);
#[derive(Clone)] pub struct OtherPhone(String);
#[derive(Clone)] pub enum Phone { Mobile(Mobile), Other(OtherPhone) }
#[derive(Clone,Copy,Debug,PartialEq,Eq,thiserror::Error)] #[error("phone")] pub struct PhoneError;
impl Mobile { pub fn normalized(&self)->&str{&self.0} }
impl Phone { pub fn parse(t:&str)->Result<Self,PhoneError>{ if t.len()<3 {return Err(PhoneError);} Ok(Self::Mobile(Mobile(t.to_owned()))) } pub fn masked(&self)->String{"***".into()} }
