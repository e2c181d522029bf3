// A person without a browser, for what would take a browser too long: the stock client against the same server.
import { io } from 'socket.io-client';

const PATIENCE_MS = 30_000;

export async function guest(test, belfry, username) {
  const { user, accessToken } = await comesIn(belfry, username);
  const socket = io(belfry.url, { auth: { token: accessToken }, forceNew: true });
  test.after(() => socket.close());

  async function ask(event, argument) {
    const answer = await socket.timeout(10_000).emitWithAck(event, argument);
    if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
    return answer;
  }
  return {
    id: user.id,
    ask,
    /** The newest page of a room. */
    async joinAndRead(roomId) {
      const history = new Promise((resolve) => socket.once('room:history', resolve));
      await ask('join:room', { roomId });
      return (await history).messages;
    },
    /** Joins, and is back when somebody of that name is there too. */
    async meets(roomId, username) {
      const met = new Promise((resolve) => {
        socket.on('user:joined', (user) => user.username === username && resolve());
      });
      const { online } = await ask('join:room', { roomId });
      if (!online.some((user) => user.username === username)) await met;
    },
    /** The first message for which `fits` says yes, from now on. */
    hears: (fits) =>
      new Promise((resolve) => {
        socket.on('message:new', (message) => fits(message) && resolve(message));
      }),
    join: (roomId) => ask('join:room', { roomId }),
    /** A room of their own; answers with it. */
    async makes(wish) {
      const made = await fetch(`${belfry.url}/api/rooms`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
        body: JSON.stringify(wish),
      });
      if (made.status !== 201) throw new Error(`a room: ${made.status}`);
      return await made.json();
    },
    write: (roomId, content) => ask('message:send', { roomId, content }),
  };
}

/** Once more where the server says that its store is busy. */
async function comesIn(belfry, username) {
  for (const until = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const response = await fetch(`${belfry.url}/api/auth/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username }),
    });
    if (response.ok) return await response.json();
    if (response.status !== 503 || Date.now() > until) throw new Error(`${username}: ${response.status}`);
  }
}
