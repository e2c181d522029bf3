// @vitest-environment happy-dom
// The hooks over a real client and a real server. Without BELFRY_BIN, the path of the program, this is skipped.
import { type Client, createClient, memoryStorage } from '@belfry/client';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { ChatProvider, RoomProvider, useConnection, useMessages, usePresence } from './index.js';

const { process } = globalThis as unknown as { process: { env: Record<string, string | undefined> } };

afterEach(cleanup);

/** How long a server on a busy machine may take. */
const patience = { timeout: 15_000 };

function Garden() {
  const status = useConnection((connection) => connection.status);
  const { messages, send, clap } = useMessages();
  const count = usePresence((presence) => presence.count);
  return (
    <>
      <p>
        {status}, {count} here
      </p>
      {messages.map((item) => (
        <button key={item.key} type="button" onClick={() => clap(item.id)}>
          {item.content}, {item.state}, {item.claps.total}
        </button>
      ))}
      <button type="button" onClick={() => send('from the hooks')}>
        Send
      </button>
    </>
  );
}

it.skipIf(!process.env.BELFRY_BIN)(
  'StrictMode leaves one connection and one open room, and both sides see what is said and done',
  { timeout: 60_000 },
  async () => {
    const belfry = await startBelfry();
    const ada = await clientOf(belfry.url, 'Ada');
    const bob = await clientOf(belfry.url, 'Bob');
    const garden = bob.room('garden');
    bob.connect();
    const close = garden.open();
    onTestFinished(() => {
      close();
      bob.disconnect();
    });
    await until(bob, () => garden.state.get().status === 'live');

    const { unmount } = render(
      <StrictMode>
        <ChatProvider client={ada}>
          <RoomProvider id="garden">
            <Garden />
          </RoomProvider>
        </ChatProvider>
      </StrictMode>,
    );
    await screen.findByText('online, 2 here', undefined, patience);
    expect(await belfry.connections()).toBe(2);

    await garden.send('from the other side').done;
    await screen.findByText('from the other side, kept, 0', undefined, patience);
    fireEvent.click(screen.getByText('Send'));
    screen.getByText(/^from the hooks, /);
    await screen.findByText('from the hooks, kept, 0', undefined, patience);
    const contents = () => garden.messages.get().messages.map((item) => item.content);
    await until(bob, () => contents().length === 2);
    expect(contents()).toEqual(['from the other side', 'from the hooks']);
    fireEvent.click(screen.getByText('from the other side, kept, 0'));
    screen.getByText('from the other side, kept, 1');
    await until(bob, () => garden.messages.get().messages[0]?.claps.total === 1);

    unmount();
    await until(bob, () => garden.presence.get().count === 1);
    expect(ada.connection.get().status).toBe('idle');
  },
);

async function startBelfry(): Promise<{ url: string; connections(): Promise<number> }> {
  const { happyDOM } = window as unknown as { happyDOM: { settings: { fetch: Record<string, boolean> } } };
  happyDOM.settings.fetch.disableSameOriginPolicy = true;
  // happy-dom reports each request that fails, and until the server is up some do.
  const quiet = vi.spyOn(window.console, 'error').mockImplementation(() => {});
  // @ts-expect-error: plain JavaScript, shared with the stories in the browser
  const { startBelfry: start } = await import('../../../e2e/belfry.js');
  const { url } = await start({ after: onTestFinished }).finally(() => quiet.mockRestore());
  return {
    url,
    async connections() {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^belfry_sockets(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1]);
    },
  };
}

async function clientOf(url: string, username: string): Promise<Client> {
  const response = await fetch(`${url}/api/auth/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  });
  const { accessToken } = (await response.json()) as { accessToken: string };
  return createClient({ url, token: accessToken, storage: memoryStorage() });
}

/** Waits for something that the other side comes to see. */
async function until(client: Client, holds: () => boolean) {
  const { messages, presence, state } = client.room('garden');
  await act(
    () =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!holds()) return;
          for (const end of ends) end();
          resolve();
        };
        const ends = [messages, presence, state].map((part) => part.subscribe(look));
        look();
      }),
  );
}
