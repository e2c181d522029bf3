-- Ends claims, and removes their entries.
--
-- ARGV[4…] for each line: its letter, how many entries, their places in ascending order

local i = 4
while i <= #ARGV do
  local stream, count = STREAMS[ARGV[i]], tonumber(ARGV[i + 1])
  local places = { unpack(ARGV, i + 2, i + 1 + count) }
  local ended = redis.call('XACK', stream, GROUP, unpack(places))
  local held = ended == count and redis.call('XPENDING', stream, GROUP, '-', places[count], 1)
  if held and #held == 0 then
    -- All up to the last of them have been claimed and settled. To cut them off takes far less than to look for each.
    local millis, number = string.match(places[count], '^(%d+)-(%d+)$')
    redis.call('XTRIM', stream, 'MINID', millis .. '-' .. string.format('%.0f', number + 1))
  else
    redis.call('XDEL', stream, unpack(places))
  end
  i = i + 2 + count
end
