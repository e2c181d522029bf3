-- How long, in ms, the first ticket that nobody has claimed has been in each of the lines messages, high, normal and low; -1 where there is none.

promote()
finish({})
local ages = {}
for i, line in ipairs({ 'm', 'h', 'n', 'l' }) do
  ages[i] = -1
  local claimed = '-'
  local groups = redis.pcall('XINFO', 'GROUPS', STREAMS[line])
  for _, pairs_of in ipairs(groups.err and {} or groups) do
    for at = 1, #pairs_of, 2 do
      if pairs_of[at] == 'last-delivered-id' then
        claimed = '(' .. pairs_of[at + 1]
      end
    end
  end
  local first = redis.call('XRANGE', STREAMS[line], claimed, '+', 'COUNT', 1)[1]
  if first then
    ages[i] = math.max(0, now - tonumber(string.match(first[1], '^%d+')))
  end
end
return ages
