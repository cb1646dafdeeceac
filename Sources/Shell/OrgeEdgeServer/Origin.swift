/// Whether a request was meant for this server and comes from its own page.
///
/// Any web page in the user's browser can open a socket to loopback, and any name can resolve to loopback: so `Host` must
/// name us, and `Origin`, where a browser sends one, must be our own page.
struct Origin {
    private let authorities: [String]

    /// - Parameter address: where the server listens; it may be another address of loopback than the usual ones.
    init(port: Int, address: String? = nil) {
        let hosts = ["127.0.0.1", "localhost", "[::1]"] + [address.map { $0.contains(":") ? "[\($0)]" : $0 }].compactMap { $0 }
        authorities = hosts.map { "\($0):\(port)" }
    }

    /// - Parameter host: the header's values; exactly one is right.
    func accepts(host: [String]) -> Bool { host.count == 1 && authorities.contains(host[0].lowercased()) }

    /// - Parameter origin: the header's values; none is right for programs that are no browsers.
    func accepts(origin: [String]) -> Bool {
        origin.isEmpty || origin.count == 1 && authorities.contains { "http://\($0)" == origin[0].lowercased() }
    }
}
