-- Decides about permits, in the order asked, by this server's clock. Each key holds the moment at which its budget is whole again,
-- in microseconds, and expires then.
--
-- KEYS[i]  a key; one may come several times
-- ARGV     three for each key: the interval in which a permit grows (to owe: in which all grow that are owed), the time in which
--          a whole budget does, both in microseconds; and "take", "owe" or "back"
-- Returns  for each key: 0 when that was done, otherwise how long to wait, in microseconds

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function keep(key, whole_at)
  if whole_at <= now then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f', whole_at), 'PX', string.format('%.0f', math.ceil((whole_at - now) / 1000)))
  end
end

local answers = {}
for i, key in ipairs(KEYS) do
  local interval, refill = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local found = tonumber(redis.call('GET', key) or '') or now
  -- Further ahead than a burst it is only after the clock went back, or from a larger quota.
  local whole_at = math.max(now, math.min(found, now + refill))
  local answer = 0
  if ARGV[3 * i] == 'back' then
    if found > now then
      keep(key, whole_at - interval)
    end
  elseif ARGV[3 * i] == 'owe' then
    keep(key, math.min(whole_at + interval, now + refill))
  elseif whole_at + interval - now > refill then
    answer = math.ceil(whole_at + interval - now - refill)
  else
    keep(key, whole_at + interval)
  end
  answers[i] = answer
end
return answers
