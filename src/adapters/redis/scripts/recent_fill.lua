-- Sets a room's list, unless it stands at the same revision or a higher one. See recent_append.lua for its shape.
--
-- KEYS[1]  the list
-- ARGV[1]  for how many seconds to keep it when unused; ARGV[2]  the rev; ARGV[3]  the newest seq; ARGV[4…]  messages, newest first
-- Returns  1 when it was set

local list = KEYS[1]
local head = redis.call('LINDEX', list, 0)
if head then
  local rev = string.match(head, '^(%d+) %d+$')
  if rev and tonumber(rev) >= tonumber(ARGV[2]) then
    return 0
  end
end
redis.call('DEL', list)
redis.call('RPUSH', list, ARGV[2] .. ' ' .. ARGV[3])
for i = 4, #ARGV do
  redis.call('RPUSH', list, ARGV[i])
end
redis.call('EXPIRE', list, ARGV[1])
return 1
