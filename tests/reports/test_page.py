"""From notebook to page: what reaches a reader, what never does, and that nothing is asked for outside."""

import copy
import re

import nbformat
import pytest

from cx_helpers.errors import DataError, UsageError
from cx_helpers.findings import Finding
from cx_helpers.reports import Page, html
from cx_helpers.reports.page import MIME


@pytest.fixture(scope="module")
def notebook(fake):
    return fake.notebook(5)


@pytest.fixture(scope="module")
def page(fake, notebook):
    return html.render(notebook, nav=fake.NAV, published=fake.PUBLISHED)


def test_a_strict_policy_and_no_request_of_any_kind(page):
    assert "default-src &#39;none&#39;" in page or "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<script" not in page and "@import" not in page and "url(http" not in page
    outside = [u for u in re.findall(r'(?:href|src)="([^"]+)"', page) if not u.startswith(("#", "data:")) and not re.fullmatch(r"\d\d\.html", u)]
    assert outside == []


def test_code_plain_output_and_warnings_never_reach_a_reader(page):
    assert "page.show()" not in page and "a warning nobody should read" not in page and "month: str" not in page
    assert "For the analyst" not in page


def test_one_display_headline_and_landmarks_in_the_readers_language(page):
    assert page.count("<h1") == 1 and '<html lang="en">' in page
    for landmark in ('<main id="main"', "<header", "<footer", "<nav", 'class="skip" href="#main"'):
        assert landmark in page


def test_findings_come_first_by_weight_with_grade_n_and_a_link_that_leads_somewhere(page):
    findings = page[page.index('id="findings"') : page.index('id="the-journey-in-two-lanes"')]
    assert [int(i) for i in re.findall(r"Counter (\d)", findings)] == [3, 2, 1, 0]
    assert findings.count("associated") == 4 and findings.count('href="#over-time">Over time<') == 3
    assert "#nowhere" not in findings


def test_seven_findings_at_most(fake):
    assert len(Page(fake.study()).findings([fake.finding(i) for i in range(12)]).items) == 7


def test_a_brands_labels_are_escaped(page):
    assert "<b>:" not in page and "&amp; &lt;b&gt;" in page
    assert "<refund>" not in page


def test_the_same_notebook_gives_the_same_bytes_but_for_the_stamp(fake, notebook, page):
    again = html.render(copy.deepcopy(notebook), nav=fake.NAV, published=fake.PUBLISHED)
    assert again == page
    later = html.render(notebook, nav=fake.NAV, published="2027-01-01T00:00Z")
    assert later != page
    strip = re.compile(r"<time.*?</time>")
    assert strip.sub("", later) == strip.sub("", page)


def test_an_error_output_stops_the_page(fake, notebook):
    broken = copy.deepcopy(notebook)
    broken.cells[3].outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue="no such\nmonth", traceback=[]))
    with pytest.raises(DataError, match="notebook cell 4: ValueError: no such month"):
        html.render(broken, published=fake.PUBLISHED)


def test_a_notebook_that_shows_nothing_is_refused(fake):
    with pytest.raises(DataError, match="no cell shows anything of a Page"):
        html.render(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Q")]), published=fake.PUBLISHED)


def test_the_title_is_the_question(notebook):
    assert html.title(notebook) == "How do customers live the journey?"


def test_a_status_line_is_said_in_the_masthead(fake, notebook):
    assert '<p class="status">made-up &lt;data&gt;</p>' in html.render(notebook, published=fake.PUBLISHED, status_line="made-up <data>")


def test_a_brands_name_cannot_end_the_stylesheet(fake):
    study = fake.study()
    study.brand.label = 'A"} </style><script>x</script>'
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=Page(study).headline("map.owner")._repr_mimebundle_())])
    page = html.render(nbformat.v4.new_notebook(cells=[cell]), published=fake.PUBLISHED)
    assert "<script" not in page and page.count("</style>") == 1


def test_what_the_study_cannot_say_is_gathered_at_the_end(page):
    assert page.index('id="cannot-say"') > page.index('id="what-we-did-and-whether-it-worked"')
    assert "No touchpoint is asked about" in page[page.index('id="cannot-say"') :]


def test_what_is_shown_looks_right_in_jupyterlab_too(fake):
    bundle = Page(fake.study()).headline("map.owner")._repr_mimebundle_()
    assert "@scope (.cx)" in bundle["text/html"] and "<h1>Owner</h1>" in bundle["text/html"]
    assert bundle[MIME]["role"] == "headline" and "<style" not in bundle[MIME]["html"]


def test_what_cannot_be_worded_is_refused(fake):
    with pytest.raises(UsageError, match="allowed are a Finding, a message id or"):
        Page(fake.study()).note(3)


def test_raw_html_in_a_markdown_cell_stays_text(fake):
    node = fake.notebook(3)
    node.cells.insert(6, nbformat.v4.new_markdown_cell("## Raw\n\n<img src=x onerror=alert(1)> words"))
    assert "<img" not in html.render(node, published=fake.PUBLISHED)


def test_a_brands_labels_follow_the_readers_language(fake):
    page = html.render(fake.notebook(3, language="es"), published=fake.PUBLISHED)
    assert '<html lang="es">' in page and "Alquileres Muestra" in page and "octubre" in page


def portal(**more):
    months = [
        {"month": "2018-02", "published": "2018-03-04T06:10Z", "data_through": "2018-02-28", "restated": False, "pages": []},
        {"month": "2018-03", "published": "2018-04-04T06:10Z", "data_through": "2018-03-31", "restated": True, "pages": [
            {"label": "<Journeys>", "href": "a.html", "status": "failed", "headline": None, "published": "2018-04-01T00:00Z", "reason": "model: 12 rows."},
            {"label": "Drivers", "href": None, "status": "failed", "headline": None, "published": None, "reason": "x"},
            {"label": "Data", "href": "b.html", "status": "published", "headline": "One sentence.", "published": "2018-04-04T06:10Z", "reason": None}]},
    ]  # fmt: skip
    return html.render_portal({"language": "en", "brand": "Olist", "audience": "Everyone", "published": "2018-06-01T00:00Z", "months": months, **more})


def test_the_portal_shows_the_newest_month_first_and_tells_of_failed_pages():
    page = portal()
    assert page.index("March 2018</h2>") < page.index("February 2018</h2>")
    assert "This page could not be made anew; the last good one is kept." in page and "This page could not be made." in page
    assert "model: 12 rows." in page and "&lt;Journeys&gt;" in page and "One sentence." in page
    assert "Made again after data was erased or corrected." in page


def test_the_portal_tells_staleness_in_words():
    assert "2 months late: May 2018 should be here and is not." in portal(expected="2018-05")
    assert "should be here" not in portal(expected="2018-03")
    assert "11 months late" in portal(expected="2019-02")


def test_the_index_lists_the_audiences_and_what_is_behind():
    page = html.render_portal({"language": "en", "brand": "Olist", "published": "2018-06-01T00:00Z", "audiences": [
        {"label": "Executive", "href": "executive/index.html", "latest": "2018-03", "months": 3, "failed": 1, "expected": "2018-04"},
        {"label": "New", "href": "new/index.html", "latest": None, "months": 0, "failed": 0, "expected": "2018-04"}]})  # fmt: skip
    assert "Reports for 2 audiences." in page and "One month late" in page and "Nothing has been published yet." in page
    assert 'href="executive/index.html"' in page and "default-src &#39;none&#39;" in page


def test_a_finding_on_a_figure_brings_its_grade(fake):
    from cx_helpers.reports import charts

    shown = Page(fake.study()).figure(charts.states(fake.states()), name="s", headline=Finding("map.owner", {}, 1, 0, 2, 40, "t", "randomised"))
    assert "randomised" in shown.html and "n = 40" in shown.html.replace("\u00a0", " ")


def test_a_sentence_begins_with_a_capital_but_a_brands_spelling_is_kept(fake):
    page = Page(fake.study())
    assert page.headline("text", text="rentals begun").text == "Rentals begun"
    assert page.headline("text", text="iRent wins").text == "iRent wins"
