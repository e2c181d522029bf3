// Two replicas on real Postgres and Redis for one test, behind one address; what carries the page to them can be cut.

import { overBackends, ownBackends } from '../../tests/flows/support/backends.js';
import { TcpProxy } from '../../tests/flows/support/proxy.js';
import { empty } from '../../tests/flows/support/town.js';

/** Why there can be none here, or `false`: scripts/with-services offers both stores. */
export const noReplicas = overBackends.skip;

/**
 * As `startBelfry`: `url`, and `stop` and `start` of both. New connections go to the one and the other in turn. Besides: `line`, a
 * `TcpProxy` (`resets()`, `refuses()`, `passes()`) that the page's connections alone go through, and `town`, the place itself.
 */
export async function startTwoReplicas(test, settings = {}, flags = []) {
  const town = await empty(test);
  const backends = await ownBackends();
  town.whenItEnds(() => backends.remove());
  const page = process.env.PAGE_DIR && { PAGE_DIR: process.env.PAGE_DIR };
  town.settings = { ...town.settings, RUST_LOG: 'warn', ...backends.settings, ...page, ...settings };
  await town.opens(2, flags);
  const line = await TcpProxy.before(Number(new URL(town.balancer.url).port));
  town.whenItEnds(() => line.close());
  const places = [0, 1];
  return {
    url: `http://${line.host}:${line.port}`,
    town,
    line,
    stop: () => Promise.all(places.map((place) => town.stop(place))),
    start: () => Promise.all(places.map((place) => town.starts(place))),
  };
}
