// One independent hand: nzh (JavaScript). It leaves out 整 after whole yuan; the regulation wants it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { cn } = createRequire(`${process.cwd()}/`)("nzh");
for (const fen of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const digits = fen.padStart(3, "0");
  const words = cn.toMoney(`${digits.slice(0, -2)}.${digits.slice(-2)}`).replace(/元$/, "元整");
  console.log(`${fen},${fen === "0" ? "人民币零元整" : words}`);
}
