"""What a careful visitor would say about a page: accessible, at home, and quiet."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TELLS_ON_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI);
});
"""
A_REFUSAL = re.compile(r"Failed to load resource: .* status of (403|404|413|422)")
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Watch:
    """What must not happen on any page, written down as it happens."""

    address: str
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.add_init_script(TELLS_ON_VIOLATIONS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        # A page that is rightly refused is also told on the console; that is no fault.
        if message.type in {"error", "warning"} and not A_REFUSAL.search(message.text):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and f"{address.scheme}://{address.netloc}" != self.address:
            self.complaints.append(f"left the host: {request.url}")


def go_on(page: Page, what: Locator) -> None:
    """Clicks, and waits for the page that comes after: the one before looks ready as well."""
    with page.expect_navigation():
        what.click()


def take_role(page: Page, role: str) -> None:
    page.goto("/aanmelden")
    go_on(page, page.locator(f"button[name=role][value={role}]"))
    expect(page.locator("main")).to_be_visible()


def assert_accessible(page: Page) -> None:
    """axe finds nothing against WCAG 2.2 A and AA, and nothing has to be scrolled sideways."""
    page.evaluate(AXE)
    found = page.evaluate("(standards) => axe.run({runOnly: standards})", STANDARDS)
    faults = [
        f"{fault['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    assert faults == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
