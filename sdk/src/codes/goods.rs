//! 客体类别: what was bought. Knows nothing of brands, prices or sellers.

use super::open::code_table;

code_table! {
    /// What was bought (商品或服务类别).
    ///
    /// Reports count 37 classes of goods; these names are printed (certainty B), the others and all
    /// national codes are unconfirmed. Broad and narrow classes stand beside each other, as printed.
    pub enum Goods {
        /// B
        Food = "food", "食品";
        /// B
        GeneralFood = "general_food", "一般食品";
        /// B
        HealthFood = "health_food", "保健食品";
        /// B
        TobaccoAlcoholBeverages = "tobacco_alcohol_beverages", "烟、酒和饮料";
        /// B
        Medicines = "medicines", "药品";
        /// B
        MedicalDevices = "medical_devices", "医疗器械";
        /// B
        Cosmetics = "cosmetics", "化妆品";
        /// B
        Clothing = "clothing", "服装、鞋帽";
        /// B
        HouseholdGoods = "household_goods", "家居用品";
        /// B
        HomeAppliances = "home_appliances", "家用电器";
        /// B
        Communication = "communication", "通讯产品";
        /// B
        Computers = "computers", "计算机产品";
        /// B
        Jewellery = "jewellery", "首饰";
        /// B
        Vehicles = "vehicles", "交通工具";
        /// B
        BuildingMaterials = "building_materials", "装修建材";
        /// B
        HygieneProducts = "hygiene_products", "卫生用品";
        /// B
        ChildrensGoods = "childrens_goods", "儿童用品";
        /// B
        CultureSports = "culture_sports", "文化、运动用品";
        /// B
        Housing = "housing", "房屋";
        /// B
        Pets = "pets", "宠物及宠物用品";
        /// B
        FibreProducts = "fibre_products", "纤维制品";
        /// B
        OtherGoods = "other_goods", "其他";
        /// B, a service.
        RetailService = "retail_service", "销售服务";
        /// B, a service.
        CateringLodging = "catering_lodging", "餐饮和住宿服务";
        /// B, a service.
        Telecom = "telecom", "电信服务";
        /// B, a service.
        Laundry = "laundry", "洗涤、染色服务";
        /// B, a service.
        MakingRepair = "making_repair", "制作、保养和修理服务";
        /// B, a service.
        Training = "training", "其他技能培训服务";
        /// B, a service.
        OtherService = "other_service", "其他服务";
    }
}
