// Who is in which room, over all processes: a Redis hash a room, user id to username.

const SHOWN = 200;

export class Presence {
  constructor(redis) {
    this.redis = redis;
  }

  enter(roomId, user) {
    return this.redis.hset(key(roomId), user.id, user.username);
  }

  leave(roomId, user) {
    return this.redis.hdel(key(roomId), user.id);
  }

  count(roomId) {
    return this.redis.hlen(key(roomId));
  }

  async some(roomId) {
    const [, flat] = await this.redis.hscan(key(roomId), 0, 'COUNT', SHOWN);
    const online = [];
    for (let i = 0; i < flat.length && online.length < SHOWN; i += 2) {
      online.push({ id: flat[i], username: flat[i + 1], status: 'online' });
    }
    return online;
  }
}

const key = (roomId) => `room:${roomId}:online`;
