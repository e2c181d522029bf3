// The worker process of the peer: takes a job for each message, finds mentions, and tells the room if there are any.

import { Emitter } from '@socket.io/redis-emitter';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { History } from './history.js';
import { settings } from './settings.js';

const redis = new Redis(settings.redisUrl, { enableAutoPipelining: true });
const history = new History(settings.databaseUrl, 4, redis);
const emitter = new Emitter(redis);

const worker = new Worker(
  'messages',
  async ({ data: { messageId, roomId, content } }) => {
    const mentions = [...content.matchAll(/@(\w+)/g)].map(([, name]) => name);
    if (mentions.length === 0) return;
    await history.setMentions(messageId, mentions);
    emitter.to(roomId).emit('message:updated', { id: messageId, roomId, mentions });
  },
  {
    connection: new Redis(settings.redisUrl, { maxRetriesPerRequest: null, enableAutoPipelining: true }),
    concurrency: settings.workerConcurrency,
  },
);

worker.on('error', (error) => console.error(error));
process.on('SIGTERM', () => process.exit(0));
