#!lua name=basictap_1
-- What Redis does for the sensors: keeps the view of all of them, whichever sends first.
--
-- A batch is applied wholly or not at all, and once however often it is sent: a record whose number
-- is not above what this journal has applied is passed over, and so is one whose event.id is known.
-- A change of names or arguments needs a new number in all names: sensors of two versions then live
-- side by side.
--
-- Whatever is written is an absolute value, never an increment, and entries of the list are one
-- command. The reason is a Redis 7.0 that is killed while it writes its append-only file: it may
-- keep the first commands of a batch there and run them at a later start, together with the batch
-- when it was sent again. Values survive that; entries of the stream do not, see `mend`.

local MAX_WORDS = 1000     -- of one command: Lua has few places for arguments
local MAX_JOURNALS = 8     -- whose marks a sensor keeps; a replay has a new one each time
local MAX_ATTEMPTS = 64    -- remembered of one flow
local MAX_FLOWS = 500000   -- remembered of one day
local DAY = 86400
local PAIRS_SECONDS = 2 * DAY
local DAYS_SECONDS = 400 * DAY -- that a day's counters stay after they were last written
local MEND_ENTRIES = 200   -- looked at in one call

local function refuse(key)
    return redis.error_reply('WRONGTYPE ' .. key)
end

local function is_type(key, kind)
    local found = redis.call('TYPE', key).ok
    return found == kind or found == 'none'
end

-- One command, or several where it has too many words. Words come in groups of `step`.
local function in_parts(words, step, run)
    local most = MAX_WORDS - MAX_WORDS % step
    for from = 1, #words, most do
        run(from, math.min(from + most - 1, #words))
    end
end

local function write(command, key, words, step)
    in_parts(words, step, function(from, to)
        redis.call(command, key, unpack(words, from, to))
    end)
end

-- What a command of many members answers, by member.
local function read(command, key, members)
    local values = {}
    in_parts(members, 1, function(from, to)
        local answer = redis.call(command, key, unpack(members, from, to))
        for i = from, to do
            values[members[i]] = answer[i - from + 1]
        end
    end)
    return values
end

local function number_at(key, field)
    return tonumber(redis.call('HGET', key, field) or 0) or 0
end

local function hash(key)
    local fields, flat = {}, redis.call('HGETALL', key)
    for i = 1, #flat, 2 do
        fields[flat[i]] = flat[i + 1]
    end
    return fields
end

-- ---- marks: up to where each journal of a sensor is applied ----

local function mark_of(sensor, journal)
    return number_at(sensor, 'applied.' .. journal)
end

local function set_mark(sensor, journal, sequence)
    local journals = redis.call('HGET', sensor, 'journals') or ''
    if not string.find(journals, journal, 1, true) then
        local known = {}
        for word in string.gmatch(journals, '[^,]+') do
            table.insert(known, word)
        end
        table.insert(known, journal)
        while #known > MAX_JOURNALS do
            redis.call('HDEL', sensor, 'applied.' .. table.remove(known, 1))
        end
        redis.call('HSET', sensor, 'journals', table.concat(known, ','))
    end
    redis.call('HSET', sensor, 'journal.id', journal, 'journal.applied', sequence,
               'applied.' .. journal, sequence)
end

-- ---- pairs: attempts that several taps may have seen ----

-- A day's flows: by community id, "second=who,who second=who". `who` is short for a journal.
local function flows_of(days, key)
    if not days[key] then
        days[key] = {known = {}, changed = {}, num = redis.call('HLEN', key), left_out = 0}
    end
    return days[key]
end

local function attempts_of(day, key, flow)
    if not day.known[flow] then
        local attempts = {}
        for second, seen_by in string.gmatch(redis.call('HGET', key, flow) or '', '(%d+)=(%S+)') do
            table.insert(attempts, {second = tonumber(second), seen_by = seen_by})
        end
        day.num = day.num + (#attempts == 0 and 1 or 0)
        day.known[flow] = attempts
    end
    return day.known[flow]
end

-- The attempt nearest in time that this journal has not told of: it was seen by another tap.
local function same_attempt(attempts, second, who, tolerance)
    local nearest, distance = nil, tolerance + 1
    for _, attempt in ipairs(attempts) do
        local apart = math.abs(attempt.second - second)
        if apart < distance and not string.find(attempt.seen_by, who, 1, true) then
            nearest, distance = attempt, apart
        end
    end
    return nearest
end

-- The days in which an attempt may be found: its own, and the next one when midnight is near.
local function near_days(second, tolerance)
    local days = {math.floor(second / DAY)}
    for _, other in ipairs({math.floor((second - tolerance) / DAY),
                            math.floor((second + tolerance) / DAY)}) do
        if other ~= days[1] then
            table.insert(days, other)
        end
    end
    return days
end

-- True: told by another sensor before.
local function is_told(batch, flow, second)
    local near = near_days(second, batch.tolerance)
    for _, number in ipairs(near) do
        local key = batch.pairs_prefix .. number
        local day = flows_of(batch.days_of_pairs, key)
        local attempt = same_attempt(attempts_of(day, key, flow), second, batch.who,
                                     batch.tolerance)
        if attempt then
            attempt.seen_by = attempt.seen_by .. ',' .. batch.who
            day.changed[flow] = true
            return true
        end
    end
    local key = batch.pairs_prefix .. near[1]
    local day = flows_of(batch.days_of_pairs, key)
    local attempts = attempts_of(day, key, flow)
    if #attempts == 0 and day.num > MAX_FLOWS then
        day.left_out = day.left_out + 1
        return false
    end
    table.insert(attempts, {second = second, seen_by = batch.who})
    if #attempts > MAX_ATTEMPTS then
        table.remove(attempts, 1)
    end
    day.changed[flow] = true
    return false
end

-- How many of a record's attempts no other sensor has told of.
local function count_new(batch, count, told_pairs)
    for flow, second, times in string.gmatch(told_pairs, '(%S+)@(%d+)%*?(%d*)') do
        for _ = 1, math.min(tonumber(times) or 1, MAX_ATTEMPTS) do
            if count > 0 and is_told(batch, flow, tonumber(second)) then
                count = count - 1
            end
        end
    end
    return count
end

local function write_pairs(days)
    for key, day in pairs(days) do
        local words = {}
        for flow in pairs(day.changed) do
            local attempts = {}
            for _, attempt in ipairs(day.known[flow]) do
                table.insert(attempts, string.format('%d=%s', attempt.second, attempt.seen_by))
            end
            table.insert(words, flow)
            table.insert(words, table.concat(attempts, ' '))
        end
        if #words > 0 then
            write('HSET', key, words, 2)
            redis.call('EXPIRE', key, PAIRS_SECONDS)
        end
    end
end

-- ---- what is known of a device ----

local function add(device, name, count)
    device.now[name] = (tonumber(device.now[name]) or 0) + count
end

-- Totals of what was read and of what was inferred never mix, and a proxy is no mailbox.
local function count_attempts(device, record, count)
    if record.kind == 'tls' then
        add(device, 'unreadable', count)
    elseif record.service == 'proxy' then
        add(device, 'proxy_' .. record.family, count)
    elseif not record.is_read then
        add(device, record.certainty .. '_' .. record.family, count)
    else
        add(device, record.family, count)
        if record.family == 'basic' and record.outcome == 'blocked' then
            add(device, 'basic_blocked', count)
        elseif record.family == 'basic' and record.last > (device.now.last_basic or '') then
            device.now.last_basic = record.last
        end
    end
end

local NAMES = {'ip', 'mac', 'host', 'client'}

-- Sensors report in any order: the oldest first_seen, the newest last_seen and its names stay.
local function learn_names(device, record)
    local now = device.now
    local is_newest = not now.last_seen or record.last >= now.last_seen
    if record.first ~= '' and (not now.first_seen or record.first < now.first_seen) then
        now.first_seen = record.first
    end
    if is_newest then
        now.last_seen = record.last
    end
    for _, name in ipairs(NAMES) do
        local value = record[name]
        if value ~= '' and (is_newest or not now[name]) then
            now[name] = value
        end
    end
end

local function learn_service(device, service)
    local services = device.now.services or ''
    if not string.find(',' .. services .. ',', ',' .. service .. ',', 1, true) then
        local words = {service}
        for word in string.gmatch(services, '[^,]+') do
            table.insert(words, word)
        end
        table.sort(words)
        device.now.services = table.concat(words, ',')
    end
end

-- By what was seen, not by how often: an attempt that another tap told of before counts here as 0.
local function verdict_of(now)
    if now.basic and now.modern then
        return 'mixed'
    elseif now.basic then
        return now.last_basic and 'basic' or 'blocked'
    elseif now.modern then
        return 'modern'
    elseif now.integrated then
        return 'integrated'
    elseif now.challenge or now.certificate or now.none or now.unknown then
        return 'none'
    end
    return 'unreadable'
end

local function write_device(key, device)
    local words = {}
    device.now.verdict = verdict_of(device.now)
    for name, value in pairs(device.now) do
        if device.before[name] ~= value then
            table.insert(words, name)
            table.insert(words, value)
        end
    end
    write('HSET', key, words, 2)
end
