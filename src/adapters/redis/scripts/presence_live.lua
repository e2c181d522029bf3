-- Who is live in a room.
--
-- ARGV[2]  the room; ARGV[3]  how many users at most
-- Returns  1 when the list is settled, how many users there are, { user, username, status } of some

local room = live_in(ARGV[2])
local some = redis.call('HRANDFIELD', room, ARGV[3], 'WITHVALUES')
local found = {}
for i = 1, #some, 2 do
  local _, username = split(some[i + 1])
  local entry = redis.call('HGET', users, some[i])
  local status = 'offline'
  if entry then
    _, status = split(entry)
  end
  found[#found + 1] = { some[i], username, status }
end
return { is_settled() and 1 or 0, redis.call('HLEN', room), found }
