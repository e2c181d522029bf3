-- Renews a replica's lease and finds what is to be buried.
--
-- ARGV[2]  the replica's turn, or ''; ARGV[3]  a fresh one; ARGV[4]  when the list was born, as far as known
-- ARGV[5]  1 when the replica is not sure of its entries; ARGV[6]  for how long, in ms, an old turn stays once a new one has begun
-- Returns  whether the fresh turn was begun, when the list was born, whether doubts are to be settled, turns to bury

local turn, announce = ARGV[2], 0
local mine = turn ~= '' and redis.call('ZSCORE', leases, turn)

-- Everybody's lease has passed, and yet here we are: it is Redis that stood still, and nobody has died of that.
if mine and tonumber(mine) <= now then
  local last = redis.call('ZREVRANGE', leases, 0, 0, 'WITHSCORES')
  if tonumber(last[2]) <= now then
    for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
      redis.call('ZADD', leases, number(now + lease), other)
    end
    redis.call('SET', presence .. 'born', number(now))
    redis.call('SET', presence .. 'lost', number(now))
  end
end

local at = born(ARGV[4])
if not mine or ARGV[5] == '1' then
  turn, announce = ARGV[3], 1
  local here = any_of(replica_of(turn))
  for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    if here(other) then
      redis.call('ZADD', leases, number(now + tonumber(ARGV[6])), other)
    end
  end
end
redis.call('ZADD', leases, number(now + lease), turn)

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', number(now))) do
  redis.call('ZREM', leases, dead)
  redis.call('ZADD', graves, number(now), dead)
end
-- Who finds a grave due digs it, and nobody else for one lease.
local due = redis.call('ZRANGEBYSCORE', graves, '-inf', number(now))
for _, dead in ipairs(due) do
  redis.call('ZADD', graves, number(now + lease), dead)
end

local settle = 0
if redis.call('EXISTS', doubts) == 1 and not in_doubt() then
  settle = 1
end
return { announce, at, settle, due }
