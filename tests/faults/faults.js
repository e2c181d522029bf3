// What can break: each fault has a name, what it breaks (nothing is broken twice at once), `begin`, and `end`, which makes it whole.

import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../flows/support/chance.js';

/** A statement's answer that is complete, outside of any transaction. */
const DONE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * A fault at work: `target` names what it breaks, `hinders` the places that cannot be expected to deliver in time meanwhile, and
 * `detail` what is told of it. `begin(frail, crowd, chance)` may take its time; `end(frail)` resolves when all is whole.
 */
const at = (make) => (frail, chance) => make(chance.oneOf(frail.places));
const anywhere = (make) => (frail, chance) => make(chance.oneOf([...frail.networks.keys()]));

/** The catalogue: name -> `(frail, chance) => fault`. */
export const faults = {
  'replica killed': at((place) => ({
    target: `replica ${place}`,
    hinders: [place],
    async begin(frail, crowd) {
      await crowd.haunts(place);
      await frail.town.kill(place);
      crowd.died(place);
    },
    end: (frail) => frail.starts(place),
  })),

  'replica killed after a commit': at((place) => ({
    target: `replica ${place}`,
    alsoTarget: `network ${place} postgres`,
    hinders: [place],
    async begin(frail, crowd, chance) {
      await crowd.haunts(place);
      const network = frail.networks.get(place).postgres;
      const text = `unheard ${chance.between(0, 1e9)}`;
      const committed = network.losesAnswer({ request: includes(text), answer: includes(DONE) });
      crowd.whispers(place, text);
      const happened = await Promise.race([committed.then(() => true), pause(4_000, false)]);
      network.losesNothing();
      await frail.town.kill(place);
      crowd.died(place);
      if (happened) await crowd.mustHear(text);
      else frail.note('  (nothing could be committed before it)');
    },
    end: (frail) => frail.starts(place),
  })),

  'replica frozen': at((place) => ({
    target: `replica ${place}`,
    hinders: [place],
    freezes: true,
    begin: (frail) => frail.town.pause(place),
    end: (frail) => frail.town.resume(place),
  })),

  'replica drained': at((place) => ({
    target: `replica ${place}`,
    hinders: [place],
    async begin(frail) {
      const { code, signal } = await frail.town.stop(place);
      if (code !== 0) throw new Error(`a drained replica ended with ${code ?? signal}`);
    },
    end: (frail) => frail.starts(place),
  })),

  'worker killed': (frail, chance) => {
    if (!frail.hasWorkerApart) return faults['replica killed'](frail, chance);
    return {
      target: 'worker',
      hinders: [],
      begin: () => frail.killsWorker(),
      end: () => frail.startsWorker(),
    };
  },

  'Redis killed, back empty': () => ({
    target: 'redis',
    hinders: [],
    begin: (frail) => frail.redis.stop(),
    end: (frail) => frail.redis.start(),
  }),

  'Redis frozen': () => ({
    target: 'redis',
    hinders: [],
    begin: (frail) => frail.redis.pause(),
    end: (frail) => frail.redis.resume(),
  }),

  'Redis connections cut': () => ({
    target: 'redis',
    hinders: [],
    async begin(frail, _, chance) {
      for (let times = chance.between(1, 4); times > 0; times--) {
        for (const type of ['normal', 'pubsub']) await frail.asksRedis('CLIENT', 'KILL', 'TYPE', type);
        await pause(chance.between(50, 800));
      }
    },
    end() {},
  }),

  'Postgres connections ended': () => ({
    target: 'postgres',
    hinders: 'all',
    async begin(frail, _, chance) {
      for (let times = chance.between(1, 4); times > 0; times--) {
        await frail.postgres.terminateBackends();
        await pause(chance.between(50, 800));
      }
    },
    end() {},
  }),

  'Postgres frozen': () => ({
    target: 'postgres',
    hinders: 'all',
    begin: (frail) => frail.postgres.freeze(),
    end: (frail) => frail.postgres.thaw(),
  }),

  'Postgres crashed': () => ({
    target: 'postgres',
    hinders: 'all',
    begin: (frail) => frail.postgres.crash(),
    end: (frail) => frail.postgres.start(),
  }),

  'answers of commits lost': anywhere((place) => ({
    target: `network ${place} postgres`,
    hinders: [place],
    async begin(frail, crowd, chance) {
      const network = frail.networks.get(place).postgres;
      let lost = 0;
      for (let times = chance.between(2, 6); times > 0; times--) {
        const request = chance.next() < 0.7 ? crowd.isOurs : () => true;
        const loss = network.losesAnswer({ request, answer: includes(DONE) });
        lost += await Promise.race([loss.then(() => 1), pause(2_000, 0)]);
        network.losesNothing();
      }
      frail.note(`  (${lost} answers lost)`);
    },
    end() {},
  })),

  ...broken('postgres', (place) => [place]),
  ...broken('redis', () => []),
};

/** The network between one place and one store. */
function broken(store, hinders) {
  const name = store === 'redis' ? 'Redis' : 'Postgres';
  const way = (begin, more) =>
    anywhere((place) => ({
      target: `network ${place} ${store}`,
      hinders: hinders(place),
      begin: (frail, _, chance) => begin(frail.networks.get(place)[store], chance),
      end: (frail) => frail.networks.get(place)[store].passes(),
      ...more,
    }));
  return {
    [`network to ${name} blackholed`]: way((network) => network.blackholes()),
    [`network to ${name} delayed`]: way((network, chance) => network.delays(chance.oneOf([20, 150, 600, 1_500]))),
    [`network to ${name} reset`]: way(async (network, chance) => {
      for (let times = chance.between(1, 5); times > 0; times--) {
        network.resets();
        await pause(chance.between(50, 600));
      }
    }),
    [`network to ${name} refused`]: way((network) => network.refuses()),
  };
}

function includes(part) {
  return (bytes) => bytes.includes(part);
}

/** The most milliseconds that a fault lasts, beyond what beginning it takes. */
const LONGEST = 6_000;
/** A page that a worker asks for is given up after 5 s, for good: who stands still for that long finds no link. */
const LONGEST_FREEZE = 3_500;

/** Breaks things, one or a few at a time, until the time is over or the plan is done; everything is whole when it resolves. */
export class Storm {
  /** `{ name, target, hinders, freezes, began, ended }` of all that broke. */
  past = [];
  #parts = 10_000;

  constructor(frail, crowd) {
    Object.assign(this, { frail, crowd, chance: new Chance(this.#parts) });
  }

  async rages(seconds) {
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      const count = Number(this.chance.weighted({ 1: 6, 2: 3, 3: 1 }));
      await this.breaks(Array.from({ length: count }, () => this.chance.oneOf(Object.keys(faults))));
    }
  }

  /** Groups of names: a group's faults happen at the same time. */
  async follows(plan) {
    for (const names of plan) await this.breaks(names);
  }

  async breaks(names) {
    const taken = new Set();
    const chosen = [];
    for (const name of names) {
      const fault = { name, ...faults[name](this.frail, this.chance) };
      const targets = [fault.target, fault.alsoTarget].filter(Boolean);
      if (targets.some((target) => taken.has(target))) continue;
      for (const target of targets) taken.add(target);
      // What chance decides is decided before anything runs side by side, so that a seed gives the same again.
      const longest = fault.freezes ? LONGEST_FREEZE : LONGEST;
      const [starts, lasts] = [this.chance.between(0, 1_000), this.chance.between(200, longest)];
      this.#parts += 1;
      chosen.push({ fault, starts, lasts, chance: new Chance(this.#parts) });
    }
    const calm = this.chance.between(300, 3_000);
    const outcomes = await Promise.allSettled(chosen.map((one) => this.#lasts(one)));
    for (const { reason } of outcomes) if (reason) throw reason;
    await pause(calm);
  }

  async #lasts({ fault, starts, lasts, chance }) {
    const { frail, crowd } = this;
    await pause(starts);
    const told = `${fault.name} (${fault.target})`;
    const one = { ...fault, began: Date.now(), ended: Number.POSITIVE_INFINITY };
    this.past.push(one);
    frail.note(`${told} begins`);
    try {
      await fault.begin(frail, crowd, chance);
      await pause(lasts);
    } finally {
      frail.note(`${told} is being mended`);
      await fault.end(frail);
      one.ended = Date.now();
      frail.note(`${told} is whole again`);
    }
  }
}
