-- Renews a replica's lease and finds what is to be buried.
--
-- ARGV[2]  the replica's turn, or ''; ARGV[3]  a fresh one; ARGV[4]  when the list was born, as far as known
-- ARGV[5]  1 when the replica is not sure of its entries; ARGV[6]  the time between two renewals, in ms: for so long an old turn stays
--          once a new one has begun
-- Returns  whether the fresh turn was begun, when the list was born, whether doubts are to be settled, turns to bury

local turn, announce, renewal = ARGV[2], 0, tonumber(ARGV[6])
local mine = turn ~= '' and redis.call('ZSCORE', leases, turn)

-- Nobody has renewed for longer than renewals are apart: it is Redis that stood still, or that nobody could reach. A lease that has
-- passed meanwhile says nothing, so everybody has two renewals to be heard of again before anybody is buried. Only who was there
-- before can say so: where nobody is left of those it was a crash, and the dead are dead. Who comes new leaves that to their first
-- renewal, before which the others have had time for theirs.
local heard = tonumber(redis.call('GET', presence .. 'heard') or '')
local stale = heard and now - heard > 1.5 * renewal
local comes_new = stale and not mine
if stale and mine and tonumber(mine) - lease <= heard then
  local spared = number(now + 2 * renewal)
  local late = redis.call('ZRANGEBYSCORE', leases, '-inf', spared)
  for _, other in ipairs(late) do
    redis.call('ZADD', leases, spared, other)
  end
  if #late > 0 then
    redis.call('SET', presence .. 'born', number(now))
    redis.call('SET', presence .. 'lost', number(now))
  end
end
if not comes_new then
  redis.call('SET', presence .. 'heard', number(now))
end

local at = born(ARGV[4])
if not mine or ARGV[5] == '1' then
  turn, announce = ARGV[3], 1
  local here = any_of(replica_of(turn))
  for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    if here(other) then
      redis.call('ZADD', leases, number(now + renewal), other)
    end
  end
end
redis.call('ZADD', leases, number(now + lease), turn)

if not comes_new then
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', number(now))) do
    redis.call('ZREM', leases, dead)
    redis.call('ZADD', graves, number(now), dead)
  end
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
