//! The bank through the real binary: batches, results and statements by the API and at the console, the
//! month, a shop's ledger; and what a cashier is told when a file does not fit.

use green_channel_tests::{Browser, merchant_server};
use serde_json::{Value, json};

use crate::fund_api::{World, asked, at, no, slip, today};

/// A fund of 500 yuan, and two advances of ten yuan that are to be paid.
async fn two() -> (World, Vec<String>) {
    let small = [("small_claim_fen = 0", "small_claim_fen = 5000")];
    let world = World::new(&small).await;
    world.act(&world.cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    let case = world.settled("CN-9601", None).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = world.request(&case, &asked(1_000, None)).await.expect("it is asked for");
        assert_eq!(made["status"], "intended", "a small claim needs nobody");
        ids.push(made["advance_id"].as_str().expect("an id").to_owned());
    }
    (world, ids)
}

fn results(rows: &[String]) -> Value {
    json!({ "csv": format!("业务编号,结果,金额（元）,流水号,日期,原因\n{}", rows.join("\n")) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_to_the_bank_and_comes_back_by_the_api() {
    let (world, ids) = two().await;
    let cashier = &world.cashier;
    let begin = |body: Value| async move { cashier.post("/api/v1/fund/batches", &body).await };
    assert_eq!(at(begin(json!({ "advances": [] })).await), "422 csv");
    let unknown = json!({ "advances": ["adv_01900000000070008000000000000000"] });
    assert_eq!(no(begin(unknown).await), "404 not_found");
    let made = begin(json!({ "advances": ids })).await.expect("it is written down");
    let name = made["batch"].as_str().expect("a name").to_owned();
    let path = format!("/api/v1/fund/batches/{name}/file");
    let file = cashier.post(&path, &json!({})).await.expect("it is written");
    let csv = file["csv"].as_str().expect("text");
    assert!(csv.contains("周文静") && csv.contains("6222020000001234567"));
    assert!(csv.trim_end().ends_with(&format!("合计,2,,,,20.00,{name}")), "{csv}");
    assert_eq!((&file["count"], &file["total_fen"]), (&json!(2), &json!(2_000)));
    assert_eq!(cashier.post(&path, &json!({})).await.expect("again"), file);
    let shown = world.supervisor.get(&format!("/api/v1/fund/advances/{}", ids[0])).await;
    let shown = shown.expect("it shows");
    assert_eq!(shown["provider"], json!(name));
    let choice = |action: &str| {
        let choices = shown["choices"].as_array().expect("a list");
        choices.iter().find(|one| one["action"] == action).expect("it is known").clone()
    };
    assert_eq!(choice("approve")["why_not"], "wrong_status");
    assert_eq!(choice("submit")["why_not"], "role_not_permitted");

    let day = today();
    let rows =
        [format!("{},成功,10.00,B-1,{day},", ids[0]), format!("{},失败,,,,account_wrong", ids[1])];
    let take = |body: Value| async move { cashier.post("/api/v1/fund/results", &body).await };
    let bad = take(results(&[rows[0].clone(), rows[0].clone()])).await;
    assert_eq!(at(bad), "422 csv", "one bad row and nothing is booked");
    for expected in ["booked", "known"] {
        let taken = take(results(&rows)).await.expect("it is taken");
        for place in 0..2 {
            assert_eq!(taken["results"][place]["outcome"], expected);
        }
    }
    let csv = format!(
        "日期,流水号,收支,金额（元）,摘要\n{day},BANK-1,收,500.00,\n{day},B-1,付,10.00,\n期末余额,,,490.00,"
    );
    let compared = cashier.post("/api/v1/fund/reconciliations", &json!({ "csv": csv })).await;
    let compared = compared.expect("it is compared");
    assert_eq!(compared["matched"].as_array().map(Vec::len), Some(2));
    assert_eq!((&compared["cleared"], &compared["differences"]), (&json!(1), &json!([])));
    assert_eq!(compared["bank_fen"], compared["ledger_fen"]);
    world.books_are_right().await;
    assert_eq!(world.overview().await["clearing_fen"], 0);
    let metrics = world.app.get("/metrics").await.expect("it answers").text().await;
    let metrics = metrics.expect("text");
    for line in ["green_channel_fund_below_floor 1", "fund_waiting{queue=\"pay\"} 0"] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let month = cashier.get(&format!("/api/v1/fund/months/{}", &day[..7])).await.expect("shows");
    let bank = json!({ "account": "bank", "fen": 49_000 });
    assert!(month["closing"].as_array().expect("a list").contains(&bank), "{month}");
    assert_eq!(no(cashier.get("/api/v1/fund/months/2999-01").await), "404 not_found");
    let log = world.app.log_text();
    assert!(!log.is_empty() && !log.contains("周文静") && !log.contains("6222020000001234567"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_console_a_file_that_does_not_fit_says_where_and_books_nothing() {
    let (world, ids) = two().await;
    let data = world.app.data();
    let data = data.to_str().expect("a path of ours");
    let words = ["user", "add", "--data", data, "--login", "kasse", "--name", "出纳甲"];
    let output = merchant_server(words.iter().chain(&["--role", "cashier", "--keep-password"]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let mut browser = Browser::new(world.app.url());
    let page = browser.sign_in("kasse", rest.lines().next().unwrap_or_default().trim()).await;
    assert_eq!(page.status, 303, "{}", page.text);

    let page = browser.post("/console/fund/bank/batches", &[]).await;
    assert_eq!(page.status, 409);
    assert!(page.text.contains("勾选要付款的先付"));
    let ticked: Vec<(&str, &str)> = ids.iter().map(|id| ("advance", id.as_str())).collect();
    let page = browser.post("/console/fund/bank/batches", &ticked).await;
    let (_, name) = page.location.split_once("batch=").expect("it is written down");
    let file = browser.post(&format!("/console/fund/bank/batches/{name}"), &[]).await;
    assert_eq!(file.status, 200);
    assert!(file.text.contains(&ids[0]) && file.text.contains("合计,2,,,,20.00"));

    let head = "业务编号,结果,金额（元）,流水号,日期,原因";
    let (day, to) = (today(), "/console/fund/bank/results");
    let row = format!("{},成功,10.00,B-1,{day},", ids[0]);
    for (bytes, said) in [
        (b"".to_vec(), "请选择文件"),
        (b"\xd6\xd0".to_vec(), "UTF-8"),
        (b"a,b,c,d,e,f\n".to_vec(), "表头不符"),
        (format!("{head}\n{row}\nx,成功,1,B,{day},").into_bytes(), "第 3 行“业务编号”"),
        (format!("{head}\n{},成功,1e3,B,{day},", ids[0]).into_bytes(), "第 2 行“金额（元）”"),
    ] {
        let page = browser.upload(to, "file", &bytes).await;
        assert_eq!(page.status, 422, "{said}");
        assert!(page.text.contains(said) && page.text.contains("没有登记任何内容"), "{said}");
    }
    let page = browser.post(to, &[]).await;
    assert_eq!(page.status, 422, "a form without a file");
    assert_eq!(world.overview().await["payable_fen"], 2_000, "nothing was booked");
    let good = format!("{head}\n{row}").into_bytes();
    for said in ["已登记", "此前已登记，相同"] {
        let page = browser.upload(to, "file", &good).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(said), "{}", page.text);
    }
    let statement = format!("日期,流水号,收支,金额（元）,摘要\n{day},X-1,收,1.00,来款");
    let page = browser.upload("/console/fund/bank/statement", "file", statement.as_bytes()).await;
    for said in ["银行已收，账上没有", "账上已收，流水没有", "账上已付，流水没有", "查明来款"]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    world.books_are_right().await;
}
