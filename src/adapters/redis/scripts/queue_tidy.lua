-- Removes consumers that hold no claim and have not asked for long: those of dead workers. In one step, since a consumer that is
-- removed takes its claims along.
--
-- KEYS[1] the stream, ARGV[1] the group, ARGV[2] how long, in milliseconds
-- Returns how many were removed

local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then
  return 0
end
local removed = 0
for _, pairs_of in ipairs(consumers) do
  local consumer = {}
  for i = 1, #pairs_of, 2 do
    consumer[pairs_of[i]] = pairs_of[i + 1]
  end
  if consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    removed = removed + 1
  end
end
return removed
