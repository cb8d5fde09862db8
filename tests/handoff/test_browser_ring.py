"""The ring in a real browser: loud and distinct, in a background tab, after reload and outage."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.pages import NEEDS_BROWSER, open_desk
from tests.handoff.support import Cable, ask_for_person
from tests.support.stores import Stores

pytestmark = NEEDS_BROWSER

# Taps what goes to the loudspeaker, and writes down the notices shown.
TAP = """
window.__notices = [];
window.Notification = class extends window.Notification {
  constructor(title, options) {
    super(title, options);
    window.__notices.push({ title, ...options });
  }
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target === this.context.destination) {
    window.__tap = this.context.createAnalyser();
    window.__tap.fftSize = 4096;
    window.__tap.smoothingTimeConstant = 0;
    connect.call(this, window.__tap);
    // Kept running when the ring is over: it must then hear silence, not remember the ring.
    const mute = this.context.createGain();
    mute.gain.value = 0;
    const quiet = this.context.createConstantSource();
    quiet.offset.value = 0;
    quiet.start();
    connect.call(quiet, window.__tap);
    connect.call(connect.call(window.__tap, mute), target);
  }
  return connect.call(this, target, ...rest);
};
// The loudest notes of the next seconds, in Hz; over as soon as all the wanted ones were heard.
window.__listen = async ({ ms, wanted = [] }) => {
  const heard = new Map();
  const until = performance.now() + ms;
  const near = (note) => [...heard.keys()].some((hertz) => Math.abs(hertz - note) <= 30);
  while (performance.now() < until && !(wanted.length && wanted.every(near))) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    if (!window.__tap) continue;
    const bins = new Float32Array(window.__tap.frequencyBinCount);
    window.__tap.getFloatFrequencyData(bins);
    const top = bins.indexOf(Math.max(...bins));
    const hertz = (top * window.__tap.context.sampleRate) / window.__tap.fftSize;
    if (bins[top] > -50) heard.set(Math.round(hertz / 20) * 20, bins[top]);
  }
  return [...heard.keys()].sort((a, b) => a - b);
};
"""


async def _tapped(browser: Browser, url: str, user: str) -> Page:
    page = await open_desk(browser, url, user)
    await page.add_init_script(TAP)
    await page.reload()
    await expect(page.locator(".person")).not_to_have_count(0)
    await page.mouse.click(5, 300)
    return page


async def _heard(page: Page, ms: int, *wanted: float) -> list[float]:
    notes: list[float] = await page.evaluate("__listen", {"ms": ms, "wanted": wanted})
    return notes


def _near(heard: list[float], note: float) -> bool:
    return any(abs(hertz - note) <= 30 for hertz in heard)


async def test_each_kind_of_ring_has_its_own_notes(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk(pause_seconds=60)
    page = await _tapped(browser, desk.url, "agent")
    assert await _heard(page, 600) == []
    request = await ask_for_person(stores, "c1", kind="human", priority=1, words="转人工")
    await expect(page.locator(".card.ring.request")).to_be_visible()
    calm = await _heard(page, 20_000, 660, 550)
    assert _near(calm, 660)
    assert _near(calm, 550)
    await page.keyboard.press("d")
    await page.keyboard.press("1")
    await expect(page.locator(".card.ring")).to_have_count(0)
    assert request.priority == 1
    await page.click("#away")
    await ask_for_person(stores, "c2")
    await page.click("#ready")
    await expect(page.locator(".card.ring.grave")).to_be_visible()
    alarm = await _heard(page, 20_000, 960, 1280)
    assert _near(alarm, 960)
    assert _near(alarm, 1280)
    assert not _near(alarm, 550)


async def test_background_tab_rings_and_shows_a_notice(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk(pause_seconds=60)
    page = await _tapped(browser, desk.url, "agent")
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await page.context.new_page()
    await other.bring_to_front()
    await page.wait_for_function("() => document.hidden || !document.hasFocus()")
    await ask_for_person(stores, "c1")
    await page.wait_for_function("() => document.title.includes('电梯困人 来电')")
    assert _near(await _heard(page, 20_000, 960), 960)
    (notice,) = await page.evaluate("__notices")
    assert notice["title"] == "电梯困人 来电"
    assert notice["body"] == "3栋2单元"
    assert notice["requireInteraction"] is True
    await page.bring_to_front()
    await page.keyboard.press("d")
    await page.keyboard.press("1")
    await expect(page.locator(".card.ring")).to_have_count(0)
    assert await page.title() == "值班坐席台"
    await page.wait_for_timeout(300)  # what was in the loudspeaker has been played
    assert await _heard(page, 1500) == []


@pytest.mark.parametrize("what", ["reload", "network"])
async def test_ringing_goes_on_after(
    stores: Stores, start_desk: StartDesk, browser: Browser, what: str
) -> None:
    desk = await start_desk(ring_seconds=60)
    cable = Cable(desk.url)
    page = await open_desk(browser, await cable.mend(), "agent")
    record = await ask_for_person(stores, "c1")
    await expect(page.locator(".card.ring")).to_be_visible()
    if what == "reload":
        await page.reload()
    else:
        await cable.cut()
        await expect(page.locator("#offline")).to_be_visible()
        await cable.mend()
        await expect(page.locator("#offline")).to_be_hidden()
    await expect(page.locator(".card.ring")).to_be_visible()
    await page.wait_for_function("() => document.title.startsWith('☎')")
    assert (await stores.ledger.get(record.id)).offered_to == "agent"
    await cable.cut()


async def test_notices_are_asked_for_by_a_press_that_says_so(
    start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    await page.context.clear_permissions()
    await page.add_init_script(
        """window.__asked = 0;
        Object.defineProperty(Notification, "permission", { get: () => "default" });
        const ask = Notification.requestPermission.bind(Notification);
        Notification.requestPermission = () => { window.__asked++; return ask(); };"""
    )
    await page.reload()
    await expect(page.locator("#unlock")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.click("#clock")
    assert await page.evaluate("__asked") == 0
    await expect(page.locator("#unlock")).to_contain_text("允许桌面提醒")
    await page.click("#unlock")
    assert await page.evaluate("__asked") == 1


async def test_what_is_said_before_the_loudspeaker_is_open_is_heard_after(
    start_desk: StartDesk, browser: Browser
) -> None:
    """A caller's first word comes while a busy browser still opens its audio."""
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    handed = await page.evaluate(
        """async () => {
          const { CallAudio } = await import("/shared/audio.js");
          const given = [];
          const post = MessagePort.prototype.postMessage;
          MessagePort.prototype.postMessage = function (message, ...rest) {
            if (message instanceof ArrayBuffer) given.push(new Int16Array(message)[0]);
            return post.call(this, message, ...rest);
          };
          const audio = new CallAudio({ maxMs: 100 });
          const opening = audio.start({ capture: false });
          for (let n = 1; n <= 7; n++) audio.play(new Int16Array(320).fill(n).buffer);
          const early = [...given];
          await opening;
          await audio.stop();
          MessagePort.prototype.postMessage = post;
          return { early, given };
        }"""
    )
    assert handed == {"early": [], "given": [3, 4, 5, 6, 7]}, "the newest 100 ms, in order"
