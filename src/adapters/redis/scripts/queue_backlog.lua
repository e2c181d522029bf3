-- Counts tickets, claimed or not: those of the lines messages, high, normal and low, and those that are not due.

promote()
finish({})
local counts = {}
for i, line in ipairs({ 'm', 'h', 'n', 'l' }) do
  counts[i] = redis.call('XLEN', STREAMS[line])
end
counts[5] = redis.call('ZCARD', delayed)
return counts
