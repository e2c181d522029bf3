-- Brings a room's list forward by the changes of one commit.
--
-- The list's head says where it stands, "<rev> <newest seq>"; then come the messages, newest first. One key, so that it cannot be
-- half there: a message's place is the newest seq less its own, since seq has no gaps.
--
-- KEYS[1]  the list
-- ARGV[1]  how many messages to keep; ARGV[2]  for how many seconds when unused
-- ARGV[3…] four for each change, by rev: its rev; "new" or "updated" with the message's seq and the message; or, without a message,
--          "room" (the room itself changed) or "closed" (it is no more)
-- Returns  "kept", "ahead", "absent" or "dropped"

local list = KEYS[1]
local head = redis.call('LINDEX', list, 0)
if not head then
  return 'absent'
end

local function drop()
  redis.call('DEL', list)
  return 'dropped'
end

local rev, newest = string.match(head, '^(%d+) (%d+)$')
if not rev then
  return drop()
end
if tonumber(rev) >= tonumber(ARGV[#ARGV - 3]) then
  return 'ahead'
end

redis.call('LPOP', list)
local length = redis.call('LLEN', list)
for i = 3, #ARGV, 4 do
  local seq = ARGV[i + 2]
  if tonumber(ARGV[i]) ~= tonumber(rev) + 1 then
    return drop()
  end
  rev = ARGV[i]
  local kind = ARGV[i + 1]
  if kind == 'closed' then
    return drop()
  end
  local place = tonumber(newest) - tonumber(seq)
  if kind == 'new' then
    if place ~= -1 then
      return drop()
    end
    length = redis.call('LPUSH', list, ARGV[i + 3])
    newest = seq
  elseif kind == 'updated' and place < 0 then
    return drop()
  elseif kind == 'updated' and place < length then
    redis.call('LSET', list, place, ARGV[i + 3])
  end
end
redis.call('LTRIM', list, 0, tonumber(ARGV[1]) - 1)
redis.call('LPUSH', list, rev .. ' ' .. newest)
redis.call('EXPIRE', list, ARGV[2])
return 'kept'
