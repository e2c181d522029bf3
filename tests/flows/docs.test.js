// The page about both interfaces: everything that the documents have is on it, each under an anchor of its own, and it keeps to the policy.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asyncapiDocument, openapiDocument } from './support/documents.js';
import { answered, isProblem } from './support/rest.js';
import { embedded } from './support/town.js';

describe('the page about both interfaces', () => {
  let town;
  let end;
  let html;
  before(async () => {
    town = await embedded({ after: (ending) => (end = ending) });
    html = (await town.rest().get('/api/docs')).text;
  });
  after(() => end?.());

  const anchors = () => [...html.matchAll(/ id="([^"]+)"/g)].map(([, anchor]) => anchor);

  test('tells of every operation, event and code under an anchor of its own', () => {
    const there = anchors();
    assert.equal(new Set(there).size, there.length, 'an anchor is there once');
    const wanted = [
      ...Object.values(openapiDocument().paths).flatMap((path) => Object.values(path).map((one) => one.operationId)),
      ...Object.entries(asyncapiDocument().operations)
        .filter(([, { channel }]) => channel.$ref === '#/channels/socket')
        .map(([key]) => `event-${key}`),
      ...openapiDocument().components.schemas.Code.enum.map((code) => `error-${code}`),
    ];
    assert.deepEqual(
      wanted.filter((anchor) => !there.includes(anchor)),
      [],
    );
  });

  test('has no link within it that leads nowhere', () => {
    const there = new Set(anchors());
    const links = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, anchor]) => anchor);
    assert.ok(links.length > 100);
    assert.deepEqual(
      links.filter((anchor) => !there.has(anchor)),
      [],
    );
  });

  test('leads to the document that its words name, and says nothing of how it is made', () => {
    assert.match(html, /<a href="\/api\/asyncapi.json"><code>/);
    assert.doesNotMatch(html, /for the descriptions/);
  });

  test('is where a problem sends its reader', async () => {
    const problem = await town.rest().get('/api/me');
    isProblem(problem, 401, 'unauthenticated');
    const { pathname, hash } = new URL(problem.body.type, town.address());
    assert.equal(pathname, '/api/docs');
    assert.ok(anchors().includes(hash.slice(1)), problem.body.type);
  });

  test('needs neither script nor style of its own, nor anything from elsewhere', async () => {
    assert.doesNotMatch(html, /<script|<style| style=| on\w+=|https?:\/\/(?!example\.org)/);
    answered(await town.rest().get('/api/docs.css'), 200);
  });
});
