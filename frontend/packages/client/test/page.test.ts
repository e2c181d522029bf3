// A client in a page: back at once when somebody looks again, and nothing left behind.
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { name, somebody, startServer, story, until, wayTo } from './scene.js';

const server = startServer();

/** Counts who listens. */
class Part extends EventTarget {
  visibilityState = 'visible';
  readonly listening = new Map<unknown, string>();
  override addEventListener(type: string, listener: EventListener) {
    this.listening.set(listener, type);
    super.addEventListener(type, listener);
  }
  override removeEventListener(type: string, listener: EventListener) {
    this.listening.delete(listener);
    super.removeEventListener(type, listener);
  }
  become(state: string) {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

let page: { document: Part; window: Part };

beforeEach(() => {
  page = { document: new Part(), window: new Part() };
  vi.stubGlobal('document', page.document);
  vi.stubGlobal('window', page.window);
});
afterEach(() => void vi.unstubAllGlobals());

for (const [what, wake] of [
  ['the tab is looked at again', () => page.document.become('visible')],
  ['the network is back', () => page.window.dispatchEvent(new Event('online'))],
] as const) {
  story(`comes back before its next try when ${what}, however long it has tried in vain`, async () => {
    const way = await wayTo(server.url);
    const ada = somebody(way.url, { transports: ['websocket'] });
    ada.connect();
    await until(ada.connection, ({ status }) => status === 'online');
    way.cut();
    // After so many tries the next one is four seconds away at least.
    await vi.waitFor(() => expect(way.refused()).toBeGreaterThan(3), { timeout: 20_000, interval: 10 });
    way.heal();
    const tries = way.connections();
    wake();
    await vi.waitFor(() => expect(ada.connection.get().status).toBe('online'), { timeout: 3500 });
    expect(way.connections()).toBe(tries + 1);
  });
}

story('a connection that is dead without having been told is found out when somebody looks', async () => {
  const way = await wayTo(server.url);
  const ada = somebody(way.url);
  ada.connect();
  const room = ada.room(name('garden'));
  room.open();
  await until(room.state, ({ status }) => status === 'live');
  way.freeze();
  page.document.become('visible');
  await vi.waitFor(() => expect(way.connections()).toBe(2), { timeout: 10_000 });
  await until(room.state, ({ status }) => status === 'live');
});

story(
  'leaves no listener and no connection behind, in whatever order it is told to come and go',
  async () => {
    const way = await wayTo(server.url);
    const ada = somebody(way.url);
    ada.connect();
    ada.disconnect();
    ada.connect();
    ada.connect();
    await until(ada.connection, ({ status }) => status === 'online');
    expect(page.document.listening.size + page.window.listening.size).toBeGreaterThan(0);
    expect(way.open()).toBe(1);
    ada.disconnect();
    expect([...page.document.listening.values(), ...page.window.listening.values()]).toEqual([]);
    await vi.waitFor(() => expect(way.open()).toBe(0), { timeout: 10_000 });
  },
);
