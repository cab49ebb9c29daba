"""Forms: begun, sent and abandoned, each once, also in frames and shadows; nothing that is typed is ever told."""

from tests.browser.triggers.site import trigger

FORM = """<form id="lead" name="contact" onsubmit="return false">
  <input name="mail" required><input name="id"><input name="name" type="checkbox">
  <select name="size"><option>S<option>M</select><button>Send</button></form>
  <input id="outside" form="lead" name="note">
  <form id="other" onsubmit="return false"><input name="q"><button>Go</button></form>"""
THIS = {"form_id": "lead", "form_name": "contact", "form_position": 1, "page_path": "/page"}


def test_a_form_is_begun_once(site, page):
    site.open(page, FORM, trigger("form_start"))

    page.focus("[name=mail]")
    assert site.names(page) == []
    page.keyboard.type("ann")
    page.check("[type=checkbox]")
    page.select_option("select", "M")
    page.fill("#outside", "note")
    page.fill("[name=q]", "kettle")

    lead, other = site.told(page, "form_start")
    assert lead == THIS
    assert (other["form_id"], other["form_position"]) == ("other", 2)


def test_a_form_is_sent_when_it_is_valid_and_once_for_a_double_click(site, page):
    site.open(page, FORM, trigger("form_submit", selector="#lead"))

    page.click("text=Send")
    assert site.names(page) == []
    page.fill("[name=mail]", "ann@shop.test")
    page.dblclick("text=Send", delay=80)
    page.click("text=Go")
    assert site.told(page) == [THIS]
    page.press("[name=mail]", "Enter")

    assert site.names(page) == ["form_submit"] * 2


def test_a_form_that_is_left_is_abandoned_once_with_the_last_field(site, page):
    site.put("Next", "next")
    site.open(page, FORM, trigger("form_abandon"))

    page.fill("[name=mail]", "ann@shop.test")
    page.fill("[name=id]", "7")
    page.goto(f"{site.address}/next")
    page.go_back()
    page.wait_for_url("**/page")
    page.goto(f"{site.address}/next")

    (told,) = site.told(page, "form_abandon")
    assert told == {**THIS, "last_field": "id", "seconds": told["seconds"]}
    assert 0 <= told["seconds"] <= 10


def test_a_form_that_is_sent_or_only_looked_at_is_not_abandoned(site, page):
    site.put("Next", "next")
    site.open(page, FORM, trigger("form_abandon"))

    page.fill("[name=mail]", "ann@shop.test")
    page.click("text=Send")
    page.focus("[name=q]")
    page.goto(f"{site.address}/next")

    assert site.names(page) == []


def test_a_form_of_an_application_is_abandoned_on_the_page_it_was_on(site, page):
    site.open(page, FORM, trigger("form_abandon"), trigger("form_start"))

    page.fill("[name=mail]", "ann@shop.test")
    page.evaluate("history.pushState({}, '', '/thanks')")
    page.wait_for_timeout(200)
    page.fill("[name=mail]", "bob@shop.test")

    told = [(event["name"], event["properties"]["page_path"]) for event in site.events(page)]
    assert told == [("form_start", "/page"), ("form_abandon", "/page"), ("form_start", "/thanks")]


def test_forms_in_frames_of_the_site_are_heard_also_those_that_come_later(site, page):
    site.pages["/framed"] = '<form id="framed"><input name="mail"><button>Send</button></form>'
    later = """<script>
        setTimeout(() => document.body.append(Object.assign(document.createElement("iframe"), {src: "/framed"})), 900);
    </script>"""
    site.open(page, f'<iframe src="/framed"></iframe>{later}', trigger("form_start"), trigger("form_submit"))

    page.wait_for_selector("iframe >> nth=1")
    page.wait_for_timeout(300)
    for number in (0, 1):
        frame = page.frame_locator("iframe").nth(number)
        frame.locator("input").fill("ann@shop.test")
        frame.locator("button").click()

    told = [(event["name"], event["properties"]["form_id"]) for event in site.events(page)]
    assert told == [("form_start", "framed"), ("form_submit", "framed")] * 2
    assert {event["properties"]["page_path"] for event in site.events(page)} == {"/page"}


def test_a_frame_of_another_site_is_left_alone(site, page):
    site.pages["/framed"] = '<form id="framed"><input name="mail"></form>'
    site.open(page, f'<iframe src="http://127.0.0.1:{site.port}/framed"></iframe>', trigger("form_start"))

    page.frame_locator("iframe").locator("input").fill("ann@shop.test")

    assert site.names(page) == []


def test_a_form_in_a_shadow_is_heard(site, page):
    shadow = """<my-form></my-form><script>
        document.querySelector("my-form").attachShadow({mode: "open"}).innerHTML =
            "<form id=within onsubmit='return false'><input name=mail><button>Send</button></form>";
    </script>"""
    site.open(page, shadow, trigger("form_start"), trigger("click", selector="#within button"))

    page.fill("[name=mail]", "ann@shop.test")
    page.click("button")

    assert site.names(page) == ["form_start", "cta_click"]


FIELDS = ("text", "email", "password", "number", "tel", "url", "search", "date")
CANARY = "canary7f3e"


def test_no_value_of_any_field_is_ever_told(site, page):
    fields = "".join(f'<input type="{kind}" id="{kind}" name="{kind}">' for kind in FIELDS)
    html = f"""<form id="all" novalidate onsubmit="return false">{fields}<textarea id="area"></textarea>
        <p id="free" contenteditable></p><input id="filled" value="{CANARY}">
        <input type="hidden" value="{CANARY}"><select id="pick"><option>a<option value="{CANARY}">{CANARY}</select>
        <input type="radio" name="r" value="{CANARY}"><button value="{CANARY}">Send</button></form>"""
    wants = [
        (kind, source, "value", f"#{kind}")
        for kind in ("text", "email", "password", "area", "pick", "free", "filled")
        for source in ("text", "attribute")
    ]
    tell = [(f"p{place}", source, "value", selector) for place, (_, source, _, selector) in enumerate(wants)]
    kinds = [trigger(kind, tell=tell) for kind in ("form_start", "form_submit", "form_abandon", "rage_click", "copy")]
    seen = [
        trigger(kind, f"{kind}{n}", selector=one, seconds=1, tell=tell)
        for kind in ("click", "hover", "element_visible")
        for n, one in enumerate(["input", "textarea", "select", "#free", "form", "button"])
    ]
    site.open(page, html, *kinds, *seen)

    for kind in FIELDS:
        page.fill(f"#{kind}", {"date": "2031-07-03", "number": "98761234"}.get(kind, f"{CANARY}@shop.test"))
        page.click(f"#{kind}", click_count=2)
    for selector in ("#area", "#free"):
        page.fill(selector, CANARY)
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+c")
        page.click(selector, click_count=3)
    page.select_option("#pick", index=1)
    page.check("[type=radio]")
    page.wait_for_timeout(1300)
    page.click("button")
    page.fill("#text", CANARY)
    page.goto(site.put("Next", "next"))

    names = set(site.names(page))
    assert {"form_start", "form_submit", "form_abandon", "copy", "click0", "element_visible0"} <= names
    told = str(site.bodies)
    assert not [secret for secret in (CANARY, "98761234", "2031-07", "shop.test") if secret in told]
