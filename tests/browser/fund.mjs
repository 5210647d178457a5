// The fund as people work it, in a real Chromium: deposit, claim, two approvals, payment, signature,
// recourse, the bank's statement, the month. Everything is found by what a person reads.
//
//   node fund.mjs PLAYWRIGHT-FOLDER   with JOURNEY (JSON) in the environment; screenshots and
//   downloads go to JOURNEY.folder.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const { chromium } = createRequire(`${process.argv[2]}/`)("playwright-core");
const journey = JSON.parse(process.env.JOURNEY);
const { url, people, caseId, shop, folder, today, month } = journey;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Somebody signed in, in a window of their own. */
async function person(role) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${url}/console/login`);
  await page.getByLabel("用户名").fill(people[role].login);
  await page.getByLabel("密码").fill(people[role].password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("button", { name: "退出" }).waitFor();
  return page;
}

const shot = (page, name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });

/** Unfolds a form by its title and gives what is in it. */
async function form(page, code) {
  const box = page.locator(`#act-${code}`);
  if (!(await box.evaluate((node) => node.open))) await box.locator("summary").click();
  return box;
}

/** Fills in and sends the form of an action. */
async function act(page, code, fields) {
  const box = await form(page, code);
  const confirms = await box.locator("form").getAttribute("data-confirm");
  for (const [name, value] of Object.entries(fields)) {
    const field = box.locator(`[name="${name}"]`);
    if ((await field.first().getAttribute("type")) === "checkbox") {
      for (const tick of await field.all()) await tick.check();
    } else if ((await field.evaluate((node) => node.tagName)) === "SELECT") {
      await field.selectOption(value);
    } else {
      await field.fill(value);
    }
  }
  await box.locator('button[type="submit"]').click();
  // What cannot be undone asks once more.
  if (confirms) await page.locator("dialog[open]").getByRole("button", { name: "确定" }).click();
}

const notice = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const slip = (yuan, reference) => ({ yuan, effective_on: today, reference });

const cashier = await person("cashier");
assert.ok(cashier.url().endsWith("/console/fund"), "a cashier begins at the fund");
await shot(cashier, "01-empty");
await act(cashier, "contribute", slip("10000.00", "BANK-1"));
await notice(cashier, "已登记");
await act(cashier, "receive_deposit", { tenant: shop, ...slip("300.00", "BANK-2") });
await notice(cashier, "已登记");
// The same slip again is refused at its field, with what was typed kept.
await act(cashier, "contribute", slip("1.00", "BANK-1"));
await cashier.getByText("该凭证号已登记过").first().waitFor();
assert.equal(await cashier.locator('#act-contribute [name="yuan"]').inputValue(), "1.00");
await shot(cashier, "02-refused");

const clerk = await person("clerk");
await clerk.goto(`${url}/console/cases/${caseId}`);
await form(clerk, "request_advance");
await shot(clerk, "03-case");
await act(clerk, "request_advance", {
  yuan: "3000.00", recover: "yes", grounds: true, payee_name: "周文静",
  payee_account: "6222020000001234567", payee_bank: "某行城东支行", reason: "商户到期拒不退款",
});
await notice(clerk, "已申请");
const advance = new URL(clerk.url()).pathname;
await clerk.getByText("人民币叁仟元整").waitFor();
await shot(clerk, "04-requested");

for (const role of ["supervisor", "manager"]) {
  const page = await person(role);
  // What waits is said in the navigation, wherever one is.
  await page.getByTitle("待您办理的先付").waitFor();
  await page.goto(`${url}/console/fund/advances?queue=approve`);
  await page.getByRole("link", { name: "¥3,000.00" }).click();
  await act(page, "approve", {});
  await notice(page, "已审核通过");
  await shot(page, `05-approved-by-${role}`);
}

await cashier.goto(`${url}/console/fund/advances?queue=pay`);
await shot(cashier, "06-to-pay");
await cashier.getByRole("link", { name: "¥3,000.00" }).click();
await cashier.getByRole("button", { name: "显示收款账户" }).click();
await cashier.getByText("6222020000001234567").waitFor();
await shot(cashier, "07-payee");
await act(cashier, "submit", {});
await notice(cashier, "已提交付款");
assert.equal(await cashier.getByText("6222020000001234567").count(), 0, "shown once");
await act(cashier, "confirm_paid", slip("3000.00", "SLIP-1"));
await notice(cashier, "已登记付款");
for (const text of ["¥300.00", "¥2,700.00", "前补足"]) await cashier.getByText(text).first().waitFor();
await shot(cashier, "08-paid");

// The slip as a picture: uploaded by the cashier, looked at by the clerk, with a trace.
const picture = { name: "slip.png", mimeType: "image/png", buffer: await cashier.screenshot() };
await cashier.getByLabel("银行回单").setInputFiles(picture);
await cashier.getByRole("button", { name: "上传" }).click();
await notice(cashier, "已上传");

await clerk.goto(url + advance);
const [shown] = await Promise.all([
  clerk.context().waitForEvent("page"),
  clerk.getByRole("button", { name: "查看（留痕）" }).click(),
]);
await shown.waitForLoadState();
assert.equal(await shown.locator("img").count(), 1, "the picture is shown as one");
await shown.close();
await act(clerk, "sign", { paper_no: "SK-2026-0001" });
await notice(clerk, "已登记");
await clerk.getByText("SK-2026-0001").waitFor();
for (const paper of ["voucher", "receipt", "recourse"]) {
  await clerk.goto(`${url}${advance}/papers/${paper}`);
  await shot(clerk, `09-${paper}`);
  await clerk.pdf({ path: `${folder}/${paper}.pdf`, preferCSSPageSize: true });
}

// The ledger of the shop, then the bank's statement: everything agrees.
await cashier.goto(`${url}/console/fund/tenants/${shop}`);
await shot(cashier, "10-tenant");
await cashier.goto(`${url}/console/fund/bank`);
const lines = ["日期,流水号,收支,金额（元）,摘要", `${today},BANK-1,收,10000.00,投入`,
  `${today},BANK-2,收,300.00,保证金`, `${today},SLIP-1,付,3000.00,先行赔付`, "期末余额,,,7300.00,"];
const statement = { name: "statement.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) };
await cashier.getByLabel("流水文件").setInputFiles(statement);
await cashier.getByRole("button", { name: "导入并对账" }).click();
await cashier.getByText("一致 3 笔，差异 0 笔，本次核销在途 1 笔").waitFor();
await cashier.getByText("期末余额一致：¥7,300.00").waitFor();
await shot(cashier, "11-reconciled");

// The agreement is in force, and a deposit says under which version it came.
const manager = await person("manager");
await manager.goto(`${url}/console/fund/agreement`);
await manager.getByText("还没有公布保证金协议办法").waitFor();
await act(manager, "adopt", { text: "一、商户按月缴存。\n二、退场后三十日内退还。", effective_from: today });
await notice(manager, "已公布");
await manager.getByText("现行").waitFor();
await shot(manager, "12-agreement");

// The day and the month are closed; the journal is for another program to check.
await cashier.goto(`${url}/console/fund`);
await act(cashier, "assert", { effective_on: today });
await notice(cashier, "已完成日终核对");
await shot(cashier, "12-overview");
await manager.goto(`${url}/console/fund/months/${month}`);
await manager.getByText("期末").first().waitFor();
await shot(manager, "13-month");
await manager.pdf({ path: `${folder}/month.pdf`, preferCSSPageSize: true });
const journal = await manager.request.get(`${url}/console/fund/journal/hledger`);
writeFileSync(`${folder}/fund.journal`, await journal.body());
await manager.setViewportSize({ width: 390, height: 800 });
await manager.goto(`${url}/console/fund`);
await shot(manager, "14-phone");
await browser.close();
