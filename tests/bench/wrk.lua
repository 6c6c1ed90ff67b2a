-- The request is METHOD with SIZE bytes of body; figures come out as one line of JSON.

local method = os.getenv("BENCH_METHOD")
local size = tonumber(os.getenv("BENCH_BODY"))

wrk.method = method
if size > 0 then wrk.body = string.rep("x", size) end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nFIGURES {"requests": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
