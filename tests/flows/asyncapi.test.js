// The description of the socket: valid, complete, and what the server does. All its examples are sent to it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import specs from '@asyncapi/specs';
import Ajv from 'ajv';
import formats from 'ajv-formats';
import { asyncapiDocument, Schemas } from './support/documents.js';
import { everywhere } from './support/everywhere.js';

const document = asyncapiDocument();
const messageOf = ({ $ref }) =>
  $ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], document);

describe('the AsyncAPI document', () => {
  test('is AsyncAPI 3, by its own schema', () => {
    const schema = specs.default ?? specs;
    const definition = structuredClone(schema[document.asyncapi] ?? schema.schemas?.[document.asyncapi]);
    assert.ok(definition, `there is no schema of AsyncAPI ${document.asyncapi}`);
    const ajv = formats(new Ajv({ strict: false, meta: false, validateSchema: false }));
    const validate = ajv.compile(definition);
    validate(document);
    assert.deepEqual(validate.errors, null);
  });

  test('has no reference that leads nowhere', () => {
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      assert.notEqual(messageOf({ $ref: reference }), undefined, reference);
    }
  });

  test('has an example of every message, and none that its own schemas do not take', () => {
    const schemas = new Schemas(document);
    for (const [channel, { messages }] of Object.entries(document.channels)) {
      for (const [key, { payload, examples }] of Object.entries(messages)) {
        assert.ok(examples?.length > 0, key);
        for (const example of examples) {
          assert.equal(schemas.fault(`${channel} ${key}`, payload, example.payload), undefined, key);
        }
      }
    }
  });

  test('says of every event of a client what it is answered with, and what it is refused for', () => {
    for (const [key, { action, reply, channel, 'x-codes': codes }] of Object.entries(document.operations)) {
      if (action !== 'receive') continue;
      assert.equal(reply.messages.length, 2, key);
      if (channel.$ref === '#/channels/socket') assert.ok(codes.length >= 4, key);
    }
  });
});

const MESSAGE = '019aab2e-5d0b-7c4e-9d4d-0b6f3a4c8e11';
const events = Object.values(document.operations)
  .filter(({ action, channel }) => action === 'receive' && channel.$ref === '#/channels/socket')
  .map(({ messages }) => messages.map(messageOf));

everywhere((place) => {
  test('the examples of the events are acknowledged, each form of them', async () => {
    const [ada] = await place.guests('Ada-examples');
    let message;
    const order = [
      'join:room',
      'message:send',
      'typing:start',
      'typing:stop',
      'message:edit',
      'message:clap',
      'message:react',
      'message:read',
      'presence:update',
      'message:delete',
      'leave:room',
    ];
    assert.deepEqual(events.map(([{ name }]) => name).sort(), [...order].sort());
    for (const name of order) {
      const forms = events.find(([{ name: its }]) => its === name);
      for (const { payload, examples } of forms) {
        assert.ok(payload);
        for (const example of examples) {
          const argument = JSON.parse(JSON.stringify(example.payload).replaceAll(MESSAGE, message?.id ?? MESSAGE));
          const ack = await ada.does(name, argument);
          message ??= ack.message;
        }
      }
    }
  });
});
