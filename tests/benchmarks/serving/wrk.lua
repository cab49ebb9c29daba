-- A fresh visitor in every request, from two countries in turns. Set by the environment: BODY (or, for a GET, ASKED)
-- with a %d for the visitor's number and a %s for the country, and KEY.
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
  local country = number % 2 == 0 and "PL" or "FR"
  if body == "" then
    local asked = string.gsub(path, "%%d", number)
    asked = string.gsub(asked, "%%s", country)
    return wrk.format(method, asked, headers)
  end
  return wrk.format(method, path, headers, string.format(body, number, country))
end

done = function(summary)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %d %d\n", summary.requests / summary.duration * 1e6,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status, summary.requests))
end
