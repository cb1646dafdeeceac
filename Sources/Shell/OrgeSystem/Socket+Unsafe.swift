import COrgeSystem
import Glibc

/// A socket that waits for connections; accepted ones do not block.
package struct Listener: ~Copyable, Sendable {
    package let descriptor: Descriptor
    /// The TCP port; 0 for a Unix socket.
    package let port: UInt16

    /// A socket that listens already, as an edge inherits it.
    package init(descriptor: consuming Descriptor, port: UInt16 = 0) {
        self.descriptor = descriptor
        self.port = port
    }

    /// On 127.0.0.0/8 or ::1 only. Port 0 takes any free one; `port` says which.
    package static func loopback(_ address: String, port: UInt16) throws(SystemError) -> Listener {
        try loopback(address, port: port, use: ORGE_PORT_ALONE)
    }

    /// Opens sockets that share one port of an address as in ``loopback(_:port:)``: the kernel spreads connections over them.
    ///
    /// The port must be free. No other user's program can join it later; one of the same user that asks for a shared port can.
    /// - Parameter count: at least 1; a single socket does not share its port.
    package static func loopback(_ address: String, port: UInt16, count: Int) throws(SystemError) -> [Box] {
        precondition(count >= 1, "no socket to open")
        if count == 1 { return [Box(try loopback(address, port: port))] }
        let first = try loopback(address, port: port, use: ORGE_PORT_FIRST)
        let shared = first.port
        var boxes = [Box(first)]
        for _ in 1..<count { boxes.append(Box(try loopback(address, port: shared, use: ORGE_PORT_JOIN))) }
        return boxes
    }

    /// For a collection, which cannot hold what is not copyable.
    package final class Box: Sendable {
        package let listener: Listener

        package init(_ listener: consuming Listener) { self.listener = listener }
    }

    private static func loopback(_ address: String, port: UInt16, use: orge_port_use) throws(SystemError) -> Listener {
        var bound: UInt16 = 0
        // Enough for every client of a world to connect in one turn of the edge after it was away.
        let backlog: Int32 = 4096
        let number = try checked(unsafe orge_tcp_listen_loopback(address, port, backlog, use, &bound), "listen on \(address) port \(port)")
        return Listener(descriptor: Descriptor(owning: number), port: bound)
    }

    /// The next connection, nil when none waits.
    package borrowing func accept() throws(SystemError) -> Descriptor? {
        let number = orge_accept(descriptor.number)
        if number == -EAGAIN { return nil }
        return Descriptor(owning: try checked(number, "accept a connection"))
    }
}

extension Folder {
    /// Listens on a Unix socket in this folder, however long the folder's path is. It replaces a socket of that name:
    /// hold the folder's lock. It has mode 0600 from its first moment.
    package borrowing func listen(on name: String, backlog: Int32 = 64) throws(SystemError) -> Listener {
        let number = try checked(unsafe orge_unix_listen(descriptor.number, name, 0o600, backlog), "listen on \(path)/\(name)")
        return Listener(descriptor: Descriptor(owning: number), port: 0)
    }

    /// Connects, without waiting, to a Unix socket in this folder.
    package borrowing func connect(to name: String) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked(unsafe orge_unix_connect(descriptor.number, name), "connect to \(path)/\(name)"))
    }
}

extension Descriptor {
    /// The user and process at the other end of a Unix socket.
    package borrowing func peer() throws(SystemError) -> (user: UInt32, pid: Int32) {
        var user: UInt32 = 0
        var pid: Int32 = 0
        _ = try checked(unsafe orge_peer(number, &user, &pid), "ask who connected")
        return (user, pid)
    }
}

/// What the kernel says of sockets that other code owns.
package enum SocketQueue {
    /// Bytes written to a TCP socket that the peer's system has not acknowledged; 0 where that cannot be told.
    package static func unacknowledgedBytes(of descriptor: CInt) -> Int { Int(max(0, orge_unacknowledged(descriptor))) }
}
