-- Tells what was not told while the list was incomplete, where it is still so; some at a time.
--
-- ARGV[2]  how many
-- Returns  1 when nothing is left, the signals

if in_doubt() then
  return { 1, signals }
end
local some = redis.call('HRANDFIELD', doubts, ARGV[2], 'WITHVALUES')
for i = 1, #some, 2 do
  redis.call('HDEL', doubts, some[i])
  local room, user = string.match(some[i], '^(.-)\n(.*)$')
  if room == '' then
    if redis.call('HEXISTS', users, user) == 0 then
      local rooms = {}
      for told in string.gmatch(some[i + 1], '%S+') do
        rooms[#rooms + 1] = told
      end
      tell_status(user, 'offline', rooms)
    end
  elseif redis.call('HEXISTS', live_in(room), user) == 0 then
    tell('left', room, user, some[i + 1])
  end
end
return { redis.call('EXISTS', doubts) == 0 and 1 or 0, signals }
