-- What wrk sends. Arguments behind "--": get or post, the number of tenants, the rows of each that are asked for, and
-- "check" where each answer is looked at, which costs the load tool some of the processors' time.
--
-- Requests are made beforehand; each is drawn at random. What came of them is one line, "result ...", for Wrk.java.

local threads = {}

function setup(thread)
  thread:set("seed", #threads + 1)
  table.insert(threads, thread)
end

local function title(tenant)
  return "todo of t" .. tenant
end

local function post(tenant)
  local headers = { ["Content-Type"] = "application/json" }
  return wrk.format("POST", "/t" .. tenant .. "/todos", headers, '{"title":"' .. title(tenant) .. '"}')
end

local function get(tenant, id)
  return wrk.format("GET", "/t" .. tenant .. "/todos/" .. id)
end

local requests = {}
wrong = 0
example = ""

function init(args)
  local method, tenants, rows, check = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  math.randomseed(os.time() * 100 + seed)
  for tenant = 1, tenants do
    if method == "post" then
      table.insert(requests, post(tenant))
    else
      for id = 1, rows do
        table.insert(requests, get(tenant, id))
      end
    end
  end
  if check == "check" then
    local expected = method == "post" and 201 or 200
    response = function(status, headers, body)
      if status ~= expected or not body:match('^{"id":%d+,"title":"todo of t%d+","done":false}$') then
        wrong = wrong + 1
        example = status .. " " .. body
      end
    end
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors, seen = summary.errors, 0
  for _, thread in ipairs(threads) do
    seen = seen + thread:get("wrong")
    if thread:get("wrong") > 0 then
      print("wrong answer: " .. thread:get("example"))
    end
  end
  print(string.format(
    "result requests=%d micros=%d p50=%d p99=%d refused=%d wrong=%d lost=%d",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status, seen,
    errors.connect + errors.read + errors.write + errors.timeout))
end
