-- Who is live in a room.
--
-- ARGV[2]  the room; ARGV[3]  how many users at most
-- Returns  1 when the list is settled, how many users there are, some users each with their entry in the room, and their entries
--          among the users. Entries go out as they are: taking them apart here would keep Redis longer.

local room = live_in(ARGV[2])
local some = redis.call('HRANDFIELD', room, ARGV[3], 'WITHVALUES')
local entries = {}
for first = 1, #some, 1000 do
  local names = {}
  for i = first, math.min(first + 999, #some), 2 do
    names[#names + 1] = some[i]
  end
  for n, entry in ipairs(redis.call('HMGET', users, unpack(names))) do
    entries[(first - 1) / 2 + n] = entry
  end
end
return { is_settled() and 1 or 0, redis.call('HLEN', room), some, entries }
