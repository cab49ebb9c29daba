"""Videos and audios: players of the page, of YouTube and of Vimeo. The latter two are played by stand-ins that speak as
theirs do (their players' published messages), since a test asks no foreign server."""

from tests.browser.triggers.site import trigger

# A video whose time the test sets: only what the browser says of it counts.
VIDEO = """<video id="film" src="/film.mp4?token=1" title="Our kettle" controls></video>
<video id="back" muted loop></video>
<script>
  function play(id, ...seconds) {
    const video = document.getElementById(id);
    Object.defineProperty(video, "duration", {value: 100, configurable: true});
    const say = (type, now) => {
      Object.defineProperty(video, "currentTime", {value: now, configurable: true});
      video.dispatchEvent(new Event(type));
    };
    say("play", seconds[0]);
    seconds.forEach((second) => say("timeupdate", second));
    if (seconds[seconds.length - 1] === 100) say("ended", 100);
  }
</script>"""
YOUTUBE = """<title>Player</title><script>
  const say = (event, info) => parent.postMessage(JSON.stringify({event, info, id: 1, channel: "widget"}), "*");
  addEventListener("message", ({data}) => {
    if (JSON.parse(data).event !== "listening" || !/enablejsapi=1/.test(location.search)) return;
    say("initialDelivery", {playerState: -1, duration: 200, currentTime: 0, videoData: {title: "Tea"}});
    say("infoDelivery", {playerState: 1});
    for (const currentTime of [1, 60, 110]) say("infoDelivery", {currentTime});
    say("infoDelivery", {playerState: 0});
  });
</script>"""
VIMEO = """<title>Player</title><script>
  const say = (what) => parent.postMessage(JSON.stringify(what), "*");
  const wanted = new Set();
  addEventListener("message", ({data}) => {
    const {method, value} = JSON.parse(data);
    if (method === "getVideoTitle") say({method, value: "Pots"});
    if (method !== "addEventListener" || wanted.has(value)) return;
    wanted.add(value);
    if (wanted.size < 3) return;
    say({event: "play", data: {percent: 0}});
    for (const percent of [0.1, 0.26, 0.51]) say({event: "timeupdate", data: {percent}});
  });
  say({event: "ready"});
</script>"""


# Speaks all the time, unasked.
EVIL = """<script>
  setInterval(() => parent.postMessage(JSON.stringify({event: "ended", info: {playerState: 0}}), "*"), 50);
</script>"""


def played(site, page):
    return [(event["name"], event["properties"]["video_percent"]) for event in site.events(page)]


def open_page(site, page, html, *triggers):
    site.open(page, html, *triggers)
    page.wait_for_function("window.mediaBegun")


def test_a_video_of_the_page_is_told_from_its_start_to_its_end_once(site, page):
    open_page(site, page, VIDEO, trigger("media_progress", percents=[25, 50, 100]))

    for _ in range(2):
        page.evaluate("play('film', 1, 30, 60, 99.9)")
    assert played(site, page) == [("video_start", 0), ("video_progress", 25), ("video_progress", 50)]
    page.evaluate("location.hash = 'film'")
    page.evaluate("play('film', 99, 100)")

    assert played(site, page)[3:] == [("video_complete", 100)]
    last = site.told(page)[-1]
    assert (last["video_provider"], last["video_title"]) == ("html5", "Our kettle")
    assert last["video_url"] == f"{site.address}/film.mp4"


def test_another_page_of_an_application_begins_anew(site, page):
    open_page(site, page, VIDEO, trigger("media_progress", percents=[50]))

    page.evaluate("play('film', 1, 60)")
    page.evaluate("history.pushState({}, '', '/other')")
    page.wait_for_timeout(200)
    page.evaluate("play('film', 1, 60)")

    assert played(site, page) == [("video_start", 0), ("video_progress", 50)] * 2


def test_a_picture_that_moves_is_no_video_and_a_name_of_ones_own_tells_only_what_was_asked(site, page):
    open_page(
        site, page, VIDEO, trigger("media_progress", "watched", percents=[50]), trigger("media_progress", "watched")
    )

    page.evaluate("play('back', 1, 60)")
    assert site.names(page) == []
    page.evaluate("play('film', 1, 60)")

    assert played(site, page) == [("watched", 50), ("watched", 10), ("watched", 25)]


def test_a_player_of_youtube_is_asked_to_tell_without_a_step_in_the_history(site, page):
    page.route("https://www.youtube.com/**", lambda route: route.fulfill(body=YOUTUBE, content_type="text/html"))
    frame = '<iframe src="https://www.youtube.com/embed/abc?start=3"></iframe>'
    open_page(site, page, frame, trigger("media_progress", percents=[25, 50, 100]))

    page.wait_for_timeout(1000)

    steps = [("video_start", 0), ("video_progress", 25), ("video_progress", 50), ("video_complete", 100)]
    assert played(site, page) == steps
    first = site.told(page)[0]
    assert (first["video_provider"], first["video_title"]) == ("youtube", "Tea")
    assert first["video_url"] == "https://www.youtube.com/embed/abc"
    assert page.evaluate("history.length") == 2


def test_a_player_of_vimeo_that_comes_later_is_heard_and_a_foreign_frame_is_not(site, page):
    page.route("https://player.vimeo.com/**", lambda route: route.fulfill(body=VIMEO, content_type="text/html"))
    page.route("https://evil.test/**", lambda route: route.fulfill(body=EVIL, content_type="text/html"))
    frames = '<iframe src="https://evil.test/player.vimeo.com/video/9"></iframe>'
    open_page(site, page, frames, trigger("media_progress", percents=[25, 50, 100]))

    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<iframe src=https://player.vimeo.com/video/7?h=1></iframe>')"
    )
    page.wait_for_timeout(1000)

    assert played(site, page) == [("video_start", 0), ("video_progress", 25), ("video_progress", 50)]
    assert site.told(page)[-1]["video_title"] == "Pots"
    assert site.told(page)[0]["video_url"] == "https://player.vimeo.com/video/7"
