-- Applies one finding to the view of all sensors, wholly or not at all, and once however often it
-- is sent: what is known by its event.id already is answered with 0 and changes nothing.
--
-- KEYS  findings, findings:list, seen, device:<id>, devices, use:<service>:<family>, day:<date>,
--       and switch:<name> when the finding has one
-- ARGV  entries kept in stream and list; "1" to push to the list too; channel to publish on or "";
--       time as a number; then the fields, name and value in turn
local stream, list, seen, device, devices, use, day, switch = unpack(KEYS)
local kept, to_list, channel, time = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3], ARGV[4]
local field = {}
for i = 5, #ARGV, 2 do
    field[ARGV[i]] = ARGV[i + 1]
end
setmetatable(field, {__index = function() return '' end})

-- A script that fails half-way is not undone. So every key is read before any is written: a key
-- that holds something else refuses the finding, and is named.
local reads = {{'XLEN', stream}, {'ZCARD', seen}, {'HLEN', device}, {'ZCARD', devices},
               {'ZCARD', use}, {'HLEN', day}}
if to_list then
    table.insert(reads, {'LLEN', list})
end
if switch then
    table.insert(reads, {'ZCARD', switch})
end
for _, read in ipairs(reads) do
    local answer = redis.pcall(read[1], read[2])
    if type(answer) == 'table' and answer.err then
        return redis.error_reply(string.match(answer.err, '^%-?(%S+)') .. ' ' .. read[2])
    end
end

local id = field['event.id']
if id ~= '' and redis.call('ZSCORE', seen, id) then
    return 0
end

local entry = redis.call('XADD', stream, 'MAXLEN', '~', kept, '*', unpack(ARGV, 5))
if id ~= '' then
    -- Scored by arrival, so that what the stream has forgotten is forgotten here first.
    redis.call('ZADD', seen, string.match(entry, '^%d+'), id)
    redis.call('ZREMRANGEBYRANK', seen, 0, -kept - 1)
end
if to_list then
    redis.call('RPUSH', list, field['json'])
    redis.call('LTRIM', list, -kept, -1)
end
if channel ~= '' then
    redis.call('PUBLISH', channel, field['json'])
end

-- An alert tells of findings that are counted already.
local kind, name = field['basictap.kind'], field['device.id']
if kind == 'alert' then
    return 1
end
local service, family = field['basictap.service'], field['basictap.family']
local certainty, outcome = field['basictap.certainty'], field['event.reason']
local count, first, last = field['basictap.count'], field['event.start'], field['@timestamp']
redis.call('HINCRBY', day, table.concat({service, family, certainty, outcome}, '|'), count)
if name == '' then
    return 1
end

-- Totals of what was read and of what was inferred never mix, and a proxy is no mailbox.
local read = certainty == 'observed' or certainty == 'decrypted'
redis.call('ZADD', devices, 'GT', time, name)
if kind == 'tls' then
    redis.call('HINCRBY', device, 'unreadable', count)
elseif service == 'proxy' then
    redis.call('HINCRBY', device, 'proxy_' .. family, count)
elseif not read then
    redis.call('HINCRBY', device, certainty .. '_' .. family, count)
else
    redis.call('HINCRBY', device, family, count)
    if family == 'basic' and outcome == 'blocked' then
        redis.call('HINCRBY', device, 'basic_blocked', count)
    end
end
if read and kind ~= 'tls' then
    redis.call('ZADD', use, 'GT', time, name)
    -- Turning off what is refused already breaks nothing.
    if switch and family == 'basic' and outcome ~= 'blocked' then
        redis.call('ZADD', switch, 'GT', time, name)
    end
end

-- Sensors report in any order: the oldest first_seen, the newest last_seen and its names stay.
local known = redis.call('HMGET', device, 'first_seen', 'last_seen', 'services')
local newest = not known[2] or last >= known[2]
if first ~= '' and (not known[1] or first < known[1]) then
    redis.call('HSET', device, 'first_seen', first)
end
if newest then
    redis.call('HSET', device, 'last_seen', last)
end
for key, from in pairs({ip = 'source.ip', mac = 'source.mac', host = 'source.domain',
                        client = 'basictap.client'}) do
    if field[from] ~= '' then
        redis.call(newest and 'HSET' or 'HSETNX', device, key, field[from])
    end
end
local services = known[3] or ''
if not string.find(',' .. services .. ',', ',' .. service .. ',', 1, true) then
    local words = {service}
    for word in string.gmatch(services, '[^,]+') do
        table.insert(words, word)
    end
    table.sort(words)
    redis.call('HSET', device, 'services', table.concat(words, ','))
end

local counts = redis.call('HMGET', device, 'basic', 'basic_blocked', 'modern', 'integrated',
                          'challenge', 'certificate', 'none', 'unknown')
local basic, blocked, modern, integrated = tonumber(counts[1] or 0), tonumber(counts[2] or 0),
                                           tonumber(counts[3] or 0), tonumber(counts[4] or 0)
local verdict = 'unreadable'
if basic > 0 and modern > 0 then
    verdict = 'mixed'
elseif basic > 0 then
    verdict = basic > blocked and 'basic' or 'blocked'
elseif modern > 0 then
    verdict = 'modern'
elseif integrated > 0 then
    verdict = 'integrated'
elseif counts[5] or counts[6] or counts[7] or counts[8] then
    verdict = 'none'
end
redis.call('HSET', device, 'verdict', verdict)
return 1
