-- Ends all turns of a replica; their burial is the caller's for one lease.
--
-- ARGV[2]  the replica
-- Returns  the turns

local here, ended = any_of(ARGV[2]), {}
for _, turn in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
  if here(turn) then
    redis.call('ZREM', leases, turn)
    redis.call('ZADD', graves, number(now + lease), turn)
    ended[#ended + 1] = turn
  end
end
return ended
