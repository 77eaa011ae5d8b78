"""A slow HTTP upstream, in the open or behind TLS.

`/now` answers at once, `/gate` when the test says so, `/delay/0.1` after 0.1 s.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from pathlib import Path

import trustme

from tests.services.loop import LoopServer


class Upstream(LoopServer):
    """Keeps connections open, as real ones do."""

    def __init__(self, *, tls: bool = False) -> None:
        context: ssl.SSLContext | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="upstream-")
        self.authority = str(Path(self._folder.name) / "authority.pem")
        if tls:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(self.authority)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        super().__init__(context)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            with self.counted():
                if path == "/gate":
                    await self.gate()
                elif path.startswith("/delay/"):
                    await asyncio.sleep(float(path.rpartition("/")[2]))
            body = path.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._folder.cleanup()
