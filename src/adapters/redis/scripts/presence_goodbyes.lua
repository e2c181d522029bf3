-- Takes in goodbyes that may never have reached the list: who is not in it now was perhaps never told to have gone.
--
-- ARGV[2…]  two for each, as in the doubts: "<room>\n<user>" and the username, or "\n<user>" and the rooms
-- Returns   how many are in doubt

local taken = 0
for i = 2, #ARGV, 2 do
  local room, user = string.match(ARGV[i], '^(.-)\n(.*)$')
  if redis.call('HEXISTS', room == '' and users or live_in(room), user) == 0 then
    doubt(ARGV[i], ARGV[i + 1])
    taken = taken + 1
  end
end
return taken
