-- Claims tickets for a worker: of each line in turn first those that somebody else has held for too long, then new ones.
--
-- ARGV[4]  the worker; ARGV[5]  how many tickets at most; ARGV[6]  how many of the line `low` at most
-- ARGV[7]  after so many ms a claim is somebody else's; ARGV[8]  after so many ms without a word a worker without claims is forgotten
-- ARGV[9…] for each line: its letter; where to go on looking for claims of others ('0-0' from the start), or '' not to look
-- Returns  whether the queue is new; how many ms until a delayed ticket is due, or -1; for each line that was looked at: its letter,
--          where to go on looking for claims ('' if nobody looked), the entries that others held, the new entries

local START = '0-0'
-- So long a worker that was told that the queue is new has to say that it knows; then another one is told.
local TELLING = 2000

local worker, left, low = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local made = false

local function is_error(answer, of_kind)
  return type(answer) == 'table' and answer.err and string.find(answer.err, of_kind, 1, true)
end

-- Makes the streams and groups that are missing.
local function make()
  for line in pairs(STREAMS) do
    if not is_error(redis.pcall('XGROUP', 'CREATE', STREAMS[line], GROUP, '0', 'MKSTREAM'), 'BUSYGROUP') then
      made = true
    end
  end
end

-- A command that needs a group.
local function call(...)
  local answer = redis.pcall(...)
  if not is_error(answer, '') then
    return answer
  end
  if is_error(answer, 'NOGROUP') then
    make()
  end
  -- Another error is made once more, for all to see.
  return redis.call(...)
end

-- Forgets workers that hold no claim and have not asked for long. In one step, for who is forgotten loses the claims.
local function tidy(line)
  for _, pairs_of in ipairs(call('XINFO', 'CONSUMERS', STREAMS[line], GROUP)) do
    local consumer = {}
    for i = 1, #pairs_of, 2 do
      consumer[pairs_of[i]] = pairs_of[i + 1]
    end
    if consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[8]) then
      redis.call('XGROUP', 'DELCONSUMER', STREAMS[line], GROUP, consumer['name'])
    end
  end
end

promote()
local found, emptied, looked = false, {}, {}
for i = 9, #ARGV, 2 do
  local line, cursor = ARGV[i], ARGV[i + 1]
  local room = line == 'l' and math.min(left, low) or left
  if room > 0 then
    local held, new = {}, {}
    if cursor ~= '' then
      local answer = call('XAUTOCLAIM', STREAMS[line], GROUP, worker, ARGV[7], cursor, 'COUNT', room)
      if cursor == START then
        tidy(line)
      end
      cursor, held = answer[1], answer[2]
    end
    if #held < room then
      local answer = call('XREADGROUP', 'GROUP', GROUP, worker, 'COUNT', room - #held, 'STREAMS', STREAMS[line], '>')
      if answer then
        new = answer[1][2]
      end
      emptied[line] = #held + #new < room
    end
    found = found or #held + #new > 0
    left = left - #held - #new
    looked[#looked + 1] = { line, cursor, held, new }
  end
end

if not found then
  -- There is nothing to wake anybody for.
  for line in pairs(emptied) do
    redis.call('DEL', bell_of(line))
  end
end
finish(emptied)

local reborn, told = 0, redis.call('GET', untold)
if made or (told and now - tonumber(told) > TELLING) then
  reborn = 1
  redis.call('SET', untold, number(now))
end

local wait, first = -1, redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
if first[2] then
  wait = math.max(0, tonumber(first[2]) - now)
end
return { reborn, wait, looked }
