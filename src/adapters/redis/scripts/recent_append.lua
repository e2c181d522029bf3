-- Brings a room's list forward by the changes of one commit.
--
-- The list's head says where it stands, "<rev> <newest seq>"; then come the messages, newest first. One key, so that it cannot be
-- half there: a message's place is the newest seq less its own, since seq has no gaps.
--
-- A change goes on only where the list stands at the revision before it. A list that is behind stays as it is, right for its own
-- revision: whoever reads next sees that and brings it forward, and while the store is away an older list is worth more than none.
--
-- KEYS[1]  the list
-- ARGV[1]  how many messages to keep; ARGV[2]  for how many seconds when unused
-- ARGV[3…] four for each change, by rev: its rev; "new" or "updated" with the message's seq and the message; or, without a message,
--          "room" (the room itself changed) or "closed" (it is no more)
-- Returns  "kept", "ahead", "behind", "absent" or "dropped"

local list = KEYS[1]
local head = redis.call('LINDEX', list, 0)
if not head then
  return 'absent'
end

local function drop()
  redis.call('DEL', list)
  return 'dropped'
end

local stands, newest = string.match(head, '^(%d+) (%d+)$')
if not stands then
  return drop()
end
if ARGV[#ARGV - 2] == 'closed' then
  return drop()
end
if tonumber(stands) >= tonumber(ARGV[#ARGV - 3]) then
  return 'ahead'
end

local rev, length = stands, redis.call('LLEN', list) - 1
for i = 3, #ARGV, 4 do
  if tonumber(ARGV[i]) > tonumber(rev) + 1 then
    break
  end
  -- What the list has already, by a fill or a repeat, is passed over.
  if tonumber(ARGV[i]) == tonumber(rev) + 1 then
    if rev == stands then
      redis.call('LPOP', list)
    end
    rev = ARGV[i]
    local kind, seq = ARGV[i + 1], ARGV[i + 2]
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
end
if rev == stands then
  return 'behind'
end
redis.call('LTRIM', list, 0, tonumber(ARGV[1]) - 1)
redis.call('LPUSH', list, rev .. ' ' .. newest)
redis.call('EXPIRE', list, ARGV[2])
return 'kept'
