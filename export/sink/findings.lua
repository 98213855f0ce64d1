-- The batch and the greeting: what the sensors call. Follows findings_facts.lua, in one library.

-- The fields that the view is made of, as they are called here.
local WANTED = {
    id = 'event.id', kind = 'basictap.kind', device_id = 'device.id', service = 'basictap.service',
    family = 'basictap.family', certainty = 'basictap.certainty', outcome = 'event.reason',
    count = 'basictap.count', pairs = 'basictap.pairs', first = 'event.start', last = '@timestamp',
    ip = 'source.ip', mac = 'source.mac', host = 'source.domain', client = 'basictap.client',
}

-- The i-th record. This runs for every record: what can be looked up once is in batch.places.
local function record_at(batch, i)
    local args, keys = batch.args, batch.keys
    local at = batch.records_at + (i - 1) * batch.stride
    local key = batch.keys_at + (i - 1) * 4
    local record = {
        at = at, sequence = tonumber(args[at]), time = args[at + 1],
        json = args[at + batch.stride - 1],
        device = keys[key], use = keys[key + 1], day = keys[key + 2], switch = keys[key + 3],
    }
    for name, place in pairs(batch.places) do
        record[name] = place and args[at + place] or ''
    end
    record.count = tonumber(record.count) or 0
    record.is_read = record.certainty == 'observed' or record.certainty == 'decrypted'
    return record
end

local function parse(keys, args)
    local batch = {
        keys = keys, args = args,
        stream = keys[1], list = keys[2], seen = keys[3], devices = keys[4], sensor = keys[5],
        meta = keys[6], keys_at = 7,
        journal = args[1], after = tonumber(args[2]), kept = tonumber(args[3]),
        to_list = args[4] == '1', channel = args[5], tolerance = tonumber(args[6]),
        max_devices = tonumber(args[7]), num_names = tonumber(args[8]), places = {}, records = {},
    }
    batch.who = string.sub(batch.journal, 1, 8)
    batch.pairs_prefix = string.gsub(batch.stream, 'findings$', 'pairs:')
    batch.records_at = 9 + batch.num_names
    batch.stride = batch.num_names + 3
    local places = {}
    for i = 1, batch.num_names do
        places[args[8 + i]] = 1 + i
    end
    for name, field in pairs(WANTED) do
        batch.places[name] = places[field] or false
    end
    return batch
end

-- Records that are new, in their order.
local function choose(batch, applied)
    local ids, found = {}, {}
    for i = 1, (#batch.args - batch.records_at + 1) / batch.stride do
        local record = record_at(batch, i)
        batch.last = record.sequence
        if record.sequence > applied then
            table.insert(found, record)
            table.insert(ids, record.id)
        end
    end
    local known = read('ZMSCORE', batch.seen, ids)
    for _, record in ipairs(found) do
        if record.id == '' or not known[record.id] then
            known[record.id] = true
            table.insert(batch.records, record)
        end
    end
end

-- A function that fails half-way is not undone. So every key is looked at before any is written: one
-- that holds something else refuses the batch, and is named.
local function wrong_key(batch)
    local kinds = {[batch.stream] = 'stream', [batch.seen] = 'zset', [batch.devices] = 'zset',
                   [batch.meta] = 'hash', [batch.sensor] = 'hash'}
    if batch.to_list then
        kinds[batch.list] = 'list'
    end
    for _, record in ipairs(batch.records) do
        kinds[record.device] = kinds[record.device] or 'hash'
        kinds[record.day] = kinds[record.day] or 'hash'
        kinds[record.use] = kinds[record.use] or 'zset'
        kinds[record.switch] = kinds[record.switch] or 'zset'
        for second in string.gmatch(record.pairs, '@(%d+)') do
            for _, day in ipairs(near_days(tonumber(second), batch.tolerance)) do
                kinds[batch.pairs_prefix .. day] = 'hash'
            end
        end
    end
    for key, kind in pairs(kinds) do
        if not is_type(key, kind) then
            return key
        end
    end
end

-- The same for rights: the first command that our user may not use.
local function denied_command(batch)
    local commands = {
        {'XADD', batch.stream, '*', 'a', 'b'}, {'XTRIM', batch.stream, 'MAXLEN', 1},
        {'ZADD', batch.seen, 1, 'a'}, {'ZREMRANGEBYRANK', batch.seen, 0, 0},
        {'ZADD', batch.devices, 1, 'a'}, {'ZCARD', batch.devices},
        {'ZRANGE', batch.devices, 0, 0}, {'ZREM', batch.devices, 'a'}, {'DEL', batch.devices},
        {'HGET', batch.meta, 'a'}, {'HSET', batch.meta, 'a', 'b'},
        {'HSET', batch.sensor, 'a', 'b'}, {'HDEL', batch.sensor, 'a'},
        {'EXPIRE', batch.pairs_prefix .. '0', 1}, {'HSET', batch.pairs_prefix .. '0', 'a', 'b'},
    }
    if batch.to_list then
        table.insert(commands, {'RPUSH', batch.list, 'a'})
        table.insert(commands, {'LTRIM', batch.list, 0, 0})
    end
    if batch.channel ~= '' then
        table.insert(commands, {'PUBLISH', batch.channel, 'a'})
    end
    for _, command in ipairs(commands) do
        if not redis.acl_check_cmd(unpack(command)) then
            return command
        end
    end
end

-- Sensors report in any order, so the newest time of each member stays.
local function note(sets, key, member, time)
    sets[key] = sets[key] or {}
    if tonumber(time) > tonumber(sets[key][member] or -1) then
        sets[key][member] = time
    end
end

-- Turning off what is refused already breaks nothing.
local function note_use(batch, record)
    note(batch.sets, batch.devices, record.device_id, record.time)
    if record.is_read and record.kind ~= 'tls' then
        note(batch.sets, record.use, record.device_id, record.time)
        if record.switch ~= batch.stream and record.family == 'basic' and
           record.outcome ~= 'blocked' then
            note(batch.sets, record.switch, record.device_id, record.time)
        end
    end
end

local function count_day(batch, record, count)
    local field = record.service .. '|' .. record.family .. '|' .. record.certainty .. '|' ..
                  record.outcome
    local day = batch.day_counts[record.day] or {}
    batch.day_counts[record.day] = day
    day[field] = (day[field] or number_at(record.day, field)) + count
end

local function device_of(batch, key)
    local device = batch.device_facts[key]
    if not device then
        device = {now = {}, before = hash(key)}
        for name, value in pairs(device.before) do
            device.now[name] = value
        end
        batch.device_facts[key] = device
    end
    return device
end

-- What the batch changes, in memory. An alert tells of findings that are counted already.
local function sum_up(batch)
    batch.sets, batch.day_counts, batch.device_facts, batch.days_of_pairs = {}, {}, {}, {}
    for _, record in ipairs(batch.records) do
        record.counted = 0
        if record.kind ~= 'alert' then
            record.counted = count_new(batch, record.count, record.pairs)
            count_day(batch, record, record.counted)
        end
        if record.kind ~= 'alert' and record.device_id ~= '' then
            local device = device_of(batch, record.device)
            count_attempts(device, record, record.counted)
            learn_names(device, record)
            learn_service(device, record.service)
            note_use(batch, record)
        end
    end
end

local function write_stream(batch)
    local ids, words = {}, {}
    for i = 1, batch.num_names do
        words[2 * i - 1] = batch.args[8 + i]
    end
    local last = 2 * batch.num_names
    words[last + 1], words[last + 3] = 'basictap.counted', 'json'
    for _, record in ipairs(batch.records) do
        for i = 1, batch.num_names do
            words[2 * i] = batch.args[record.at + 1 + i]
        end
        words[last + 2], words[last + 4] = record.counted, record.json
        local entry = redis.call('XADD', batch.stream, '*', unpack(words, 1, last + 4))
        if record.id ~= '' then
            -- By arrival, so that what the stream has forgotten is forgotten here first.
            table.insert(ids, string.match(entry, '^%d+'))
            table.insert(ids, record.id)
        end
    end
    -- Not as MAXLEN of XADD: Redis writes that to its file as the length that came of it, and a file
    -- that is run with more entries, see above, would lose as many others.
    redis.call('XTRIM', batch.stream, 'MAXLEN', '~', batch.kept)
    write('ZADD', batch.seen, ids, 2)
    redis.call('ZREMRANGEBYRANK', batch.seen, 0, -batch.kept - 1)
    redis.call('HSET', batch.meta, 'added', number_at(batch.meta, 'added') + #batch.records)
end

local function write_documents(batch)
    local documents = {}
    for _, record in ipairs(batch.records) do
        table.insert(documents, record.json)
        if batch.channel ~= '' then
            redis.call('PUBLISH', batch.channel, record.json)
        end
    end
    if batch.to_list then
        write('RPUSH', batch.list, documents, 1)
        redis.call('LTRIM', batch.list, -batch.kept, -1)
    end
end

-- The longest unseen leave.
local function forget_devices(batch)
    local over = redis.call('ZCARD', batch.devices) - batch.max_devices
    if over <= 0 then
        return
    end
    local prefix = string.gsub(batch.stream, 'findings$', 'device:')
    for _, device in ipairs(redis.call('ZRANGE', batch.devices, 0, math.min(over, 1000) - 1)) do
        redis.call('DEL', prefix .. device)
        redis.call('ZREM', batch.devices, device)
    end
    for key in pairs(batch.sets) do
        redis.call('ZREMRANGEBYRANK', key, 0, -batch.max_devices - 1)
    end
end

local function write_view(batch)
    for key, device in pairs(batch.device_facts) do
        write_device(key, device)
    end
    for key, members in pairs(batch.sets) do
        local words = {}
        for member, time in pairs(members) do
            table.insert(words, time)
            table.insert(words, member)
        end
        in_parts(words, 2, function(from, to)
            redis.call('ZADD', key, 'GT', unpack(words, from, to))
        end)
    end
    for key, counts in pairs(batch.day_counts) do
        local words = {}
        for field, count in pairs(counts) do
            table.insert(words, field)
            table.insert(words, count)
        end
        write('HSET', key, words, 2)
        redis.call('EXPIRE', key, DAYS_SECONDS)
    end
    write_pairs(batch.days_of_pairs)
    forget_devices(batch)
end

-- KEYS  findings, findings:list, seen, devices, sensor:<name>, meta; then for each record
--       device:<id>, use:<service>:<family>, day:<date>, switch:<name>; findings in place of one
--       that is not needed
-- ARGV  journal; what was sent before this: the sensor thinks that everything up to it is applied;
--       entries kept in stream and list; "1" to push to the list too; channel to publish on or "";
--       tolerance of clocks in seconds; how many devices are known at most; how many fields, their
--       names; then for each record its sequence, its time as a number, its values, its document
-- How many were new; BEHIND and what is applied, when something before them is missing.
local function apply(keys, args)
    local batch = parse(keys, args)
    for _, key in ipairs({batch.sensor, batch.seen}) do
        if not is_type(key, key == batch.seen and 'zset' or 'hash') then
            return refuse(key)
        end
    end
    local denied = denied_command(batch)
    if denied then
        return redis.error_reply('NOPERM ' .. denied[2] .. ' ' .. denied[1])
    end
    local applied = mark_of(batch.sensor, batch.journal)
    if applied < batch.after then
        return redis.error_reply('BEHIND ' .. applied)
    end
    choose(batch, applied)
    local wrong = wrong_key(batch)
    if wrong then
        return refuse(wrong)
    end
    if #batch.records > 0 then
        sum_up(batch)
        write_view(batch)
        write_stream(batch)
    end
    if batch.last > applied then
        set_mark(batch.sensor, batch.journal, batch.last)
    end
    if #batch.records > 0 then
        write_documents(batch)
    end
    return #batch.records
end

-- ---- the greeting ----

-- Entries that are in the stream twice, see above: `seen` knows the time of the right one. They are
-- looked for only while the stream counts more entries than we have added, newest first, a part
-- in a call; the answer is where the next part begins, "" when there is none. A greeting that has no
-- time for all of them leaves the rest to the next one.
local function mend(stream, seen, meta, from)
    local info = redis.pcall('XINFO', 'STREAM', stream)
    if info.err then
        redis.call('DEL', meta)
        return ''
    end
    local counted
    for i = 1, #info, 2 do
        counted = info[i] == 'entries-added' and info[i + 1] or counted
    end
    local added = number_at(meta, 'added')
    if not counted or counted == added then
        return ''
    end
    if from == '+' then
        from = redis.call('HGET', meta, 'mend_from') or '+'
    end
    local entries = redis.call('XREVRANGE', stream, from, '-', 'COUNT', MEND_ENTRIES)
    for _, entry in ipairs(entries) do
        from = '(' .. entry[1]
        for i = 1, #entry[2], 2 do
            if entry[2][i] == 'event.id' and added < counted then
                local at = redis.call('ZSCORE', seen, entry[2][i + 1])
                if at and tonumber(at) ~= tonumber(string.match(entry[1], '^%d+')) then
                    redis.call('XDEL', stream, entry[1])
                    added = added + 1
                end
            end
        end
    end
    local is_done = #entries < MEND_ENTRIES or added >= counted
    redis.call('HSET', meta, 'added', is_done and counted or added)
    if is_done then
        redis.call('HDEL', meta, 'mend_from')
        return ''
    end
    redis.call('HSET', meta, 'mend_from', from)
    return from
end

-- KEYS  sensor:<name>, findings, seen, meta    ARGV  journal; where to look for repeats, "+" at first
-- What is applied of that journal, and where to look next.
local function begin(keys, args)
    local sensor, stream, seen, meta = unpack(keys)
    local kinds = {[sensor] = 'hash', [stream] = 'stream', [seen] = 'zset', [meta] = 'hash'}
    for key, kind in pairs(kinds) do
        if not is_type(key, kind) then
            return refuse(key)
        end
    end
    local from = mend(stream, seen, meta, args[2])
    -- A write, so that a replica refuses the greeting and not only the first batch.
    redis.call('HSET', sensor, 'last_contact', redis.call('TIME')[1])
    return {string.format('%.0f', mark_of(sensor, args[1])), from}
end

-- KEYS  sensor:<name>    ARGV  journal; what the sensor thinks is applied of it; then fields and
--       values in turn, what the sensor is doing
-- BEHIND as above: so a sensor that has nothing to send learns that it must.
local function beat(keys, args)
    local sensor, journal = keys[1], args[1]
    if not is_type(sensor, 'hash') then
        return refuse(sensor)
    end
    local applied = mark_of(sensor, journal)
    if applied < tonumber(args[2]) then
        return redis.error_reply('BEHIND ' .. applied)
    end
    redis.call('HSET', sensor, 'last_beat', redis.call('TIME')[1])
    in_parts(args, 2, function(from, to)
        from = math.max(from, 3)
        if from < to then
            redis.call('HSET', sensor, unpack(args, from, to))
        end
    end)
    return redis.status_reply('OK')
end

redis.register_function('basictap_1_apply', apply)
redis.register_function('basictap_1_begin', begin)
redis.register_function('basictap_1_beat', beat)
