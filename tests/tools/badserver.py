# SPDX-License-Identifier: LGPL-2.1-or-later
"""An HTTP server that does what a test tells it to, also what no server should.

    server = BadServer()
    server.answers["/file"] = [cut(data, 1000), plain(data)]      # one for each request, the last one again and again; "*": any path
    ... server.url + "/file" ...
    server.requests                                                # [(path, {header in small letters: value})]
    server.posts                                                   # [(path, the same, body)]
    server.close()
"""
import http.server
import re
import socketserver
import ssl
import threading
import urllib.request


def plain(data, etag=None, ranges=True, **headers):
    """A server as it should be: ranges, and If-Range against `etag`."""
    def answer(handler):
        wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        condition = handler.headers.get("If-Range")
        start = int(wanted[1]) if wanted and ranges and (condition is None or condition == etag) else 0
        if start >= len(data) > 0:
            handler.start(416, {"Content-Range": f"bytes */{len(data)}", "Content-Length": 0})
            return
        more = {"ETag": etag} if etag else {}
        if start:
            more["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.start(206 if start else 200, {"Content-Length": len(data) - start, **more, **headers})
        handler.wfile.write(data[start:])
    return answer


def status(code, body=b"error", **headers):
    def answer(handler):
        handler.start(code, {"Content-Length": len(body), **{name.replace("_", "-"): value for name, value in headers.items()}})
        handler.wfile.write(body)
    return answer


def redirect(url):
    return status(302, Location=url)


def cut(data, n, length=None, **headers):
    """The first `n` bytes, though the length says that there are more."""
    def answer(handler):
        handler.start(200, {"Content-Length": len(data) if length is None else length, **headers})
        handler.wfile.write(data[:n])
    return answer


def stall(data, n, **headers):
    """The first `n` bytes, then nothing until the client goes away."""
    def answer(handler):
        handler.start(200, {"Content-Length": len(data), **headers})
        handler.wfile.write(data[:n])
        handler.server.owner.stalled.set()
        handler.rfile.read(1)
    return answer


def drip(data, pause):
    """A byte at a time."""
    def answer(handler):
        handler.start(200, {"Content-Length": len(data)})
        for i in range(len(data)):
            handler.wfile.write(data[i:i + 1])
            handler.server.owner.closing.wait(pause)
    return answer


def gated(data, gate):
    """Half of it, the rest when `gate` (threading.Event) is set."""
    def answer(handler):
        handler.start(200, {"Content-Length": len(data)})
        handler.wfile.write(data[:len(data) // 2])
        handler.server.owner.stalled.set()
        gate.wait()
        handler.wfile.write(data[len(data) // 2:])
    return answer


def proxy(url, n=None):
    """What another server answers to the same request; only the first `n` bytes of it."""
    def answer(handler):
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "accept-encoding")}
        with urllib.request.urlopen(urllib.request.Request(url + handler.path, handler.body, headers)) as reply:
            data, kind = reply.read(), reply.headers["Content-Type"]
        handler.start(200, {"Content-Length": len(data), "Content-Type": kind})
        handler.wfile.write(data[:n])
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    body = None

    def start(self, code, headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Connection", "close")
        self.end_headers()

    def do_POST(self):
        length = self.headers.get("Content-Length")
        self.body = self.rfile.read(int(length)) if length else None
        self.server.owner.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, self.body))
        self.do_GET()

    def do_GET(self):
        owner = self.server.owner
        with owner.lock:
            owner.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            script = owner.answers.get(self.path) or owner.answers.get("*") or [status(404)]
            answer = script.pop(0) if len(script) > 1 else script[0]
        self.close_connection = True
        try:
            answer(self)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, format, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass

    def server_bind(self):      # without the look for a name of the address
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class BadServer:
    def __init__(self, certificate=None):
        """`certificate`: a file with key and certificate, to speak https."""
        self.lock = threading.Lock()
        self.answers, self.requests, self.posts = {}, [], []
        self.stalled, self.closing = threading.Event(), threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.owner = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
