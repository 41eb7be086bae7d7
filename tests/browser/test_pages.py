"""Pages as people see them: no request, no sideways scroll, no text over text, axe, print."""

import re

import pytest

SCROLLS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
OVERLAPS = """() => {
  const shown = [...document.querySelectorAll('svg[role=img]')].filter(s => s.getBoundingClientRect().width > 0);
  const out = [];
  for (const svg of shown) {
    const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()]).filter(t => t[0]);
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i][1], texts[j][1]];
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (w > 1 && h > 3) out.push(`${svg.querySelector('title').textContent}: "${texts[i][0]}" over "${texts[j][0]}"`);
    }
  }
  return out;
}"""
OUTSIDE = """() => [...document.querySelectorAll('svg[role=img]')].filter(s => s.getBoundingClientRect().width > 0).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
    return r.width && (r.left < box.left - 3 || r.right > box.right + 3 || r.top < box.top - 3 || r.bottom > box.bottom + 3); }).map(t => t.textContent);
})"""


def open_page(browser, file, width=1280, height=900, **more):
    view = browser.new_context(viewport={"width": width, "height": height}, **more)
    page = view.new_page()
    page.goto(file.as_uri())
    return page


EDGE = "() => Math.max(...[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('svg, .vh, .scroll')).map(e => e.getBoundingClientRect().right))"
OPEN = "() => document.querySelectorAll('.fold').forEach(tick => { tick.checked = true; })"
HEIGHT = "() => document.documentElement.scrollHeight"

ALL = ["map3", "map5", "map8", "map10", "lived", "lived14", "unasked", "portal"]


@pytest.mark.parametrize("name", ["map8", "portal"])
def test_a_page_asks_for_nothing_but_itself(browser, pages, name):
    page = browser.new_context().new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(pages[name].as_uri())
    page.wait_for_load_state("networkidle")
    assert [u for u in asked if not u.startswith("data:")] == [pages[name].as_uri()]
    assert complaints == []


@pytest.mark.parametrize("name", ["map3", "map10", "lived", "lived14", "unasked", "data", "portal"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_sideways_scroll(browser, pages, name, width):
    page = open_page(browser, pages[name], width)
    assert page.evaluate(SCROLLS) <= 0
    page.evaluate(OPEN)
    assert page.evaluate(SCROLLS) <= 0
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(SCROLLS) <= 0
    page.context.close()


@pytest.mark.parametrize("name", ["map8", "map10", "lived", "lived14", "data"])
def test_no_table_leaves_the_page(browser, pages, name):
    """1,200 px of content and 40 px of margin on both sides."""
    page = open_page(browser, pages[name], 1280)
    assert page.evaluate(EDGE) <= 1200.5
    page.context.close()


@pytest.mark.parametrize("name", ["map8", "lived", "data"])
def test_a_phone_opens_figures_and_tables_on_request(browser, pages, name):
    shown = "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).length"
    page = open_page(browser, pages[name], 390)
    folded, heads = page.evaluate(HEIGHT), page.evaluate(shown, "main h3.hd")
    assert heads == page.evaluate("() => document.querySelectorAll('main h3.hd').length"), "every sentence stands open"
    assert page.evaluate(shown, "main .fig:has(h3) table") == 0
    tick = page.locator(".fold").first
    tick.focus()
    page.keyboard.press("Space")
    assert page.evaluate(HEIGHT) > folded, "the first piece opens by keyboard"
    page.evaluate(OPEN)
    assert page.evaluate(shown, "main table") > 0 and page.evaluate(HEIGHT) > 1.5 * folded
    page.context.close()


def test_a_link_to_a_folded_table_opens_it_on_a_phone(browser, pages):
    page = open_page(browser, pages["lived"], 390)
    assert not page.locator("#segments table").first.is_visible()
    page.goto(pages["lived"].as_uri() + "#segments")
    assert page.locator("#segments table").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("width", [1280, None])
def test_wider_screens_and_paper_fold_nothing(browser, pages, width):
    page = open_page(browser, pages["lived"], width or 390)
    if width is None:
        page.emulate_media(media="print")
    assert page.locator("#segments table").first.is_visible() and not page.locator(".foldname").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("name", ["map8", "portal"])
def test_no_sideways_scroll_at_twice_the_size(browser, pages, name):
    """200% zoom of a 1280 px window leaves 640 CSS pixels."""
    page = open_page(browser, pages[name], 640, 450, device_scale_factor=2)
    assert page.evaluate(SCROLLS) <= 0
    page.context.close()


@pytest.mark.parametrize("name", ALL[:-1])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_text_lies_over_another_and_none_leaves_its_figure(browser, pages, name, width):
    page = open_page(browser, pages[name], width)
    page.evaluate(OPEN)
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(OUTSIDE) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["map8", "lived", "data", "portal"])
def test_axe_finds_nothing(browser, pages, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for width in (390, 1280):
        page = open_page(browser, pages[name], width, color_scheme=scheme, bypass_csp=True)
        page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(OPEN)
        found = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        told = [f"{v['id']}: {v['nodes'][0]['html'][:120]} {v['nodes'][0]['any'][0]['message'] if v['nodes'][0]['any'] else ''}" for v in found.response["violations"]]
        assert told == []
        page.context.close()


def test_the_dark_page_is_dark_and_its_figures_follow(browser, pages):
    page = open_page(browser, pages["map8"], color_scheme="dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    ink = page.evaluate("() => getComputedStyle(document.querySelector('svg.jmap text')).fill")
    assert ink == "rgb(236, 234, 228)"
    page.context.close()


def test_labels_are_at_least_twelve_pixels_on_a_phone(browser, pages):
    page = open_page(browser, pages["map8"], 360)
    page.evaluate(OPEN)
    sizes = page.evaluate("""() => [...document.querySelectorAll('svg text')].filter(t => t.getBoundingClientRect().width).map(t => {
      const svg = t.ownerSVGElement; return parseFloat(getComputedStyle(t).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; })""")
    assert min(sizes) >= 11.9
    page.context.close()


@pytest.mark.parametrize("name", ["map8", "map10"])
def test_print_clips_nothing_and_says_where_the_tables_are(browser, pages, name, tmp_path):
    page = open_page(browser, pages[name], 1280)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    wide = page.evaluate("() => [...document.querySelectorAll('main table, main p, main h3')].filter(e => !e.closest('.full') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className + e.textContent.slice(0, 40))")
    assert wide == []
    assert page.evaluate("() => getComputedStyle(document.querySelector('.inprint')).display") == "block"
    assert page.evaluate("() => getComputedStyle(document.querySelector('details.twin')).display") == "none"
    sheets = """() => { const svg = [...document.querySelectorAll('svg.jmap')].filter(s => s.getBoundingClientRect().width);
      return [svg.length, document.querySelector('.onscreen').checkVisibility()]; }"""
    assert page.evaluate(sheets) == [2 if name == "map8" else 4, False], "a sheet a lane"
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
    page.context.close()


def test_a_phone_is_spared_minor_columns_empty_cells_and_what_is_folded(browser, pages):
    shown = "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).length"
    for width, minor in ((390, False), (1280, True)):
        page = open_page(browser, pages["data"], width)
        page.evaluate(OPEN)
        assert bool(page.evaluate(shown, ".stack td.minor")) == minor and bool(page.evaluate(shown, ".stack td.none")) == minor
        assert page.evaluate(shown, "#more table") == 0 and page.evaluate(shown, "#more .note") == 0
        page.context.close()
