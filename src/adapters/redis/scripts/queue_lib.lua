-- What all scripts of the queue share; it is put before each of them. KEYS[1] is the prefix; ARGV[1], ARGV[2] and ARGV[3] say how many
-- tickets the messages' line, each other line, and the set of delayed ones hold at most.
--
--   <prefix>queue:<line>        stream of tickets with the consumer group `workers`; the lines are messages, high, normal and low
--   <prefix>queue:<line>:bell   list on which workers wait: an element wakes one of them
--   <prefix>queue:delayed       sorted set: line and ticket -> when it is due, in ms
--   <prefix>queue:untold        when a worker was last told that the queue is new, in ms; gone once it has said that it knows
--
-- A ticket in a stream is one field. Its name is `j`, or `a` for one that may have been started before; its value is the job's id in
-- 16 bytes and, of a message's job, the payload. In the sorted set it is the line's first letter, that name, and that value.

local queue = KEYS[1] .. 'queue:'
local delayed, untold = queue .. 'delayed', queue .. 'untold'
local GROUP = 'workers'
local STREAMS = { m = queue .. 'messages', h = queue .. 'high', n = queue .. 'normal', l = queue .. 'low' }
-- How many due tickets are moved at once: that takes Redis about a millisecond.
local MOVED = 500
-- How many workers are woken at once.
local WOKEN = 64

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function number(value)
  return string.format('%.0f', value)
end

local function bell_of(line)
  return STREAMS[line] .. ':bell'
end

local added = {}

-- Puts a ticket, written as in the sorted set, at the end of its line.
local function add(ticket)
  local line = string.sub(ticket, 1, 1)
  if STREAMS[line] then
    redis.call('XADD', STREAMS[line], '*', string.sub(ticket, 2, 2), string.sub(ticket, 3))
    added[line] = (added[line] or 0) + 1
  end
end

-- Moves tickets that are due to their lines.
local function promote()
  local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', number(now), 'LIMIT', 0, MOVED)
  if #due > 0 then
    for _, ticket in ipairs(due) do
      add(ticket)
    end
    redis.call('ZREMRANGEBYRANK', delayed, 0, #due - 1)
  end
end

-- Keeps the lines that tickets were added to within their bounds, and wakes who waits there, but for lines that are empty again.
local function finish(emptied)
  for line, count in pairs(added) do
    redis.call('XTRIM', STREAMS[line], 'MAXLEN', '~', line == 'm' and ARGV[1] or ARGV[2])
    if not emptied[line] then
      local bell = bell_of(line)
      local rings = math.min(count, WOKEN - redis.call('LLEN', bell))
      for _ = 1, rings do
        redis.call('RPUSH', bell, '')
      end
    end
  end
end
