// One independent hand: nzh (JavaScript), installed under the folder given. It leaves out 整 after whole
// yuan; the regulation wants it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const manifest = `${process.argv[2]}/node_modules/nzh/package.json`;
const { version } = JSON.parse(readFileSync(manifest, "utf8"));
if (version !== "1.0.14") throw new Error(`nzh 1.0.14 is wanted, not ${version}`);

const { cn } = createRequire(`${process.argv[2]}/`)("nzh");
for (const fen of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const digits = fen.padStart(3, "0");
  const words = cn.toMoney(`${digits.slice(0, -2)}.${digits.slice(-2)}`).replace(/元$/, "元整");
  console.log(`${fen},${fen === "0" ? "人民币零元整" : words}`);
}
