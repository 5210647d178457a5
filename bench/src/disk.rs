//! Disk per closed case: cases of the corpus lived to their end through the real server, every
//! report delivered and receipted, the log with them; no attachments.

use green_channel_tests::{TestApp, contact, offer, perform};

use crate::http::each;
use crate::say;
use crate::server::mib;
use crate::table::{Plan, Table};

/// Measures it once: bytes do not vary with time.
pub(crate) async fn per_closed_case(plan: &Plan, table: &mut Table) {
    let mut app = TestApp::start().await;
    let count = plan.count(200);
    say(&format!("living {count} cases to their end"));
    for number in 0..count {
        let no = format!("DISK-{number:05}");
        let id = app.accepted(&no).await;
        app.clerk().does(&id, contact("已电话联系，消费者要求退款。")).await;
        app.clerk().does(&id, offer(200_000, "订金 2000 元全额退还。")).await;
        app.answer(&no, &id, true).await;
        app.clerk().does(&id, perform(200_000)).await;
        assert_eq!(app.clerk().state(&id).await, "closed");
    }
    app.drained(std::time::Duration::from_secs(120)).await;
    assert!(app.stop().await.success(), "the server stops");
    let file = app.data().join("green-channel.db");
    let bytes = std::fs::metadata(file).expect("the database is there").len();
    let kib = each(mib(bytes * 1024), count);
    table.add("disk per closed case of the corpus", "KiB", kib);
}
