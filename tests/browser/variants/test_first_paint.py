"""No flash: nobody sees the original first, and nothing moves. Judged by what the browser painted, frame by frame."""

import pytest

from tests.browser.variants.pages import WATCH, run

# What must never be painted is red.
STYLE = "<style>.original { background: #f00; padding: 20px; border: 0 }</style>"
BUTTON = '<button id="buy" class="original">Buy</button>'
FORM = '<form id="lead"><div class="original"><input name="phone"></div><div><input name="email"></div></form>'
BELOW = "<p>What stands below</p><p>and below that</p>"
GREEN = {"selector": "#buy", "background": "#0f7b4f"}
CTA = [
    GREEN | {"text": "Start free, no card needed"},
    GREEN | {"size": "200%", "icon": "gift"},
    GREEN | {"microcopy": "Cancel at any time"},
    GREEN | {"position": "first"},
    GREEN | {"sticky": "bottom"},
]
# The page is hidden for 300 ms at most, and what comes later is seen to come, as promised. A machine that is busy with
# other tests may take longer, so here the page's patience does not end: it is seen when the answer is there.
PATIENT = """const real = setTimeout; window.setTimeout = (work, after, ...rest) =>
    real(work, after === 300 ? 30000 : after, ...rest)"""
UNVEILED = "document.body && document.documentElement.style.opacity === ''"
# In a page of its own: how many of these pictures have a red pixel.
RED = """async pictures => {
    const canvas = document.createElement('canvas'), draw = canvas.getContext('2d', {willReadFrequently: true});
    let red = 0;
    for (const picture of pictures) {
        const image = new Image();
        image.src = 'data:image/png;base64,' + picture;
        await image.decode();
        Object.assign(canvas, {width: image.width, height: image.height});
        draw.drawImage(image, 0, 0);
        const {data} = draw.getImageData(0, 0, image.width, image.height);
        for (let at = 0; at < data.length; at += 4)
            if (data[at] > 200 && data[at + 1] < 80 && data[at + 2] < 80) { red++; break; }
    }
    return red;
}"""


@pytest.fixture
def watch(server, page):
    """``watch(html, payload, kind)``: in how many painted frames the original was seen, of how many, and what moved."""
    shop = server.shop()

    def painted(html, payload, kind, wait=0, **data):
        run(shop, payload, kind)
        pictures = []
        film = page.context.new_cdp_session(page)
        film.on("Page.screencastFrame", lambda frame: _keep(film, pictures, frame))
        page.route("**/v1/client/pk_*.json", lambda route: (page.wait_for_timeout(wait), route.continue_()))
        page.add_init_script(WATCH + PATIENT)
        # As the documentation gives it for pages that must not flash: in the head, and not async.
        script = shop.script(**data).replace("async ", "")
        # The server's first answer after a change takes longer than all that follow.
        page.request.get(f"{shop.api}/v1/client/{shop.key}.json")
        address = shop.put(f"<head>{script}</head><body>{STYLE}<h1>Shop</h1><div>{html}{BELOW}</div></body>")
        film.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
        page.goto(address)
        page.wait_for_function(UNVEILED)
        page.wait_for_timeout(600)
        film.send("Page.stopScreencast")
        return page.evaluate(RED, list(pictures)), len(pictures), page.evaluate("shifted")

    return painted


def _keep(film, pictures, frame):
    pictures.append(frame["data"])
    film.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})


@pytest.mark.parametrize("payload", CTA)
def test_a_call_to_action_is_changed_before_it_is_painted(watch, payload):
    red, frames, shifted = watch(f"<p>Only today</p>{BUTTON}", payload, "cta")

    assert (red, shifted) == (0, 0)
    assert frames


def test_a_form_is_changed_before_it_is_painted(watch):
    red, frames, shifted = watch(FORM, {"selector": "#lead", "hide": ["phone"], "labels": {"email": "E-mail"}}, "form")

    assert (red, shifted) == (0, 0)
    assert frames


def test_without_the_guard_a_slow_answer_would_be_seen(watch):
    """That the camera sees a flash where there is one."""
    red, _frames, _shifted = watch(BUTTON, GREEN, "cta", wait=400, guard="off")

    assert red > 0
