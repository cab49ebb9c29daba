-- Batches of 20 new events of a visitor, as a shop's pages send them. Set by the environment: KEY, and FIRST, the number
-- of the first batch.
local number = tonumber(os.getenv("FIRST") or "0")
local run = os.getenv("RUN") or "r"
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("KEY"),
  ["Content-Type"] = "application/json",
  ["Origin"] = "https://shop.example",
  ["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
}
local event = '{"id":"%s-%d-%d","name":"add_to_cart","visitor_id":"%s-%012x","properties":{"value":19.9,"item_id":"sku-123",'
  .. '"selector":"#buy","text":"Add to cart"},"context":{"url":"https://shop.example/shoes/red?utm_source=mail",'
  .. '"title":"Red shoes","page_id":"abcdef123","attributes":{"returning":true}}}'

request = function()
  number = number + 1
  local events = {}
  for place = 1, 20 do
    events[place] = string.format(event, run, number, place, run, number)
  end
  return wrk.format("POST", "/v1/events", headers, '{"events":[' .. table.concat(events, ",") .. "]}")
end

done = function(summary)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %d %d\n", summary.requests / summary.duration * 1e6,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status, summary.requests))
end
