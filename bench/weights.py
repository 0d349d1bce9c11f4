"""What a first visit to a page loads: requests and bytes over the wire, compressed where the server does it."""

import gzip
import re
from dataclasses import dataclass

from bench.serving import BenchError
from bench.talk import Answer, Client

_PARTS = re.compile(
    r'<(?:link[^>]*?\bhref|script[^>]*?\bsrc|img[^>]*?\bsrc|use[^>]*?\bhref)="([^"#]+)', re.IGNORECASE
)
_IMPORTED = re.compile(r"url\([\"']?(?!data:|#)([^\"')]+)")
_ELSEWHERE = re.compile(r'<link[^>]*\brel="(?:alternate|canonical|next|prev)"[^>]*>', re.IGNORECASE)


@dataclass(frozen=True)
class Weight:
    """`page` and `parts` are bytes; `packed` is what the page itself would be if a proxy compressed it."""

    page: int
    packed: int
    requests: int
    parts: int


def weigh(client: Client, path: str) -> Weight:
    """Load `path` and all that it names, with nothing kept from before."""
    page = _get(client, path)
    waiting = [
        address for address in _PARTS.findall(_ELSEWHERE.sub("", page.text)) if address.startswith("/")
    ]
    loaded: dict[str, Answer] = {}
    while waiting:
        address = waiting.pop()
        if address not in loaded:
            loaded[address] = _get(client, address)
            if "text/css" in loaded[address].headers.get("content-type", ""):
                waiting += [each for each in _IMPORTED.findall(loaded[address].text) if each.startswith("/")]
    parts = sum(len(answer.body) for answer in loaded.values())
    return Weight(len(page.body), len(gzip.compress(page.text.encode(), 6)), 1 + len(loaded), parts)


def _get(client: Client, path: str) -> Answer:
    answer = client.ask("GET", path, Accept_Encoding="gzip")
    if answer.status != 200:
        raise BenchError(f"{path} answered {answer.status}")
    return answer
