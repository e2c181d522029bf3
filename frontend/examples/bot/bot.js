// A bot that answers whoever mentions it. BELFRY_URL says where, BELFRY_ROOMS in which rooms; with BELFRY_TOKEN it comes as whom
// that token names (`belfry token --sub echo --name echo --ttl 30d`), without one as a guest.
import { createClient, createSession } from '@belfry/client';

const {
  BELFRY_URL: url = 'http://127.0.0.1:3000',
  BELFRY_TOKEN: token,
  BELFRY_ROOMS = 'lobby',
} = process.env;

const session = token ? null : createSession({ url });
await session?.signIn('guest', 'echo');
const client = createClient(token ? { url, token } : { url, getToken: session.getToken });

// As it happens: what was said while the bot was away is not answered.
client.on('notification', async ({ kind, roomId, messageId }) => {
  if (kind !== 'mention' || !roomId) return;
  const room = client.room(roomId);
  const asked = room.messages.get().messages.find(({ id }) => id === messageId);
  if (!asked) return;
  const words = asked.content.replace(/@\S+/g, '').trim();
  await room
    .send(words ? `You said: ${words}` : 'Yes?', { replyTo: asked.id })
    .done.catch(({ message }) => console.error(message));
});

client.connection.subscribe(() => {
  const { status, problem } = client.connection.get();
  console.log(status, problem?.message ?? '');
});

for (const id of BELFRY_ROOMS.split(',')) client.room(id).open();
client.connect();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    client.disconnect();
    session?.close();
  });
}
