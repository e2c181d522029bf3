// The description of REST: valid, complete, and what the server does. All its examples are sent to it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { overBackends } from './support/backends.js';
import { openapiDocument, Schemas } from './support/documents.js';
import { until } from './support/limits.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const document = openapiDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, said]) => ({ path, method, said })),
);

describe('the OpenAPI document', () => {
  test('is OpenAPI 3.1, by a validator that is not ours', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.deepEqual(errors, undefined);
    assert.equal(valid, true);
    assert.match(document.openapi, /^3\.1\./);
  });

  test('leaves no operation without a name, a group, words, and an example of what it takes', () => {
    const tags = new Set(document.tags.map(({ name }) => name));
    const names = operations.map(({ said }) => said.operationId);
    assert.equal(new Set(names).size, names.length, 'an operation has a name of its own');
    for (const { said } of operations) {
      const name = said.operationId;
      assert.ok(said.summary, name);
      assert.ok(
        said.tags.every((tag) => tags.has(tag)),
        name,
      );
      for (const parameter of said.parameters ?? []) {
        assert.ok(parameter.description, `${name} ${parameter.name}`);
        assert.notEqual(parameter.example, undefined, `${name} ${parameter.name}`);
      }
      if (said.requestBody) assert.ok(said.requestBody.content['application/json'].example, name);
      for (const [status, response] of Object.entries(said.responses)) {
        const json = response.content?.['application/json'];
        const isDocument = /^get(OpenApi|AsyncApi)$/.test(name);
        if (json && !isDocument) assert.notEqual(json.example, undefined, `${name} ${status}`);
      }
    }
  });

  test('has no example that its own schemas do not take', () => {
    const schemas = new Schemas(document);
    const fits = (key, schema, example) => {
      if (example !== undefined) assert.equal(schemas.fault(`example ${key}`, schema, example), undefined, key);
    };
    for (const { said } of operations) {
      const name = said.operationId;
      for (const { name: its, schema, example } of said.parameters ?? []) fits(`${name} ${its}`, schema, example);
      const body = said.requestBody?.content['application/json'];
      if (body) fits(`${name} body`, body.schema, body.example);
      for (const [status, { content }] of Object.entries(said.responses)) {
        for (const { schema, example } of Object.values(content ?? {})) fits(`${name} ${status}`, schema, example);
      }
    }
    for (const [name, { content }] of Object.entries(document.components.responses)) {
      const { schema, example } = content['application/problem+json'];
      fits(name, schema, example);
    }
  });

  test('sends whoever meets a problem to the words about it', () => {
    const codes = document.components.schemas.Code.enum;
    for (const { content } of Object.values(document.components.responses)) {
      const { type, code } = content['application/problem+json'].example;
      assert.equal(type, `/api/docs#error-${code}`);
      assert.ok(codes.includes(code));
    }
    assert.equal(
      new Set(
        Object.values(document.components.responses).map((one) => one.content['application/problem+json'].example.code),
      ).size,
      codes.length,
    );
  });
});

/** What the examples call their people, and things that only a server can name. */
const MESSAGE = '019aab2e-5d0b-7c4e-9d4d-0b6f3a4c8e11';
const JOB = '019aab31-7a10-7c9b-a1d2-9e3f5b7c1d24';
const NOTIFICATION = '019aab30-2f6e-7b3a-93c7-51f0b4f6e8d2';
const REFRESH = 'c2l4dGVlbi1ieXRlcy1hbmQtdGhlbi1zb21lLW1vcmU';

const settings = { ...unhurried, SERVER_API_KEY: 'the-key' };
const places = [
  ['one server', {}, (t) => embedded(t, settings)],
  ['two replicas', overBackends, (t) => replicas(t, 2, { settings })],
];

for (const [name, options, opens] of places) {
  describe(`its examples, sent to ${name}`, { ...options }, () => {
    let town;
    let end;
    before(async () => {
      town = await opens({ after: (ending) => (end = ending) });
    });
    after(() => end?.());

    test('are answered as it says', async () => {
      const ada = await town.citizen('Ada', { id: 'ada' });
      const grace = await town.citizen('Grace', { id: 'grace', at: town.servers.length - 1 });
      const real = new Map();
      const sent = new Set();

      /** An example with the real ids in the place of those that only it has. */
      const realized = (value) =>
        JSON.parse([...real].reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), JSON.stringify(value)));

      /** Sends what the document has as the example of an operation, as `who`; resolves with the answer's body. */
      const sends = async (operationId, who, status, { leaving = [] } = {}) => {
        const { path, method, said } = operations.find((each) => each.said.operationId === operationId);
        sent.add(operationId);
        const query = new URLSearchParams();
        let target = path;
        for (const { in: place, name, example } of said.parameters ?? []) {
          if (leaving.includes(name)) continue;
          const value = realized(example);
          if (place === 'path') target = target.replace(`{${name}}`, encodeURIComponent(value));
          else query.set(name, value);
        }
        const rest = town.rest(sent.size % town.servers.length, who);
        const body = said.requestBody?.content['application/json'].example;
        const url = query.size > 0 ? `${target}?${query}` : target;
        const call =
          method === 'post' && body === undefined ? rest.post(url, {}) : rest[method](url, body && realized(body));
        return answered(await call, status);
      };
      const key = 'the-key';

      const session = await sends('register', undefined, 201);
      await sends('logIn', undefined, 200);
      await sends('enterAsGuest', undefined, 200);
      real.set(REFRESH, session.refreshToken);
      real.set(REFRESH, (await sends('refreshSession', undefined, 200)).refreshToken);
      await sends('logOut', undefined, 204);

      await sends('updateMe', ada.token, 200);
      await sends('getMe', ada.token, 200);
      await sends('findUsers', ada.token, 200);
      await sends('getUser', ada.token, 200);

      await sends('createRoom', ada.token, 201);
      await sends('getRoom', grace.token, 200);
      await sends('listRooms', ada.token, 200);
      await ada.joins('attic');
      await sends('getPresence', grace.token, 200);
      await sends('addMember', ada.token, 201);
      await sends('addMember', ada.token, 200);
      await sends('listMembers', ada.token, 200);
      await sends('setRole', ada.token, 200);
      const { message } = await sends('sendMessage', ada.token, 201);
      assert.equal((await sends('sendMessage', ada.token, 200)).message.id, message.id);
      real.set(MESSAGE, message.id);
      await sends('updateRoom', ada.token, 200);
      await sends('listMessages', grace.token, 200, { leaving: ['after', 'around'] });
      await sends('listChanges', grace.token, 200);
      await sends('listModeration', grace.token, 200);
      await sends('openDirectRoom', ada.token, 201);
      await sends('openDirectRoom', ada.token, 200);

      await sends('publishEvent', key, 202);
      await grace.rest.get('/api/me');
      real.set(NOTIFICATION, (await sends('notifyUser', key, 201)).id);
      await sends('listNotifications', grace.token, 200);
      await sends('readNotifications', grace.token, 200);

      const job = await sends('createJob', ada.token, 202);
      real.set(JOB, job.id);
      await until(async () => (await sends('getJob', ada.token, 200)).state === 'completed', 'the job is done');
      await sends('getJobResult', ada.token, 200);
      await sends('cancelJob', ada.token, 200);
      await sends('listJobs', ada.token, 200);
      await sends('getAnyJob', key, 200);
      await sends('listAllJobs', key, 200);
      await sends('getVisitor', key, 200);
      await sends('cancelAnyJob', key, 200);
      await sends('retryJob', key, 409);
      // Dead, since nobody could have started it in time.
      const late = answered(
        await ada.rest.post('/api/jobs', {
          type: 'room.export',
          payload: { roomId: 'attic', format: 'csv' },
          delayMs: 1,
          expiresMs: 2,
        }),
        202,
      );
      real.set(JOB, late.id);
      await until(
        async () => ['dead', 'completed'].includes((await sends('getJob', ada.token, 200)).state),
        'the late job has ended',
      );
      if ((await sends('getJob', ada.token, 200)).state === 'dead') await sends('retryJob', key, 200);

      await sends('removeMember', ada.token, 204);
      await sends('deleteRoom', ada.token, 204);
      for (const name of [
        'getHealth',
        'getReady',
        'getMetrics',
        'getOpenApi',
        'getAsyncApi',
        'getDocs',
        'getDocsStyle',
        'getPage',
      ]) {
        await sends(name, undefined, 200);
      }
      const unsent = operations.map(({ said }) => said.operationId).filter((each) => !sent.has(each));
      assert.deepEqual(unsent, []);
    });

    test('are refused where the key or the token is missing', async () => {
      for (const { path, method, said } of operations) {
        if (said.security?.length === 0) continue;
        const target = path.replaceAll(/\{\w+\}/g, JOB);
        const body = said.requestBody?.content['application/json'].example;
        for (const token of [undefined, 'noise']) {
          isProblem(await town.rest(0, token)[method](target, body), 401, 'unauthenticated');
        }
      }
    });

    test('are refused where a parameter is not what it is described as', async () => {
      const eve = await town.citizen('Eve-parameters');
      for (const { path, method, said } of operations) {
        const token = said.security?.some((one) => 'serverKey' in one) ? 'the-key' : eve.token;
        const body = said.requestBody?.content['application/json'].example;
        const asks = (target) => town.rest(0, token)[method](target, body);
        if (path.includes('{')) {
          isProblem(await asks(path.replaceAll(/\{\w+\}/g, 'x'.repeat(200))), 400, 'invalid_argument');
        }
        if (said.parameters?.some(({ name }) => name === 'limit')) {
          isProblem(await asks(`${path.replaceAll(/\{\w+\}/g, 'attic')}?limit=0`), 400, 'invalid_argument');
        }
      }
    });

    test('of a backend are not there without the key that opens them', async () => {
      const keyless = await embedded({ after: (ending) => town.whenItEnds(ending) });
      for (const { path, method, said } of operations) {
        if (!said.security?.some((one) => 'serverKey' in one)) continue;
        const body = said.requestBody?.content['application/json'].example;
        const answer = await keyless.rest(0, 'the-key')[method](path.replaceAll(/\{\w+\}/g, JOB), body);
        isProblem(answer, 404, 'not_found');
      }
    });

    test('are refused under a method that the path does not take, with those that it does', async () => {
      for (const [path, methods] of Object.entries(document.paths)) {
        if (path === '/') continue;
        const response = await fetch(`${town.address()}${path.replaceAll(/\{\w+\}/g, JOB)}`, { method: 'PUT' });
        assert.equal(response.status, 405, path);
        assert.equal((await response.json()).code, 'invalid_argument');
        const allowed = (response.headers.get('allow') ?? '')
          .toLowerCase()
          .split(',')
          .map((one) => one.trim());
        for (const method of Object.keys(methods)) assert.ok(allowed.includes(method), `${path} allows ${allowed}`);
      }
    });
  });
}
