"""Somebody with a browser, as far as the suite needs one."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import requests

PASSWORD = "only-for-chaos"


class Visitor:
    """Somebody before the desk's pages, who signs in when asked to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()

    def press(self, path: str, form: dict, *, times: int) -> list[requests.Response]:
        """Press the form's button so many times at once."""
        if "sessionid" not in self.session.cookies:
            self.sign_in()
        cookies = self.session.cookies.get_dict()
        with ThreadPoolExecutor(times) as fingers:
            presses = [fingers.submit(self.post, path, form, cookies) for _ in range(times)]
        replies = [press.result() for press in presses]
        if any("/login/" in reply.headers.get("Location", "") for reply in replies):
            self.session.cookies.clear()
        return replies

    def read(self, path: str) -> str:
        """A page's text."""
        if "sessionid" not in self.session.cookies:
            self.sign_in()
        return self.session.get(self.address + path, timeout=20).text

    def post(self, path: str, form: dict, cookies: dict[str, str]) -> requests.Response:
        fields = {**form, "csrfmiddlewaretoken": cookies.get("csrftoken", "")}
        return requests.post(self.address + path, data=fields, cookies=cookies, timeout=20, allow_redirects=False)

    def sign_in(self) -> None:
        self.session.get(f"{self.address}/admin/login/", timeout=20)
        form = {"username": "admin", "password": PASSWORD, "next": "/admin/"}
        reply = self.post("/admin/login/", form, self.session.cookies.get_dict())
        self.session.cookies.update(reply.cookies)


def refusal(reply: requests.Response) -> str:
    """What a page says that took no order, though it works."""
    if reply.status_code in (302, 500, 502, 503):
        return ""
    said = re.findall(r'class="errorlist[^>]*>(.*?)</ul>', reply.text, re.DOTALL) or [reply.text[:300]]
    return f"{reply.status_code} {' '.join(re.sub('<[^>]*>', ' ', ' '.join(said)).split())[:300]}"
