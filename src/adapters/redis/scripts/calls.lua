-- Whether a message may call: the key holds the one that did, and expires when others may.
--
-- KEYS[1]  the key of the user in the room
-- ARGV     the message, and for how long it holds others back, in milliseconds
-- Returns  1 or 0

local holder = redis.call('GET', KEYS[1])
if holder then
  return holder == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
