-- A fresh visitor in every request; every other one meets the conditions. Set by the environment: BODY with a %d for
-- the visitor's number and a %s for the country, KEY.
local number = tonumber(os.getenv("FIRST") or "0")
local body, path, key = os.getenv("BODY"), os.getenv("ASKED"), os.getenv("KEY")
local method = body == "" and "GET" or "POST"
local headers = {
  ["Authorization"] = "Bearer " .. key,
  ["Content-Type"] = "application/json",
  ["Origin"] = "https://shop.example",
  ["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
}

request = function()
  number = number + 1
  if body == "" then
    return wrk.format(method, string.gsub(path, "%%d", number), headers)
  end
  return wrk.format(method, path, headers, string.format(body, number, number % 2 == 0 and "PL" or "FR"))
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %d %d\n", summary.requests / summary.duration * 1e6,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status, latency:percentile(95)))
end
