// Lists what is described and no story has seen: BELFRY_FLOWS_SEEN=/tmp/seen npm test, then BELFRY_FLOWS_SEEN=/tmp/seen npm run covered.

import { readFile } from 'node:fs/promises';
import { asyncapiDocument, openapiDocument } from './documents.js';

/** What no story needs to see, with the reason; the first that fits counts. */
const EXCEPTIONS = [
  [/^rest .* 500$/, 'a fault of the server: none is known'],
  [/^ack .* internal$/, 'a fault of the server: none is known'],
  [/^rest .* 503$/, 'the same few lines for all paths; seen on some of them (checked below)'],
  [/^ack .* unavailable$/, 'the same few lines for all events; seen on some of them (checked below)'],
  [/^rest .* 413$/, 'the same few lines for all bodies; seen on some of them (checked below)'],
  [/^ack .* rate_limited$/, 'counted before the event is looked at; seen on some of them (checked below)'],
];
/** Of each kind that is excepted because it is the same everywhere, one must have been seen. */
const AT_LEAST_ONE = [/^rest .* 503$/, /^ack .* unavailable$/, /^rest .* 413$/, /^ack .* rate_limited$/];

function described() {
  const { paths } = openapiDocument();
  const { operations, channels } = asyncapiDocument();
  const lines = [];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const status of Object.keys(responses)) lines.push(`rest ${method.toUpperCase()} ${path} ${status}`);
    }
  }
  for (const { action, channel, messages, 'x-codes': codes } of Object.values(operations)) {
    const name = ({ $ref }) => channels[$ref.split('/')[2]].messages[$ref.split('/').at(-1)].name;
    if (channel.$ref.endsWith('/handshake')) {
      lines.push('handshake connected', 'handshake connect_error');
    } else if (action === 'send') {
      lines.push(`event ${name(messages[0])}`);
    } else {
      lines.push(`ack ${name(messages[0])}`, ...codes.map((code) => `ack ${name(messages[0])} ${code}`));
    }
  }
  return lines;
}

const record = process.env.BELFRY_FLOWS_SEEN;
if (!record) throw new Error('BELFRY_FLOWS_SEEN names the file that the stories have written to');
const seen = new Set((await readFile(record, 'utf8')).trimEnd().split('\n'));
const all = described();
const unseen = all.filter((line) => !seen.has(line) && !EXCEPTIONS.some(([pattern]) => pattern.test(line)));
const never = AT_LEAST_ONE.filter((pattern) => ![...seen].some((line) => pattern.test(line)));
process.stdout.write(`${all.length} described, ${all.filter((line) => seen.has(line)).length} of them seen\n`);
if (unseen.length + never.length > 0) {
  process.stdout.write(
    `Described, and seen by no story:\n${[...unseen, ...never].map((line) => `  ${line}`).join('\n')}\n`,
  );
  process.exitCode = 1;
}
