-- Lets all turns of a replica end a little later: whoever is vouched for by another until then stays.
--
-- ARGV[2]  the replica; ARGV[3]  for how long, in ms, its turns stay
-- Returns  how many turns there were

local here, turns = any_of(ARGV[2]), 0
for _, turn in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
  if here(turn) then
    redis.call('ZADD', leases, number(now + tonumber(ARGV[3])), turn)
    turns = turns + 1
  end
end
return turns
