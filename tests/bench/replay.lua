-- For wrk: sends the requests of a file again and again, each line a path, a blank and a body, and
-- prints: requests, microseconds, p50 and p99 in microseconds, errors.
--   wrk ... -s replay.lua URL -- FILE
wrk.headers["Content-Type"] = "application/json"

local requests = {}
local sent = 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^(%S+) (.*)$")
    requests[#requests + 1] = wrk.format("POST", path, nil, body)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary, latency)
  local e = summary.errors
  print("result", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout)
end
