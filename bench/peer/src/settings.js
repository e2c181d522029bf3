// The settings of the peer, from the environment. The names are those of Belfry where both have them.

export const settings = {
  port: Number(process.env.PORT ?? 3000),
  databaseUrl: process.env.DATABASE_URL,
  redisUrl: process.env.REDIS_URL,
  jwtSecret: process.env.JWT_SECRET,
  // Connections to Postgres of one process.
  poolSize: Number(process.env.POOL_SIZE ?? 20),
  // A room with more people than this no longer announces each arrival and departure to everybody.
  announceUpTo: Number(process.env.ANNOUNCE_UP_TO ?? Infinity),
  workerConcurrency: Number(process.env.WORKER_CONCURRENCY ?? 50),
};
