// A person without a browser, for what would take a browser too long: the stock client against the same server.
import { io } from 'socket.io-client';

export async function guest(test, belfry, username) {
  const response = await fetch(`${belfry.url}/api/auth/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  });
  const { user, accessToken } = await response.json();
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
