"""Nothing that is typed leaves the browser: values planted in every kind of field are looked for in what goes out."""

import base64
from urllib.parse import unquote_plus

import pytest

from experiments.snapshot import SNAPSHOT
from tests.browser.agents import ordinary_context
from tests.browser.published import wish
from tests.browser.shop import shown
from tracking.debugging import debug_url
from tracking.models import Event, PageInventory, Trigger
from tracking.publishing import publish
from tracking.triggers import TRIGGER_KINDS, with_defaults

# One worker for the file: one Chromium, one server.

WORD, NUMBER, DATE = "q7f3e9cz", "73539001", "1973-05-19"
CANARIES = (WORD, NUMBER, DATE)
TYPED = {
    "text": WORD,
    "search": WORD,
    "url": f"https://{WORD}.example",
    "tel": NUMBER,
    "number": NUMBER,
    "password": WORD,
    "email": f"{WORD}@mail.example",
}
INPUTS = "".join(f'<label>{kind}<input id="f-{kind}" name="f-{kind}" type="{kind}"></label>' for kind in TYPED)
# Sent only when nothing is missing, and then by the page's own code.
FORM = f"""<form id="lead" name="lead" onsubmit="event.preventDefault(); document.title = 'sent'">{INPUTS}
  <input id="f-date" name="f-date" type="date"><textarea id="f-area" name="f-area"></textarea>
  <select id="f-select" name="f-select"><option>one<option value="{WORD}">{WORD}</select>
  <input id="f-radio" name="f-radio" type="radio" value="{WORD}"><input id="f-box" type="checkbox" value="{WORD}">
  <input id="f-hidden" name="f-hidden" type="hidden" value="{WORD}"><input id="f-file" name="f-file" type="file">
  <input id="f-needed" required><button id="send">Send</button></form>"""
LINKS = """<a id="out" href="https://elsewhere.example/?to=Q">Partner</a> <a id="file" href="/list.pdf?for=Q">Prices</a>
  <a id="mail" href="mailto:Q@mail.example">Write</a> <a id="call" href="tel:73539001">Call</a>
  <a id="tell" href="https://www.facebook.com/sharer/sharer.php?u=Q">Share</a>""".replace("Q", WORD)
REST = """<div id="f-editable" contenteditable style="min-height: 2em"></div><p id="words">Some words to be copied</p>
  <div id="open"></div><div id="closed"></div><iframe src="FRAME"></iframe>
  <div style="height: 3000px"></div><p id="end">.</p>
  <script>
    document.addEventListener("click", (event) => event.target.closest("a") && event.preventDefault());
    shades = ["open", "closed"].map((mode) => document.getElementById(mode).attachShadow({mode}));
    shades.forEach((root) => {
      root.innerHTML = '<form onsubmit="return false"><input name="shade"><button>Go</button></form>';
    });
  </script>"""
FRAME = '<form onsubmit="return false"><input id="f-framed" name="f-framed"><button>Go</button></form>'
FIELDS = ["text", "search", "url", "tel", "number", "password", "email", "date", "area", "select", "radio", "box"]
FIELDS += ["hidden", "file", "needed", "editable"]
# As greedy as a marketer can be, and greedier than the admin allows.
GREEDY = [
    {"name": f"{source}_{name}", "source": source, "from": "value", "selector": f"#f-{name}"}
    for name in FIELDS[:12] + FIELDS[13:]
    for source in ("text", "attribute")
]
SMALLEST = {"selector": "body *", "name": "said", "seconds": 1, "visits": 1, "percents": [10, 50], "tell_term": "no"}
# Nobody plays a film or opens a second tab here.
NOT_TRIED = {"media_progress"}


@pytest.fixture
def shop(server):
    shop = server.shop()
    wish(shop, form_analytics=True)
    shop.run()
    # A test session runs the drafts, everybody else what is published.
    Trigger.objects.bulk_create(greedy(shop.project, kind) for kind in TRIGGER_KINDS)
    publish(shop.project.pk, author="mara")
    SNAPSHOT.forget()
    shop.put(FRAME, "frame")
    return shop


@pytest.fixture
def page(browser):
    """In a browser of its own, since the console of one that is refused a share is not clean."""
    context = ordinary_context(browser, viewport={"width": 1000, "height": 700})
    yield context.new_page()
    context.close()


@pytest.fixture
def sent(page):
    """All requests to us, also those of other tabs and frames."""
    sent = []
    page.context.on("request", lambda request: "/v1/" in request.url and sent.append(request))
    return sent


def greedy(project, kind):
    """A trigger of this kind that fires as easily as it can and takes along all that it may."""
    params = with_defaults(kind, {})
    params |= {name: value for name, value in SMALLEST.items() if name in params}
    event = "" if TRIGGER_KINDS[kind].events else f"heard {kind}"
    return Trigger(project=project, key=kind, name=kind, kind=kind, event=event, params=params, properties=GREEDY)


def everything_sent(requests):
    """Addresses, headers and bodies, as they were and as they may be written."""
    parts = []
    for request in requests:
        parts += [request.url, str(request.all_headers()), (request.post_data_buffer or b"").decode(errors="replace")]
    return "\n".join([*parts, *(unquote_plus(part) for part in parts)])


def everything_stored(shop):
    rows = Event.objects.filter(project=shop.project).values_list("name", "properties", "context")
    return str([*rows, *PageInventory.objects.filter(project=shop.project).values_list("path", "items")])


def canaries_in(text):
    """Those that can be read in it, also in Base64 at any of its three beginnings."""
    found = {canary for canary in CANARIES if canary.lower() in text.lower()}
    for canary in CANARIES:
        encoded = (base64.b64encode(b"x" * shift + canary.encode())[4 if shift else 0 : -4] for shift in range(3))
        found |= {canary for part in encoded if len(part) > 5 and part.decode() in text}
    return found


def fill_in(page):
    """Every field, by the keyboard where that is possible."""
    for kind, value in TYPED.items():
        page.click(f"#f-{kind}")
        page.keyboard.type(value)
    for selector in ("#f-area", "#f-editable"):
        page.click(selector)
        page.keyboard.type(WORD)
        page.keyboard.press("Backspace")
        page.keyboard.type(WORD[-1])
    page.fill("#f-date", DATE)
    page.select_option("#f-select", index=1)
    page.check("#f-radio")
    page.check("#f-box")
    file = {"name": f"{WORD}.txt", "mimeType": "text/plain", "buffer": WORD.encode()}
    page.set_input_files("#f-file", file)
    page.frame_locator("iframe").locator("#f-framed").press_sequentially(WORD)
    for place in (0, 1):
        page.evaluate(f"shades[{place}].querySelector('input').focus()")
        page.keyboard.type(WORD)
        page.keyboard.press("Enter")


def do_everything(page):
    """What makes each kind of trigger fire, around fields that are filled in."""
    page.click("#send")
    for name in [*TYPED, "area", "select", "box", "radio", "date", "editable"]:
        page.click(f"#f-{name}")
    page.click("#f-text", click_count=3)
    page.keyboard.press("Control+c")
    page.click("#f-needed")
    page.keyboard.type(WORD)
    page.click("#send")
    page.frame_locator("iframe").locator("button").click()
    for link in ("#out", "#file", "#mail", "#call", "#tell"):
        page.click(link)
    for _ in range(4):
        page.click("#words", delay=10)
    page.hover("#f-email")
    page.wait_for_timeout(1300)
    page.evaluate("""() => {
        document.dispatchEvent(new CustomEvent("said", {detail: {n: 1}}));
        (window.dataLayer = window.dataLayer || []).push({event: "said", n: 1});
        scrollTo(0, 99999);
    }""")
    page.wait_for_timeout(2500)
    page.evaluate("history.pushState({}, '', '?q=shoes')")
    page.wait_for_timeout(2500)


def visit(shop, page, debug):
    html = f"{LINKS}{FORM}{REST.replace('FRAME', f'/{shop.project.key}/frame')}"
    address = shop.put(html + shop.script())
    page.goto(debug_url(address, shop.project, "Mara") if debug else address)
    shown(page)
    page.wait_for_timeout(1000)


@pytest.mark.parametrize("debug", [False, True], ids=["visitor", "test session"])
def test_nothing_that_is_typed_leaves_the_browser(shop, page, sent, debug):
    visit(shop, page, debug)
    fill_in(page)
    do_everything(page)
    out = everything_sent(sent)
    page.goto("about:blank")
    shop.events("heard time_spent")
    shop.told("form_interaction", least=2)

    assert canaries_in(out) == set()
    assert canaries_in(everything_stored(shop)) == set()
    names = set(Event.objects.filter(project=shop.project).values_list("name", flat=True))
    kinds = [kind for kind in TRIGGER_KINDS if not TRIGGER_KINDS[kind].events and kind not in NOT_TRIED]
    assert {f"heard {kind}" for kind in kinds} - names == set()
    assert {"phone_click", "email_click", "form_interaction"} - names == set()
    assert PageInventory.objects.filter(project=shop.project).exists()


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize(
    "wrong",
    [
        "microlift.track('planted', {typed: 'CANARY'})",
        "fetch('/v1/planted?typed=' + 'CANARY'.replace(/\\w/g, (one) => '%' + one.charCodeAt().toString(16)))",
        "fetch('/v1/planted', {headers: {'X-Typed': 'CANARY'}})",
        "fetch('/v1/planted', {method: 'POST', body: btoa('{\"typed\": \"CANARY\"}')})",
        "navigator.sendBeacon('/v1/planted', 'CANARY')",
    ],
)
def test_the_search_finds_what_does_leave(shop, page, sent, wrong, canary):
    visit(shop, page, debug=False)

    page.evaluate(wrong.replace("CANARY", canary) + "; 0")
    page.wait_for_timeout(500)

    assert canaries_in(everything_sent(sent)) == {canary}


def test_the_search_finds_what_is_told_when_the_page_is_left(shop, page):
    visit(shop, page, debug=False)
    page.evaluate(f"addEventListener('pagehide', () => microlift.track('planted', {{typed: '{WORD}'}}), true)")

    page.goto("about:blank")
    shop.events("planted")

    assert canaries_in(everything_stored(shop)) == {WORD}
