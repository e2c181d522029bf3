// The same stories over one server on SQLite and over two replicas on Postgres and Redis: the wire is the same in both.

import { after, before, describe } from 'node:test';
import { overBackends } from './backends.js';
import { embedded, replicas, unhurried } from './town.js';

const places = [
  ['one server', {}, (t) => embedded(t, unhurried)],
  ['two replicas', overBackends, (t) => replicas(t, 2, { settings: unhurried })],
];

/** Tells stories in a town that they share. `tell` gets `place`: `town`, and `guests(...names)`, who are spread over its servers. */
export function everywhere(tell) {
  for (const [name, options, opens] of places) {
    describe(name, { concurrency: 4, ...options }, () => {
      const place = {
        guests: (...names) =>
          Promise.all(names.map((name, i) => place.town.guest(name, { at: i % place.town.servers.length }))),
      };
      let end;
      before(async () => {
        place.town = await opens({ after: (ending) => (end = ending) });
      });
      after(() => end?.());
      tell(place);
    });
  }
}
