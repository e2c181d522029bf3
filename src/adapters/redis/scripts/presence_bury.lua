-- Takes a dead turn's entries away, some at a time.
--
-- ARGV[2]  the turn; ARGV[3]  how many rooms and users to look at before stopping
-- Returns  1 when nothing is left, the signals

local turn, budget = ARGV[2], tonumber(ARGV[3])
local done = 0
while budget > 0 do
  local user = redis.call('SPOP', presence .. 'of:' .. turn)
  if not user then
    redis.call('ZREM', graves, turn)
    done = 1
    break
  end
  budget = budget - 1 - disconnect(user, exactly(turn), {})
end
return { done, signals }
