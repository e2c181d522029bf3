-- Applies steps, in order.
--
-- ARGV[2]  the replica's turn; ARGV[3]  a fresh one, for when that is gone; ARGV[4]  when the list was born, as far as known
-- ARGV[5…] steps: connect <user> | disconnect <user> <n> <room>×n | enter <room> <user> <username> | leave <room> <user>
--          | choose <user> <status>
-- Returns  whether the fresh turn was begun, when the list was born, the signals

local turn, begun = ARGV[2], 0
local at = born(ARGV[4])
if not redis.call('ZSCORE', leases, turn) then
  turn, begun = ARGV[3], 1
  redis.call('ZADD', leases, number(now + lease), turn)
end
local here = any_of(replica_of(turn))

-- Vouches for a user's connection; returns their status.
local function vouch(user)
  redis.call('SADD', presence .. 'of:' .. turn, user)
  local entry = redis.call('HGET', users, user)
  if not entry then
    redis.call('HSET', users, user, ' ' .. turn .. '|online')
    forget_doubt('\n' .. user)
    tell_status(user, 'online', rooms_of(user))
    return 'online'
  end
  local turns, status = split(entry)
  local vouching = with(turns, turn)
  if vouching ~= turns then
    redis.call('HSET', users, user, vouching .. '|' .. status)
  end
  return status
end

local function choose(user, status)
  if vouch(user) ~= status then
    local turns = split(redis.call('HGET', users, user))
    redis.call('HSET', users, user, turns .. '|' .. status)
    tell_status(user, status, rooms_of(user))
  end
end

local function enter(room, user, username)
  local status = vouch(user)
  local key = live_in(room)
  local entry = redis.call('HGET', key, user)
  local turns = entry and split(entry) or ''
  local current = with(turns, turn) .. '|' .. username
  if entry ~= current then
    redis.call('HSET', key, user, current)
  end
  if not entry then
    redis.call('SADD', presence .. 'rooms:' .. user, room)
    if not forget_doubt(room .. '\n' .. user) then
      tell('joined', room, user, username, status)
    end
  end
end

local i = 5
local function take()
  i = i + 1
  return ARGV[i - 1]
end
while i <= #ARGV do
  local step = take()
  if step == 'connect' then
    vouch(take())
  elseif step == 'enter' then
    enter(take(), take(), take())
  elseif step == 'leave' then
    leave(take(), take(), here)
  elseif step == 'choose' then
    choose(take(), take())
  elseif step == 'disconnect' then
    local user, rooms = take(), {}
    for n = 1, tonumber(take()) do
      rooms[n] = take()
    end
    disconnect(user, here, rooms)
    redis.call('SREM', presence .. 'of:' .. turn, user)
  else
    return redis.error_reply('ERR unknown step')
  end
end
return { begun, at, signals }
