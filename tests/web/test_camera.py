"""A payment code before the camera of a till whose browser reads no codes by itself."""

from pathlib import Path

import segno
from playwright.sync_api import expect

from tests.web import browser, phones
from tests.web.selling import bill, shows, till
from tests.web.serving import Live
from tongbao.kernel import clock
from tongbao.till import payment_code

WIDTH, HEIGHT = 640, 480


def film(code: str, path: Path) -> None:
    """Write a film of one picture: a QR code in the middle of what the camera sees."""
    matrix = [list(row) for row in segno.make_qr(code, error="m").matrix_iter(scale=10, border=4)]
    left, top = (WIDTH - len(matrix)) // 2, (HEIGHT - len(matrix)) // 2
    rows = [bytearray(b"\xeb" * WIDTH) for _ in range(HEIGHT)]
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            rows[top + y][left + x] = 16 if dark else 235
    grey = b"\x80" * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + b"".join(rows) + grey
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n"
    path.write_bytes(header.encode() + frame * 10)


def test_the_camera_reads_a_code_and_is_put_away(live: Live, tmp_path: Path) -> None:
    entered = phones.enter(live.db, "13800138030")
    phones.give(live.db, live.world, entered.who.member_id, A=40)
    code = payment_code.make(
        entered.secret, entered.who.device_id, payment_code.step_at(clock.now())
    )
    film(code, tmp_path / "camera.y4m")
    seeing = live.chromium.browser_type.launch(
        executable_path=browser.FOUND,
        args=[
            *browser.FLAGS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}",
        ],
    )
    try:
        with browser.window(
            seeing, live.base, size=browser.PHONE, language="en", permissions=["camera"]
        ) as desk:
            page = till(live, desk)
            assert not page.evaluate("'BarcodeDetector' in window")
            # Without a bill nothing is read into it: the camera stops, and says what is missing.
            page.click("[data-camera]")
            shows(page, "who-why", "Type the bill first.")
            expect(page.locator("[data-video]")).to_be_hidden()
            bill(page, "30")
            page.click("[data-camera]")
            shows(page, "sum-points", "30")
            expect(page.locator("#scanned")).to_have_value(code)
            expect(page.locator("[data-video]")).to_be_hidden()
            desk.check()
    finally:
        seeing.close()
