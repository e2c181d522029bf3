-- What all presence scripts share; it is put before each of them. KEYS[1] is the prefix, ARGV[1] the lease in ms.
--
--   <prefix>presence:born          since when the list has been there, in ms
--   <prefix>presence:lost          the same number, when it had been there before and Redis lost it
--   <prefix>presence:heard         when any replica last renewed, in ms
--   <prefix>presence:leases        sorted set: turn -> when its lease passes, in ms
--   <prefix>presence:graves        sorted set: dead turn -> when another replica may take its burial over, in ms
--   <prefix>presence:of:<turn>     set: users with entries under that turn
--   <prefix>presence:users         hash: user -> "<turns>|<status>"
--   <prefix>presence:rooms:<user>  set: rooms in which the user is live
--   <prefix>{<room>}:live          hash: user -> "<turns>|<username>"
--   <prefix>presence:doubts        hash: what was not told while the list was incomplete, "<room>\n<user>" or "\n<user>"
--
-- A turn is "<replica>.<number>": a replica that has to announce everything again does so in a new turn, and what it does not
-- announce goes with the old one. <turns> are those that vouch for an entry, a space before each; an entry goes with its last.

local prefix, lease = KEYS[1], tonumber(ARGV[1])
local presence = prefix .. 'presence:'
local users, leases, graves, doubts = presence .. 'users', presence .. 'leases', presence .. 'graves', presence .. 'doubts'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function number(value)
  return string.format('%.0f', value)
end

local function live_in(room)
  return prefix .. '{' .. room .. '}:live'
end

local function rooms_of(user)
  return redis.call('SMEMBERS', presence .. 'rooms:' .. user)
end

local function split(entry)
  local bar = string.find(entry, '|', 1, true)
  return string.sub(entry, 1, bar - 1), string.sub(entry, bar + 1)
end

local function replica_of(turn)
  return string.match(turn, '^(.*)%.')
end

local function number_of(turn)
  return tonumber(string.match(turn, '%d+$'))
end

local function exactly(turn)
  return function(other)
    return other == turn
  end
end

local function any_of(replica)
  return function(other)
    return replica_of(other) == replica
  end
end

-- The turns without some, and whether there were any.
local function without(turns, some)
  local left, found = '', false
  for turn in string.gmatch(turns, '%S+') do
    if some(turn) then
      found = true
    else
      left = left .. ' ' .. turn
    end
  end
  return left, found
end

-- The turns with one, in the place of an older one of its replica. A late call in an old turn does not displace the new one.
local function with(turns, turn)
  if turns == '' or turns == ' ' .. turn then
    return ' ' .. turn
  end
  local latest = turn
  for other in string.gmatch(turns, '%S+') do
    if replica_of(other) == replica_of(turn) and number_of(other) > number_of(latest) then
      latest = other
    end
  end
  return without(turns, any_of(replica_of(turn))) .. ' ' .. latest
end

-- When the list was born; it is born now if it is not there. `known` is what the caller knew, or ''.
local function born(known)
  local at = redis.call('GET', presence .. 'born')
  if not at then
    at = number(now)
    redis.call('SET', presence .. 'born', at)
  end
  if known ~= '' and known ~= at then
    redis.call('SET', presence .. 'lost', at)
  end
  return at
end

local function is_settled()
  local at = redis.call('GET', presence .. 'born')
  return at and now - tonumber(at) >= lease
end

-- Whether Redis lost the list less than a lease ago: who is absent from it may be about to be announced again.
local doubtful
local function in_doubt()
  if doubtful == nil then
    local lost = redis.call('GET', presence .. 'lost')
    doubtful = lost and lost == redis.call('GET', presence .. 'born') and not is_settled() or false
  end
  return doubtful
end

-- Keeps back what cannot be told in doubt, and forgets it again; usually there is nothing, which is asked once.
local any_doubts
local function doubt(field, value)
  any_doubts = true
  redis.call('HSET', doubts, field, value)
end

local function forget_doubt(field)
  if any_doubts == nil then
    any_doubts = redis.call('EXISTS', doubts) == 1
  end
  return any_doubts and redis.call('HDEL', doubts, field) == 1
end

local signals = {}

local function tell(...)
  signals[#signals + 1] = { ... }
end

-- A status that no room sees is told to nobody.
local function tell_status(user, status, rooms)
  if #rooms == 0 then
    return
  end
  if status == 'offline' and in_doubt() then
    doubt('\n' .. user, table.concat(rooms, ' '))
  else
    local signal = { 'status', user, status }
    for _, room in ipairs(rooms) do
      signal[#signal + 1] = room
    end
    signals[#signals + 1] = signal
  end
end

local function tell_left(room, user, username)
  if in_doubt() then
    doubt(room .. '\n' .. user, username)
  else
    tell('left', room, user, username)
  end
end

-- Takes some turns' word for a user in a room.
local function leave(room, user, some)
  local key = live_in(room)
  local entry = redis.call('HGET', key, user)
  if not entry then
    return
  end
  local turns, username = split(entry)
  local left, found = without(turns, some)
  if not found then
    return
  end
  if left ~= '' then
    redis.call('HSET', key, user, left .. '|' .. username)
    return
  end
  redis.call('HDEL', key, user)
  redis.call('SREM', presence .. 'rooms:' .. user, room)
  tell_left(room, user, username)
end

-- Takes some turns' word for a user's connection, and for whatever they are still live in. `rooms`: where they have just been live.
-- Returns how many rooms were looked at.
local function disconnect(user, some, rooms)
  local told, known = {}, {}
  local function add(room)
    if not known[room] then
      known[room] = true
      told[#told + 1] = room
    end
  end
  for _, room in ipairs(rooms) do
    add(room)
  end
  for _, room in ipairs(rooms_of(user)) do
    leave(room, user, some)
    add(room)
  end
  local entry = redis.call('HGET', users, user)
  if entry then
    local turns, status = split(entry)
    local left, found = without(turns, some)
    if found and left ~= '' then
      redis.call('HSET', users, user, left .. '|' .. status)
    elseif found then
      redis.call('HDEL', users, user)
      tell_status(user, 'offline', told)
    end
  end
  return #told
end
