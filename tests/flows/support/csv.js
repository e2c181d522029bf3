// RFC 4180 as it stands there, read without help: quotes double themselves, rows end with CRLF.

import assert from 'node:assert/strict';

/** The rows of a table, the header included. */
export function rowsOf(text) {
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const quote = text.indexOf('"', at);
        assert.notEqual(quote, -1, 'a quoted cell has an end');
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
    } else {
      const [plain] = /^[^,\r\n"]*/.exec(text.slice(at, at + 20_000));
      cell = plain;
      at += plain.length;
    }
    row.push(cell);
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) row.push('');
    } else {
      assert.equal(text.slice(at, at + 2), '\r\n', `a row ends with CRLF, at ${at}`);
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  assert.deepEqual(row, [], 'the last row ends as well');
  return rows;
}
