"""A relay between clients and a server, which sees whole frames."""

import contextlib
import socket
import threading


class Relay:
    """Passes on the frames of each connection. What becomes of one is decided by `passed`."""

    def __init__(self, server):
        self.server = server
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def passed(self, frame, connection, is_servers):
        """The frame as it goes on, without its length; None cuts the connection. Connections count from 1."""
        raise NotImplementedError

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                host, _, port = self.server.rpartition(":")
                far = socket.create_connection((host, int(port)))
                self.connections += 1
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self.pass_on, args=(source, target, self.connections, source is far), daemon=True).start()

    def pass_on(self, source, target, connection, is_servers):
        """Until one side ends."""
        with contextlib.suppress(OSError), source.makefile("rb") as frames:
            while len(head := frames.read(4)) == 4:
                frame = self.passed(frames.read(int.from_bytes(head, "big")), connection, is_servers)
                if frame is None:
                    break
                target.sendall(len(frame).to_bytes(4, "big") + frame)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
