"""Pictures of a page for the documentation, and how long Chromium takes to draw it.

python -m benchmarks.screenshots --page FILE --out docs/screenshots

Writes light.png, dark.png, phone.png, print.png (how it looks on paper) and page.pdf, and prints
a line a picture, then the time from opening the file to its first paint and to its end, the median
of several. Wants Playwright and a Chromium that is already on the machine.
"""

import argparse
import io
import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BYTES_MAX: Final = 300_000
ROUNDS: Final = 7
DESK: Final = {"width": 1280, "height": 900}
# A4 less its margins, at 96 dots an inch.
PAPER: Final = {"width": 703, "height": 1039}
PICTURES: Final[dict[str, dict[str, Any]]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 2},
    "print": {"viewport": PAPER, "device_scale_factor": 2},
}
TIMES: Final = """async () => {
    const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
    while (!painted()) await new Promise(requestAnimationFrame);
    return [painted().startTime, performance.getEntriesByType("navigation")[0].loadEventEnd];
}"""


def find_chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def squeezed(picture: bytes, most: int = BYTES_MAX) -> bytes:
    """The PNG with as many colours as fit into so many bytes; halved in size if none do."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        kept = io.BytesIO()
        image.quantize(colours).save(kept, "PNG", optimize=True)
        if kept.tell() <= most:
            return kept.getvalue()
    half = image.resize((image.width // 2, image.height // 2))
    kept = io.BytesIO()
    half.save(kept, "PNG")
    return squeezed(kept.getvalue(), most)


def take(browser: "Browser", address: str, name: str) -> bytes:
    """A PNG of the whole page, as that picture shows it."""
    context = browser.new_context(**PICTURES[name])
    page = context.new_page()
    page.emulate_media(media="print" if name == "print" else "screen")
    page.goto(address)
    picture = page.screenshot(full_page=True)
    context.close()
    return squeezed(picture)


def pdf_of(browser: "Browser", address: str) -> bytes:
    """The page as it is printed."""
    page = browser.new_page()
    page.goto(address)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    return printed


def drawing_times(browser: "Browser", address: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """Milliseconds to the first paint and to the end of loading, medians; each in a new context."""
    found = []
    for _ in range(rounds):
        context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address)
        found.append(page.evaluate(TIMES))
        context.close()
    first, end = zip(*found, strict=True)
    return statistics.median(first), statistics.median(end)


def main() -> None:
    """Nothing; the pictures are written and the times printed."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    asked = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.exit(1, f"no Chromium found, looked for {', '.join(NAMES)}\n")
    address = asked.page.resolve(strict=True).as_uri()
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        made = {f"{name}.png": take(browser, address, name) for name in PICTURES}
        made["page.pdf"] = pdf_of(browser, address)
        for name, content in made.items():
            (asked.out / name).write_bytes(content)
            print(f"{asked.out / name}: {len(content) / 1000:.0f} kB")
        first, end = drawing_times(browser, address)
        browser.close()
    print(f"first paint after {first:.0f} ms, all drawn after {end:.0f} ms (medians of {ROUNDS})")


if __name__ == "__main__":
    main()
