// One server process of the peer: Socket.IO with the Redis adapter. Start as many as there are cores to spare.

import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';
import { v7 as uuidv7 } from 'uuid';
import { History, PAGE } from './history.js';
import { Presence } from './presence.js';
import { settings } from './settings.js';

const ROOM_ID = /^[\w-]{1,64}$/;
const NOT_A_ROOM_ID = 'a room id is 1-64 characters of A-Z a-z 0-9 _ -';

const redis = new Redis(settings.redisUrl, { enableAutoPipelining: true });
const history = new History(settings.databaseUrl, settings.poolSize, redis);
const presence = new Presence(redis);
const jobs = new Queue('messages', {
  connection: new Redis(settings.redisUrl, { maxRetriesPerRequest: null, enableAutoPipelining: true }),
  defaultJobOptions: {
    attempts: 5,
    backoff: { type: 'exponential', delay: 500 },
    removeOnComplete: true,
    removeOnFail: 1000,
  },
});

const http = createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url === '/ready') return answer(200, {});
  if (request.url === '/stats') return answer(200, await history.stats());
  return answer(404, {});
});

const io = new Server(http, {
  adapter: createAdapter(new Redis(settings.redisUrl), new Redis(settings.redisUrl)),
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  maxHttpBufferSize: 100_000,
});

io.use((socket, next) => {
  jwt.verify(socket.handshake.auth.token ?? '', settings.jwtSecret, { algorithms: ['HS256'] }, (error, claims) => {
    if (error) return next(new Error(`Authentication failed: ${error.message}`));
    socket.data.user = { id: claims.sub, username: claims.name };
    next();
  });
});

io.on('connection', (socket) => {
  const { user } = socket.data;

  on('join:room', async (argument) => {
    const roomId = typeof argument === 'string' ? argument : argument.roomId;
    check(typeof roomId === 'string' && ROOM_ID.test(roomId), NOT_A_ROOM_ID);
    await socket.join(roomId);
    // One round trip: the commands go out together.
    const [messages, , onlineCount, online] = await Promise.all([
      history.recent(roomId),
      presence.enter(roomId, user),
      presence.count(roomId),
      presence.some(roomId),
    ]);
    socket.emit('room:history', { roomId, mode: 'page', messages, hasMore: messages.length === PAGE });
    if (onlineCount <= settings.announceUpTo) {
      socket.to(roomId).emit('user:joined', { roomId, userId: user.id, username: user.username });
    }
    return { room: { id: roomId, name: roomId, visibility: 'public' }, online, onlineCount, typing: [] };
  });

  on('leave:room', async (argument) => {
    const roomId = typeof argument === 'string' ? argument : argument.roomId;
    await socket.leave(roomId);
    await depart(roomId);
    return {};
  });

  on('message:send', async ({ roomId, content, type = 'text', clientId }) => {
    // There are no memberships: who is connected may write.
    check(typeof roomId === 'string' && ROOM_ID.test(roomId), NOT_A_ROOM_ID);
    check(typeof content === 'string' && content.trim() !== '' && content.length <= 8000, 'content is 1-8000 characters');
    const message = {
      id: uuidv7(),
      roomId,
      userId: user.id,
      username: user.username,
      content,
      type,
      timestamp: new Date().toISOString(),
      clientId,
      claps: { total: 0 },
      reactions: [],
      mentions: [],
      previews: [],
    };
    await history.insert(message);
    io.to(roomId).emit('message:new', message);
    // Neither the list nor the job holds up the sender.
    history.remember(message).catch(report);
    jobs.add('enrich', { messageId: message.id, roomId, content }).catch(report);
    return { message };
  });

  on('typing:start', async (roomId) => {
    socket.to(roomId).emit('typing:user', { roomId, userId: user.id, username: user.username });
    return {};
  });

  on('typing:stop', async (roomId) => {
    socket.to(roomId).emit('typing:stop', { roomId, userId: user.id });
    return {};
  });

  socket.on('disconnecting', () => {
    for (const roomId of socket.rooms) {
      if (roomId !== socket.id) depart(roomId).catch(report);
    }
  });

  async function depart(roomId) {
    const [onlineCount] = await Promise.all([presence.count(roomId), presence.leave(roomId, user)]);
    if (onlineCount <= settings.announceUpTo) {
      socket.to(roomId).emit('user:left', { roomId, userId: user.id, username: user.username });
    }
  }

  function on(event, handler) {
    socket.on(event, async (argument, ack) => {
      let answer;
      try {
        answer = { ok: true, ...(await handler(argument ?? {})) };
      } catch (error) {
        const code = error instanceof Invalid ? 'invalid_argument' : 'unavailable';
        if (code === 'unavailable') report(error);
        answer = { ok: false, error: { code, message: error.message } };
      }
      if (typeof ack === 'function') ack(answer);
    });
  }
});

class Invalid extends Error {}

function check(condition, message) {
  if (!condition) throw new Invalid(message);
}

function report(error) {
  console.error(error);
}

await history.migrate();
http.listen(settings.port, '127.0.0.1', () => console.error(`peer listens on ${settings.port}`));
process.on('SIGTERM', () => process.exit(0));
