// Writes the working days 2004-2026 as npm chinese-days 1.5.7 knows them to standard output.
//
//     mkdir /tmp/days && npm install --prefix /tmp/days chinese-days@1.5.7
//     TZ=UTC node export_chinese_days.mjs /tmp/days > chinese-days-1.5.7.txt
//
// Reads nothing of this repository, so that the table stays a second opinion about its data.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FIRST_YEAR = 2004;
const LAST_YEAR = 2026;
const EXPECTED = '1.5.7';

const root = join(resolve(process.argv[2] ?? '.'), 'node_modules', 'chinese-days');
const found = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
if (found !== EXPECTED) {
  throw new Error(`chinese-days ${found} is installed, the table is of ${EXPECTED}`);
}
// It mixes UTC and local time, and west of Greenwich answers for the day before.
if (new Date(2004, 0, 1).getTimezoneOffset() !== 0) {
  throw new Error('run with TZ=UTC');
}
const { isWorkday } = createRequire(import.meta.url)(root);

const pad = (number) => String(number).padStart(2, '0');

/** One character per day of the year: W is worked, H is off. */
function marks(year) {
  let out = '';
  for (let month = 1; month <= 12; month += 1) {
    const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
    for (let day = 1; day <= days; day += 1) {
      out += isWorkday(`${year}-${pad(month)}-${pad(day)}`) ? 'W' : 'H';
    }
  }
  return out;
}

for (let year = FIRST_YEAR; year <= LAST_YEAR; year += 1) {
  console.log(`${year} ${marks(year)}`);
}
