-- wrk: posts the envelopes of a file, each time with a transaction id that was never used before, in all its places.
-- Argument: the file, as benchmarks/envelopes.py writes it.

local SEPARATOR, PLACEHOLDER = '\30', '@transaction@'
local ID = '%08x-%04x-4%03x-8%03x-%012x'
local HOLE = ('@'):rep(#ID:format(0, 0, 0, 0, 0)) -- as long as an id, so that Content-Length is right

local requests = {} -- each cut at its holes
local seed = { os.time(), 0, 0, 0 }
local number = 0

local function http_request(body)
  local headers = { ['Content-Type'] = 'text/xml; charset=utf-8', ['SOAPAction'] = '""' }
  return wrk.format('POST', nil, headers, (body:gsub(PLACEHOLDER, HOLE)))
end

local function pieces(request)
  local found, start = {}, 1
  for from, to in function() return request:find(HOLE, start, true) end do
    found[#found + 1] = request:sub(start, from - 1)
    start = to + 1
  end
  found[#found + 1] = request:sub(start)
  return found
end

function init(args)
  math.randomseed(os.time() + os.clock() * 1e6)
  seed = { os.time(), math.random(0, 0xffff), math.random(0, 0xfff), math.random(0, 0xfff) }
  for body in io.open(args[1], 'rb'):read('*a'):gmatch('[^' .. SEPARATOR .. ']+') do
    requests[#requests + 1] = pieces(http_request(body))
  end
end

function request()
  number = number + 1
  return table.concat(requests[number % #requests + 1], ID:format(seed[1], seed[2], seed[3], seed[4], number))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "refused": %d, "broken": %d, "microseconds": %d, "p50": %d, "p99": %d}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
