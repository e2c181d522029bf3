-- Adds tickets, in order.
--
-- ARGV[4…] for each one: when it is due, in ms, or ''; the ticket as in the sorted set

local later = false
for i = 4, #ARGV, 2 do
  local due = tonumber(ARGV[i])
  if due and due > now then
    redis.call('ZADD', delayed, ARGV[i], ARGV[i + 1])
    later = true
  else
    add(ARGV[i + 1])
  end
end
if later then
  local bound = tonumber(ARGV[3])
  if redis.call('ZCARD', delayed) > bound then
    -- The latest go: the store brings them again long before they are due.
    redis.call('ZREMRANGEBYRANK', delayed, bound, -1)
  end
end
finish({})
