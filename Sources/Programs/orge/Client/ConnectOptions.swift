import ArgumentParser
import Glibc
import OrgeSession
import OrgeWire

/// Where the server is, and which world; shared by every command that is a client.
struct ConnectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's address.", valueName: "host:port"))
    var connect: String?

    @Option(help: ArgumentHelp("The data folder of a server on this machine, instead of its address.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("The world; not needed where there is only one.", valueName: "name"))
    var world: String?

    func validate() throws {
        if connect == nil, data == nil { throw ValidationError("Say where the server is: either --connect HOST:PORT or --data DIR.") }
        if connect != nil, data != nil { throw ValidationError("Say where the server is once: by --connect or by --data, not by both.") }
        if let connect { _ = try Self.split(connect) }
    }

    /// Host and port of the server.
    func address() throws -> (host: String, port: Int) {
        if let connect { return try Self.split(connect) }
        let status = try RunningServer.status(data: data ?? "")
        guard let address = status.edges.first(where: { $0.state == "ready" })?.address ?? status.edges.first?.address else {
            throw CommandFailure("the server of \(data ?? "") has no edge that takes clients now", remedy: "See: orge status --data \(data ?? "")")
        }
        return try Self.split(address)
    }

    private static func split(_ address: String) throws -> (host: String, port: Int) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port) else {
            throw ValidationError("\"\(address)\" is no address: write HOST:PORT, such as 127.0.0.1:9512.")
        }
        let host = address[..<colon].trimmingPrefix("[").reversed().drop { $0 == "]" }.reversed()
        return (String(host), port)
    }

    /// Picks the world out of the server's list.
    func choose(from worlds: [WorldEntry]) throws(CommandFailure) -> WorldEntry {
        let names = worlds.map(\.name).joined(separator: ", ")
        if let world {
            guard let found = worlds.first(where: { $0.name == world }) else {
                let meant = nearest(to: world, among: worlds.map(\.name)).map { "Did you mean \($0)? " } ?? ""
                throw CommandFailure("there is no world \(world)", remedy: "\(meant)There is: \(names)")
            }
            return found
        }
        guard worlds.count == 1, let only = worlds.first else {
            throw CommandFailure("there are \(worlds.count) worlds", remedy: "Name one with --world: \(names)")
        }
        return only
    }
}

/// `cli-` and the user's name, as far as it is a name here.
func defaultAccount() -> String {
    let user = unsafe getenv("USER").map { unsafe String(cString: $0) } ?? "user"
    let name =
        "cli-"
        + String(user.unicodeScalars.filter { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) }.prefix(28).map(Character.init))
    return isValidName(name) ? name : "cli-user"
}
