// Makes packages/client/src/wire.generated.ts of the server's own descriptions; with --check it fails where that is stale.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import openapiTS, { astToString } from 'openapi-typescript';

const BINARY = process.env.BELFRY_BIN ?? fileURLToPath(new URL('../../target/debug/belfry', import.meta.url));
const TARGET = new URL('../packages/client/src/wire.generated.ts', import.meta.url);
const HEAD = `// Made by \`npm run wire\` of the server's descriptions (belfry describe); not to be edited. wire.ts has the names to use.
`;
const DESCRIBE_LIMIT_MS = 30_000;
/** Only there does null say something: take it away. */
const TAKES_NULL = /Patch$/;

async function described(document) {
  await access(BINARY).catch(() => {
    throw new Error('There is no belfry binary: build it first, or name it with BELFRY_BIN.');
  });
  const options = { timeout: DESCRIBE_LIMIT_MS, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(BINARY, ['describe', document], options);
  return JSON.parse(stdout);
}

/** The schemas of REST and of the socket as one set; a type that both have is the same in both. */
function schemasOf(openapi, asyncapi) {
  const schemas = { ...openapi.components.schemas };
  for (const [name, schema] of Object.entries(asyncapi.components.schemas)) {
    if (name in schemas) assert.deepEqual(schema, schemas[name], `${name} is two things`);
    schemas[name] = schema;
  }
  for (const [name, schema] of Object.entries(schemas)) {
    if (!TAKES_NULL.test(name)) schemas[name] = withoutNull(schema);
  }
  return schemas;
}

/** What is not there is left out on this wire, so a property that may be null is one that may be missing. */
function withoutNull(schema) {
  if (Array.isArray(schema)) return schema.map(withoutNull);
  if (schema === null || typeof schema !== 'object') return schema;
  const { type, oneOf, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withoutNull(value)]),
  );
  if (oneOf) {
    const others = oneOf.filter((each) => each.type !== 'null');
    return others.length === 1 ? { ...rest, ...others[0] } : { ...rest, oneOf: others };
  }
  if (!Array.isArray(type)) return type === undefined ? rest : { ...rest, type };
  const others = type.filter((each) => each !== 'null');
  return { ...rest, type: others.length === 1 ? others[0] : others };
}

/** The events of one direction: what each carries and, from a client, what it is acknowledged with. */
function eventsOf(asyncapi, schemas, action) {
  const messageOf = ({ $ref }) => asyncapi.channels.socket.messages[$ref.split('/').at(-1)];
  return Object.values(asyncapi.operations)
    .filter(({ action: its, channel }) => its === action && channel.$ref === '#/channels/socket')
    .map(({ summary, messages: [message], reply }) => {
      const { name, payload } = messageOf(message);
      const answer = reply && withoutOk(messageOf(reply.messages[0]).payload);
      return {
        name,
        summary,
        payload: named(schemas, `${action === 'receive' ? 'client' : 'server'} ${name}`, payload),
        answer: answer && named(schemas, `answer ${name}`, answer),
      };
    });
}

/** \`ok\` belongs to every acknowledgement, not to one of them. */
function withoutOk({ properties: { ok: _, ...properties }, required, ...rest }) {
  return { ...rest, properties, required: required.filter((name) => name !== 'ok') };
}

/** The name of that schema among all, under a name of its own where it has none. */
function named(schemas, name, schema) {
  const bare = withoutNull(schema);
  const known = Object.keys(schemas).find((each) => isDeepStrictEqual(schemas[each], bare));
  schemas[known ?? name] ??= bare;
  return `components['schemas']['${known ?? name}']`;
}

function mapOf(title, name, lines) {
  return `\n/** ${title} */\nexport interface ${name} {\n${lines.join('\n')}\n}\n`;
}

async function typesOf(openapi, asyncapi) {
  const schemas = schemasOf(openapi, asyncapi);
  const fromClients = eventsOf(asyncapi, schemas, 'receive');
  const fromServer = eventsOf(asyncapi, schemas, 'send');
  const document = { openapi: '3.1.0', info: openapi.info, paths: {}, components: { schemas } };
  const whole = astToString(await openapiTS(document, { silent: true }));
  // Of an empty set of paths and operations nothing is to be said, nor of the other kinds of components.
  const [, body] = /export interface components \{\n {4}schemas: \{\n([\s\S]*?)\n {4}\};\n/.exec(whole) ?? [];
  assert.ok(body, 'openapi-typescript writes its schemas in another way');
  const lists = body
    .replace(/ {4}/g, '  ')
    .replace(/components\["schemas"\]\["([^"]+)"\]/g, "components['schemas']['$1']")
    .replace(/^( *\S+: )([^\n]+\[\];)$/gm, '$1readonly $2');
  return [
    HEAD,
    `export interface components {\n  schemas: {\n${lists}\n  };\n}\n`,
    mapOf(
      'What a client sends: the argument, and what it is acknowledged with.',
      'ClientEvents',
      fromClients.map(
        ({ name, summary, payload, answer }) =>
          `  /** ${summary} */\n  '${name}': {\n    argument: ${payload};\n    answer: ${answer};\n  };`,
      ),
    ),
    mapOf(
      'What the server sends.',
      'ServerEvents',
      fromServer.map(({ name, summary, payload }) => `  /** ${summary} */\n  '${name}': ${payload};`),
    ),
  ].join('');
}

const types = await typesOf(await described('openapi'), await described('asyncapi'));
if (process.argv.includes('--check')) {
  const kept = await readFile(TARGET, 'utf8').catch(() => '');
  if (kept !== types) {
    process.stderr.write(
      `The server describes another wire than the client's types: run \`npm run wire\`.\n${firstDifference(kept, types)}`,
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, types);
}

function firstDifference(kept, made) {
  const [was, is] = [kept.split('\n'), made.split('\n')];
  const line = is.findIndex((text, index) => text !== was[index]);
  return `Line ${line + 1}\n  is      ${was[line] ?? ''}\n  but is described as ${is[line] ?? ''}\n`;
}
